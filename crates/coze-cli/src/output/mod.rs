//! Writing to standard output and standard error.
//!
//! All text from a server goes through here. Standard output is exact unless it is a terminal; what is one line
//! there or on standard error stays one line everywhere.

mod escape;

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
};

use console::Style;
use serde_json::Value;

pub(crate) use self::escape::{safe_block, safe_line};

/// Standard output cannot be written.
#[derive(Debug)]
pub(crate) struct WriteError(pub(crate) io::Error);

/// Writes text to standard output, and ends its last line.
pub(crate) fn line(text: &str) -> Result<(), WriteError> {
    piece(text)?;
    bytes(b"\n")
}

/// Writes a piece of text to standard output.
pub(crate) fn piece(text: &str) -> Result<(), WriteError> {
    if io::stdout().is_terminal() {
        bytes(escape::block(text).as_bytes())
    } else {
        bytes(text.as_bytes())
    }
}

/// Writes a value to standard output, as JSON on one line.
pub(crate) fn json(value: &Value) -> Result<(), WriteError> {
    let text = value.to_string();
    if io::stdout().is_terminal() {
        bytes(format!("{}\n", escape::json(&text)).as_bytes())
    } else {
        bytes(format!("{text}\n").as_bytes())
    }
}

/// Writes a line to standard output: a word of the command's own, and text that stays on the line.
pub(crate) fn row(word: impl Display, text: &str) -> Result<(), WriteError> {
    let text = if io::stdout().is_terminal() {
        escape::line(text)
    } else {
        escape::cell(text)
    };
    bytes(format!("{word}{text}\n").as_bytes())
}

/// Rows of two columns, the first padded, for standard output.
pub(crate) fn table<'r>(
    rows: impl IntoIterator<Item = (&'r str, String)>,
) -> Result<(), WriteError> {
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
pub(crate) fn bytes(text: &[u8]) -> Result<(), WriteError> {
    let mut out = io::stdout().lock();
    out.write_all(text)
        .and_then(|()| out.flush())
        .map_err(WriteError)
}

/// Writes a line to standard error, whether or not anybody reads it.
pub(crate) fn note(text: &str) {
    styled(&Style::new(), text);
}

/// Writes a warning to standard error.
pub(crate) fn warning(text: &str) {
    labelled(&Style::new().yellow().for_stderr(), "warning", text);
}

/// The same in a style of standard error.
pub(crate) fn styled(style: &Style, text: &str) {
    error(format_args!("{}\n", style.apply_to(safe_line(text))));
}

/// Writes text of many lines to standard error.
pub(crate) fn passage(text: &str) {
    error(format_args!("{}\n", safe_block(text)));
}

/// Writes the beginning of a line to standard error.
pub(crate) fn prompt(text: &str) {
    error(format_args!("{} ", dim().apply_to(safe_line(text))));
}

/// Ends the line on standard error that the terminal's `^C` is on.
pub(crate) fn end_line() {
    error(format_args!("\n"));
}

/// Writes a value to standard error, as JSON on one line and without secrets.
pub(crate) fn json_note(value: Value) {
    let text = escape::redacted(value).to_string();
    error(format_args!("{}\n", escape::json(&text)));
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
    let text = safe_line(text);
    error(format_args!("{indent}{}: {text}\n", style.apply_to(name)));
}

fn error(text: std::fmt::Arguments<'_>) {
    let _ = io::stderr().lock().write_all(text.to_string().as_bytes());
}

/// The style of side notes on standard error; plain unless that is a terminal.
pub(crate) fn dim() -> Style {
    Style::new().dim().for_stderr()
}

/// The style of failures.
pub(crate) fn red() -> Style {
    Style::new().red().bold().for_stderr()
}
