//! Writing to standard output and standard error.

mod node_text;

use std::io::{self, Write as _};

use console::Style;

pub(crate) use self::node_text::NodeText;
use crate::failure::{Cause, Failure};

/// Writes a line to standard output; a reader that went away ends the command quietly.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .map_err(|error| broken(&error))
}

fn broken(error: &io::Error) -> Failure {
    match error.kind() {
        io::ErrorKind::BrokenPipe => Cause::PipeClosed.into(),
        _ => Failure::usage(format!("the output cannot be written: {error}")),
    }
}

/// Writes a line to standard error. Nobody need listen there.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Writes the beginning of a line to standard error.
pub(crate) fn prompt(text: &str) {
    let mut err = io::stderr().lock();
    let _ = err.write_all(text.as_bytes()).and_then(|()| err.flush());
}

/// Writes `name: value` to standard error, if there is a value.
pub(crate) fn fact(name: &str, value: Option<&str>) {
    if let Some(value) = value {
        note(&format!("{}: {value}", dim().apply_to(name)));
    }
}

/// For what is said beside the matter on standard error; plain where that is no terminal.
pub(crate) fn dim() -> Style {
    Style::new().dim().for_stderr()
}

/// For failures.
pub(crate) fn red() -> Style {
    Style::new().red().bold().for_stderr()
}

/// Rows of two columns, the first padded, for standard output.
pub(crate) fn table<'r>(rows: impl IntoIterator<Item = (&'r str, String)>) -> Result<(), Failure> {
    let rows: Vec<_> = rows.into_iter().collect();
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let style = Style::new().dim();
    for (name, value) in rows {
        let padded = format!("{name:width$}");
        line(&format!("{}  {value}", style.apply_to(padded)))?;
    }
    Ok(())
}

/// Writes a finished text to standard output.
pub(crate) fn bytes(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    out.write_all(text)
        .and_then(|()| out.flush())
        .map_err(|error| broken(&error))
}
