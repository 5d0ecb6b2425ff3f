//! The token endpoints: applications, grants and the tokens they give.

mod app;
mod device;
mod grant;
mod jwt;
mod routes;
mod tokens;

pub use self::app::{KeyError, OAuthApp};
pub(crate) use self::{
    routes::router,
    tokens::{Tokens, Verdict},
};
