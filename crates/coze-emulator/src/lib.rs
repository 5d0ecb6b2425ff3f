//! An embedded server that emulates the Coze workflow API, for tests and for work without an account.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use coze_emulator::Emulator;
//!
//! let emulator = Emulator::builder().start().await?;
//! println!("point a client at {}", emulator.base_url());
//!
//! // … run `greeting`, `weather` or `slow-report`, by name or id, with any token …
//!
//! assert_eq!(emulator.emulator().runs_started("greeting"), Some(0));
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! The emulator is written from the API's documentation. It runs workflows that are described in YAML, see
//! [`Definition`], and keeps what each node did for the page at the run's debug URL. [`Emulator::service`] is the same
//! server without a socket.

mod api;
mod builder;
mod builtin;
mod callback;
mod clock;
mod config;
mod connection;
mod control;
mod core;
mod current;
mod definition;
mod dialect;
mod draft;
mod emulator;
mod engine;
mod error;
mod faults;
mod feed;
mod ids;
mod limits;
mod oauth;
mod page;
mod render;
mod request;
mod runs;
mod saving;
mod server;
mod service;
mod settings;
mod snapshot;
#[cfg(feature = "state")]
mod state;
mod store;
mod upstream;

pub use self::{
    builder::EmulatorBuilder,
    definition::{Definition, DefinitionBuilder, DefinitionError, Mistake, ParamType},
    dialect::Dialect,
    draft::{Draft, RecordedCall, draft},
    emulator::Emulator,
    error::StartError,
    faults::{Fault, ParseFaultError},
    feed::{EmulatorEvent, EmulatorEvents},
    limits::Limits,
    oauth::{KeyError, OAuthApp},
    server::RunningEmulator,
    service::{EmulatorFuture, EmulatorService},
};

/// Compiles and runs the guide's example.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/guide/emulator.md")]
struct Guide;
