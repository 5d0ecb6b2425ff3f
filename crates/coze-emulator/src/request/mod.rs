//! What handlers get of a request, and why they refuse it.

pub(crate) mod auth;
pub(crate) mod body;
mod context;
mod noted;
mod paced;
mod problem;
pub(crate) mod query;
mod upload;

pub(crate) use self::{
    context::{Context, enter, host},
    problem::{Kind, Problem, Upload, required},
    upload::receive,
};
