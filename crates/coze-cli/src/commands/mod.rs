//! One module a command.

pub(crate) mod emulator;
pub(crate) mod run;
