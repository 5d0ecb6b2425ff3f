//! What the emulator remembers of its runs.

mod calls;
mod event;
mod outcome;
mod record;
mod run;
mod state;
mod status;
mod store;
mod tell;
mod weight;

pub(crate) use self::{
    event::{Event, Interrupt, Piece},
    record::{Failure, Finish, NodeRecord, OutputRecord, Record, is_kept},
    run::{Origin, ResumeError, Run},
    state::RunState,
    status::{Mode, Status},
    store::{DEFAULT_KEEP, RunStore},
};
