//! Checks of joined pages.

mod examples;
mod fields;
mod fit;
mod names;
mod structure;

pub use fit::{Fit, Misfit};

use crate::{api::Api, diagnostic::Diagnostics};

/// Runs all checks.
pub fn check(api: &Api, diagnostics: &mut Diagnostics) {
    names::check(api, diagnostics);
    fields::check(api, diagnostics);
    structure::check(api, diagnostics);
    examples::check(api, diagnostics);
}
