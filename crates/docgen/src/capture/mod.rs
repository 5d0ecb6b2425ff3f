//! Captured vendor pages, read into facts.
//!
//! [`read`] finds out the format of a page and reads it whole: each line gets a role, and what was
//! read is counted a second time by other means. What is not understood is a [`Fault`] with its
//! place; nothing is skipped.

mod examples;
mod fault;
pub mod hints;
pub mod json;
mod markdown;
pub mod model;
mod openapi;
mod plain;
pub(crate) mod rows;
mod sections;
mod tabbed;
mod text;
pub mod types;
pub mod words;

pub use fault::Fault;
pub use model::{Format, Page};
pub use text::Source;

/// The format of a text; `None` when it has the mark of none.
pub fn detect(source: &Source) -> Option<Format> {
    if openapi::detect(source) {
        Some(Format::D)
    } else if tabbed::detect(source) {
        Some(Format::A)
    } else if let Some(format) = markdown::detect(source) {
        Some(format)
    } else {
        plain::detect(source).then_some(Format::B)
    }
}

/// Reads a page. It was read whole if there are no faults.
///
/// # Errors
///
/// When the text has the mark of no format.
pub fn read(source: &Source) -> Result<(Page, Vec<Fault>), Fault> {
    Ok(match detect(source) {
        Some(Format::A) => tabbed::read(source),
        Some(Format::B) => plain::read(source),
        Some(format @ (Format::C | Format::Official)) => markdown::read(source, format),
        Some(Format::D) => openapi::read(source),
        None => {
            return Err(Fault::new(1, 1, "no known format")
                .help("a capture is a whole page, an article, Markdown, or OpenAPI in Markdown"));
        }
    })
}
