//! Import: a captured page against the lock and against our page.

mod adapter;
mod agree;
mod compare;
mod draft;
mod drift;
mod facts;
mod lock;
mod report;
mod run;
mod view;

pub use adapter::views;
pub use agree::{Problem, READER, agree};
pub use compare::{Difference, compare, data_type};
pub use draft::draft;
pub use drift::{Change, Level, drift};
pub use facts::{ExampleFacts, Facts, RowFacts, TableFacts};
pub use lock::{IMPORTER, Lock};
pub use run::{Options, Outcome, run};
pub use view::{DeviationView, FieldView, PageView, PresenceView, TableView};
