//! The ways in which the service gives tokens to apps.

mod app;
mod app_file;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod code;
mod device;
mod endpoint;
mod error;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod jwt;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod jwt_exchange;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod key;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
mod pkce;
mod session_error;
mod session_file;
mod session_shared;

pub use app::{OauthApp, Session};
pub use app_file::AppFileError;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use code::{ConsentRequest, web_url};
pub use device::DeviceFlow;
pub use error::{SignInError, SignInErrorKind};
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use jwt::JwtApp;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use key::PrivateKeyError;
#[cfg(any(feature = "ring", feature = "aws-lc-rs"))]
pub use pkce::{InvalidVerifier, Pkce};
pub use session_error::SessionFileError;
pub use session_file::SessionFile;
