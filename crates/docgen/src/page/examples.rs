//! `## Examples`.

use super::{
    ast::{Example, ExampleOf, Page},
    blocks::Block,
    cell::{self, Piece, json_error},
    parse::Reader,
};
use crate::{diagnostic::Diagnostic, source::Spanned};

/// Reads the examples up to the next section.
pub(super) fn read(reader: &mut Reader<'_>, page: &mut Page) {
    reader.nothing_more(3, "between `## Examples` and the first example");
    while let Some(heading) = reader.heading(3) {
        let Some((of, label)) = reader.keep(head(&heading)) else {
            let _ = reader.next_code();
            reader.nothing_more(3, "below an example");
            continue;
        };
        match reader.next_code() {
            Some((info, text)) => {
                let json = body(reader, &info, &text, &of);
                if let Some(json) = json {
                    page.examples.push(Example {
                        of,
                        label,
                        text,
                        json,
                    });
                }
            }
            None => reader.diagnostics.push(
                Diagnostic::new("D040", heading.span, "no example follows")
                    .label("expected a fenced block tagged `json`"),
            ),
        }
        reader.nothing_more(3, "below an example");
    }
}

fn head(heading: &Spanned<String>) -> Result<(Spanned<ExampleOf>, Spanned<String>), Diagnostic> {
    let refused =
        || {
            Diagnostic::new("D021", heading.span, "heading of an example is not understood").label(
            "expected ``Request `label` ``, ``Response `label` ``, ``Event `Name` `label` `` or \
             ``Object `Name` `label` ``",
        )
        };
    match cell::pieces(heading).as_slice() {
        [Piece::Words(word), Piece::Code(label)] => {
            let of = match word.as_str() {
                "Request" => ExampleOf::Request,
                "Response" => ExampleOf::Response,
                _ => return Err(refused()),
            };
            Ok((Spanned::new(of, heading.span), label.clone()))
        }
        [Piece::Words(word), Piece::Code(name), Piece::Code(label)] => {
            let of = match word.as_str() {
                "Event" => ExampleOf::Event(name.value.clone()),
                "Object" => ExampleOf::Object(name.value.clone()),
                _ => return Err(refused()),
            };
            Ok((Spanned::new(of, name.span), label.clone()))
        }
        _ => Err(refused()),
    }
}

/// The value of an example; the outer `None` is an error, the inner one a text that is no JSON.
#[expect(
    clippy::option_option,
    reason = "an error and a plain text are two things"
)]
fn body(
    reader: &mut Reader<'_>,
    info: &Spanned<String>,
    text: &Spanned<String>,
    of: &Spanned<ExampleOf>,
) -> Option<Option<serde_json::Value>> {
    if info.value == "text" && matches!(of.value, ExampleOf::Event(_)) {
        return Some(None);
    }
    if info.value != "json" {
        reader.diagnostics.push(
            Diagnostic::new("D040", info.span, "example is not tagged `json`")
                .label("expected `json`, or `text` for the data of an event that is no JSON"),
        );
        return None;
    }
    match serde_json::from_str(text.as_str()) {
        Ok(value) => Some(Some(value)),
        Err(error) => {
            let line = text.value.split_inclusive('\n').take(error.line() - 1);
            let at = line.map(str::len).sum::<usize>() + error.column().saturating_sub(1);
            let at = at.min(text.value.len());
            let end = (at + 1).min(text.value.len());
            reader.diagnostics.push(
                Diagnostic::new("D040", text.span.part(at..end), "example is not JSON")
                    .label(json_error(&error)),
            );
            None
        }
    }
}

impl Reader<'_> {
    fn next_code(&mut self) -> Option<(Spanned<String>, Spanned<String>)> {
        match self.next_if_code() {
            Some(Block::Code(info, text)) => Some((info, text)),
            _ => None,
        }
    }
}
