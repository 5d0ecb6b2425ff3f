//! Page text as documentation comments.

use proc_macro2::TokenStream;
use quote::quote;

/// Attributes for these lines.
pub(super) fn attrs(lines: &[String]) -> TokenStream {
    let lines = lines.iter().map(|line| {
        if line.is_empty() {
            String::new()
        } else {
            format!(" {line}")
        }
    });
    quote!(#(#[doc = #lines])*)
}

/// A paragraph as lines that rustdoc shows as the page does.
pub(super) fn lines(text: &str) -> Vec<String> {
    text.lines().map(|line| rustdoc(line.trim_end())).collect()
}

/// Paragraphs, each after an empty line.
pub(super) fn push(out: &mut Vec<String>, text: &str) {
    if !out.is_empty() {
        out.push(String::new());
    }
    out.extend(lines(text));
}

/// A fenced JSON example.
pub(super) fn push_fence(out: &mut Vec<String>, label: &str, tag: &str, text: &str) {
    push(out, &format!("Example, {label}:"));
    out.push(String::new());
    out.push(format!("```{tag}"));
    out.extend(text.lines().map(ToOwned::to_owned));
    out.push("```".to_owned());
}

/// Outside code spans: links between pages lose their target, brackets are escaped, bare addresses
/// become links.
fn rustdoc(line: &str) -> String {
    let mut out = String::new();
    for (at, part) in line.split('`').enumerate() {
        if at > 0 {
            out.push('`');
        }
        if at % 2 == 1 {
            out.push_str(part);
        } else {
            plain(part, &mut out);
        }
    }
    out
}

fn plain(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        words(&rest[..open], out);
        let after = &rest[open + 1..];
        let link = after.find("](").and_then(|mid| {
            let end = after[mid..].find(')')? + mid;
            Some((&after[..mid], &after[mid + 2..end], &after[end + 1..]))
        });
        if let Some((label, target, tail)) = link {
            if target.starts_with("https://") {
                out.push('[');
                out.push_str(label);
                out.push_str("](");
                out.push_str(target);
                out.push(')');
            } else {
                out.push_str(label);
            }
            rest = tail;
        } else {
            out.push_str("\\[");
            rest = after;
        }
    }
    words(rest, out);
}

fn words(text: &str, out: &mut String) {
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        if word.starts_with("https://") {
            let end = word.trim_end_matches(['.', ',', ';']).len();
            out.push('<');
            out.push_str(&word[..end]);
            out.push('>');
            out.push_str(&word[end..]);
        } else {
            out.push_str(&word.replace(']', "\\]"));
        }
    }
}
