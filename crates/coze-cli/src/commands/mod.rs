//! One module a command.

pub(crate) mod auth;
pub(crate) mod chat;
pub(crate) mod collaborators;
pub(crate) mod completions;
pub(crate) mod doctor;
pub(crate) mod emulator;
mod engines;
mod events;
pub(crate) mod file;
pub(crate) mod info;
pub(crate) mod list;
pub(crate) mod login;
pub(crate) mod logout;
pub(crate) mod man;
pub(crate) mod output;
pub(crate) mod resume;
pub(crate) mod run;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod upload;
pub(crate) mod versions;
pub(crate) mod wait;

use coze_workflow::models::support::UnixSeconds;

/// A point in time for people, in UTC.
fn date(time: UnixSeconds) -> String {
    let text = |time| humantime::format_rfc3339_seconds(time).to_string();
    time.to_system_time()
        .map_or_else(|| time.get().to_string(), text)
}
