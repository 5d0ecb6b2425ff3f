//! Writing to standard output and standard error.
//!
//! All that a server said goes through here. Standard output is exact where it is no terminal; what stands on one
//! line there and on standard error stays on one line everywhere.

mod node_text;
mod shown;

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use console::Style;
use serde_json::Value;

pub(crate) use self::{
    node_text::NodeText,
    shown::{asked, told},
};
use crate::failure::{Cause, Failure};

/// Writes text to standard output, and ends its last line.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    piece(text)?;
    bytes(b"\n")
}

/// Writes a piece of text to standard output; a reader that went away ends the command quietly.
pub(crate) fn piece(text: &str) -> Result<(), Failure> {
    if io::stdout().is_terminal() {
        bytes(shown::block(text).as_bytes())
    } else {
        bytes(text.as_bytes())
    }
}

/// Writes a value to standard output, as JSON on one line.
pub(crate) fn json(value: &Value) -> Result<(), Failure> {
    let text = value.to_string();
    if io::stdout().is_terminal() {
        bytes(format!("{}\n", shown::json(&text)).as_bytes())
    } else {
        bytes(format!("{text}\n").as_bytes())
    }
}

/// Writes a line to standard output: a word of our own, and text that stays on the line.
pub(crate) fn row(word: impl Display, text: &str) -> Result<(), Failure> {
    let text = if io::stdout().is_terminal() {
        shown::line(text)
    } else {
        shown::cell(text)
    };
    bytes(format!("{word}{text}\n").as_bytes())
}

/// Rows of two columns, the first padded, for standard output.
pub(crate) fn table<'r>(rows: impl IntoIterator<Item = (&'r str, String)>) -> Result<(), Failure> {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let style = Style::new().dim();
    for (name, value) in rows {
        let padded = format!("{name:width$}");
        row(format!("{}  ", style.apply_to(padded)), &value)?;
    }
    Ok(())
}

/// Writes a finished text to standard output.
pub(crate) fn bytes(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text)
        .and_then(|()| out.flush())
        .map_err(|error| match error.kind() {
            io::ErrorKind::BrokenPipe => Cause::PipeClosed.into(),
            _ => Failure::usage(format!("the output cannot be written: {error}")),
        })
}

/// Writes a line to standard error. Nobody need listen there.
pub(crate) fn note(text: &str) {
    styled(&Style::new(), text);
}

/// The same in a style of standard error.
pub(crate) fn styled(style: &Style, text: &str) {
    error(format_args!("{}\n", style.apply_to(told(text))));
}

/// Writes text of many lines to standard error.
pub(crate) fn passage(text: &str) {
    error(format_args!("{}\n", asked(text)));
}

/// Writes the beginning of a line to standard error.
pub(crate) fn prompt(text: &str) {
    error(format_args!("{} ", dim().apply_to(told(text))));
}

/// Ends the line on standard error that the terminal's `^C` is on.
pub(crate) fn end_line() {
    error(format_args!("\n"));
}

/// Writes a value to standard error, as JSON on one line and without secrets.
pub(crate) fn json_note(value: Value) {
    let text = shown::redacted(value).to_string();
    error(format_args!("{}\n", shown::json(&text)));
}

/// Writes `name: value` to standard error, if there is a value.
pub(crate) fn fact(name: &str, value: Option<&str>) {
    if let Some(value) = value {
        labelled(&dim(), name, value);
    }
}

/// Writes `name: text` to standard error, the name in a style.
pub(crate) fn labelled(style: &Style, name: &str, text: &str) {
    let (indent, name) = name.split_at(name.len() - name.trim_start().len());
    let text = told(text);
    error(format_args!("{indent}{}: {text}\n", style.apply_to(name)));
}

fn error(text: std::fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

/// For what is said beside the matter on standard error; plain where that is no terminal.
pub(crate) fn dim() -> Style {
    Style::new().dim().for_stderr()
}

/// For failures.
pub(crate) fn red() -> Style {
    Style::new().red().bold().for_stderr()
}
