//! Tasks of this workspace: `cargo xtask codegen [--check]`.

mod bench;
mod codegen;

use std::{path::PathBuf, process::ExitCode};

const USAGE: &str = "usage: cargo xtask codegen [--check]

  codegen          write the generated code; exit 0, or 2 when a page has faults
  codegen --check  write nothing; exit 1 when a generated file is stale, missing or foreign
  bench            print what a call and an event cost; needs valgrind
  bench --check    exit 1 when our stack costs more than it may

Exit 3 for wrong arguments and for errors of the file system.";

fn main() -> ExitCode {
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(3)
        }
    }
}

fn run() -> Result<u8, String> {
    let mut arguments = lexopt::Parser::from_env();
    let mut command = None;
    let mut check = false;
    while let Some(argument) = arguments.next().map_err(|e| e.to_string())? {
        match argument {
            lexopt::Arg::Long("check") => check = true,
            lexopt::Arg::Long("help") | lexopt::Arg::Short('h') => {
                println!("{USAGE}");
                return Ok(0);
            }
            lexopt::Arg::Value(value) if command.is_none() => {
                command = Some(value.to_string_lossy().into_owned());
            }
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected())),
        }
    }
    match command.as_deref() {
        Some("codegen") => codegen::run(&root(), check).map_err(|e| e.to_string()),
        Some("bench") => bench::run(&root(), check),
        Some(other) => Err(format!("unknown task `{other}`\n\n{USAGE}")),
        None => Err(format!("no task\n\n{USAGE}")),
    }
}

/// The workspace: the folder above this package.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
