//! Captured vendor pages, read into facts.
//!
//! [`read`] finds out the format of a page and reads it whole: each line gets a role, and what was
//! read is counted a second time by other means. What is not understood is a [`Fault`] with its
//! place; nothing is skipped.

mod builder;
mod examples;
mod fault;
mod headings;
pub mod hints;
pub mod json;
mod lines;
mod markdown;
pub mod model;
mod openapi;
pub(crate) mod rows;
mod text;
pub mod types;
mod whole;
pub mod words;

pub use fault::{Fault, Refused};
pub use model::{Format, Page};
pub use text::Source;
pub use whole::wrong;

/// The format of a text; `None` when it has the mark of none.
pub fn detect(source: &Source) -> Option<Format> {
    match lines::detect(source) {
        _ if openapi::detect(source) => Some(Format::D),
        Some(Format::A) => Some(Format::A),
        other => markdown::detect(source).or(other),
    }
}

/// Reads a page whole.
///
/// # Errors
///
/// All that was not understood, in the order of the page.
pub fn read(source: &Source) -> Result<Page, Refused> {
    match detect(source) {
        Some(format @ (Format::A | Format::B)) => lines::read(source, format),
        Some(format @ (Format::C | Format::Official)) => markdown::read(source, format),
        Some(Format::D) => openapi::read(source),
        None => {
            let fault = Fault::new(1, 1, "no known format")
                .help("a capture is a whole page, an article, Markdown, or OpenAPI in Markdown");
            Err(Refused {
                page: None,
                faults: vec![fault],
            })
        }
    }
}
