//! Checks of joined pages.

mod examples;
mod fields;
mod fit;
mod names;
mod structure;

pub(crate) use examples::response;
pub use fit::{Fit, Misfit};

use crate::{api::Api, diagnostic::Diagnostics};

/// Runs all checks.
///
/// Examples and deviations of a page that has other faults are left alone: a row that could not be
/// read would make each of its uses a fault as well.
pub fn check(api: &Api, diagnostics: &mut Diagnostics) {
    names::check(api, diagnostics);
    fields::check(api, diagnostics);
    structure::check(api, diagnostics);
    for module in &api.pages {
        if !diagnostics.concerns(module.page.file) {
            structure::deviations(api, module, diagnostics);
            examples::check(api, module, diagnostics);
        }
    }
}
