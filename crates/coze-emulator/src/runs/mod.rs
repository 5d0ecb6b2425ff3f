//! What the emulator remembers of its runs.

mod run;
mod store;

pub(crate) use self::{
    run::{Failure, Finish, Mode, NodeRecord, Origin, Run},
    store::{DEFAULT_KEEP, RunStore},
};
