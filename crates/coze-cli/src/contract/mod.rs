//! What `--output json` prints. All objects are made here; `docs/guide/cli-json.md` describes them, and
//! programs rely on them: members are added, never renamed or taken away.

mod catalog;
mod doctor;
mod engine;
mod event;
mod failure;
mod question;
mod run;

pub(crate) use self::{
    catalog::{changed, file, info, item, node_output},
    doctor::findings,
    engine::{asked, engine_event, snapshot, snapshot_status},
    event::{Kind, event, last, undecodable},
    failure::failure,
    question::question,
    run::{finished, output_of, started, state, status_name},
};
