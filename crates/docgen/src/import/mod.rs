//! Import: a captured page against the lock and against our page.

mod adapter;
mod compare;
mod draft;
mod drift;
mod facts;
mod lock;
mod report;
mod run;
mod view;

pub use adapter::views;
pub use compare::{Difference, Listed, compare, data_type, deviations};
pub use draft::draft;
pub use drift::{Change, Level, drift};
pub use facts::{ExampleFacts, Facts, RowFacts, TableFacts};
pub use lock::{IMPORTER, Lock};
pub use run::{Options, Outcome, run};
pub use view::{DeviationView, FieldView, PageView, PresenceView, TableView};
