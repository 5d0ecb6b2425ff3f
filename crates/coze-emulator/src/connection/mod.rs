//! Connections that can be ended from inside a call.

mod control;
mod frames;
mod io;
mod serve;

pub(crate) use self::{
    control::{Call, Control, Refusal, Refused},
    serve::serve,
};
