//! What the emulator remembers of its runs.

mod calls;
mod event;
mod record;
mod run;
mod store;
mod weight;

pub(crate) use self::{
    event::{Event, Interrupt, Piece},
    record::{Failure, Finish, NodeRecord, OutputRecord, Record, is_kept},
    run::{Mode, Origin, ResumeError, Run, Status},
    store::{DEFAULT_KEEP, RunStore},
};
