//! What a source says, held against what it said before and against our pages.

mod agree;
mod drift;
mod facts;
mod field;
mod lock;
mod ours;
mod view;

pub(crate) use agree::lock_name;
pub use agree::{Problem, agree};
pub use drift::{Change, Level, drift};
pub use facts::{CallFacts, ExampleFacts, Facts, FindingFacts, RowFacts, TableFacts};
pub use lock::{IMPORTER, Lock};
pub use ours::{DIFFERS, Difference, compare, data_type};
pub use view::{DeviationView, FieldView, PageView, TableView, views};
