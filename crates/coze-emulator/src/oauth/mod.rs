//! OAuth: applications, grants and the tokens they give.

mod app;
pub(crate) mod device;
mod grant;
mod jwt;
mod tokens;

pub use self::app::{KeyError, OAuthApp};
pub(crate) use self::{
    device::Device,
    grant::{Exchange, Refusal, TokenRequest, known},
    tokens::{Code, Tokens, Verdict},
};
