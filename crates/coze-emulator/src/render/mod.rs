//! Responses: handlers say what happened, and a renderer writes it in the form of one server.

mod chat;
mod cloud;
pub(crate) mod dify;
mod form;
mod runs;
mod sse;
mod studio;

use axum::response::Response;

pub(crate) use self::{
    chat::Turn,
    form::{Listened, Members, Outcome, Render, Talk, data},
    runs::{record as run_record, status_word},
    sse::{event_stream, frame},
};
use crate::{
    dialect::Dialect,
    request::{Context, Problem},
};

impl Context {
    /// The renderer of the server that is emulated.
    pub(crate) fn render(&self) -> &'static dyn Render {
        match self.core.dialect {
            Dialect::Cloud => &cloud::Cloud,
            Dialect::Studio => &studio::Studio,
            Dialect::Runs => &runs::Runs,
            Dialect::Dify => &dify::Dify,
        }
    }

    /// Responds with members beside the code.
    pub(crate) fn respond(&self, result: Result<Members, Problem>) -> Response {
        self.render().members(self, result)
    }
}
