//! Tasks of this workspace.

mod audit;
mod bench;
mod codegen;
mod fuzz;
mod import;
mod recorded;

use std::{path::PathBuf, process::ExitCode};

use lexopt::{Arg, Parser};

const USAGE: &str = "usage: cargo xtask codegen|audit|import|bench|fuzz

  codegen          write the generated code; exit 0, or 2 when a page has faults
  codegen --check  write nothing; exit 1 when a generated file is stale, missing or foreign
  audit            examples against tables and models, pages against what their sources say
  audit --recorded DIR [--set NAME]
                   recorded responses (exchanges, OPERATION.*.json, OPERATION.*.sse) against the
                   tables of all sets of pages, or of the one in a folder of that name
  import           read captured vendor pages; `import --help` tells more
  bench            print what calls, events, streams and the command cost; needs valgrind
  bench NAME       only the rows whose names begin so: call, event, memory, layers, command, decoder
  bench --check    exit 1 when anything costs more than it may
  bench --write    write docs/performance.md as well
  fuzz [--seconds 45] [--seed N] [TARGET]
                   mutated inputs on the targets of tests/fuzz; exit 1 when one fails
  fuzz TARGET --replay FILE
                   one input on one target

Exit 3 for wrong arguments and for errors of the file system.";

fn main() -> ExitCode {
    match run(Parser::from_env()) {
        Ok(code) => ExitCode::from(code),
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(3)
        }
    }
}

fn run(mut arguments: Parser) -> Result<u8, String> {
    let task = match arguments.next().map_err(|error| error.to_string())? {
        Some(Arg::Value(task)) => task.to_string_lossy().into_owned(),
        Some(Arg::Long("help") | Arg::Short('h')) => {
            println!("{USAGE}");
            return Ok(0);
        }
        Some(other) => return Err(format!("{}\n\n{USAGE}", other.unexpected())),
        None => return Err(format!("no task\n\n{USAGE}")),
    };
    match task.as_str() {
        "codegen" => codegen::run(&root(), check(arguments)?).map_err(|error| error.to_string()),
        "audit" => match recorded(arguments)? {
            Some((folder, set)) => {
                recorded::run(&root(), &folder, set.as_deref()).map_err(|error| error.to_string())
            }
            None => audit::run(&root()).map_err(|error| error.to_string()),
        },
        "bench" => bench::run(&root(), &measured(arguments)?),
        "fuzz" => fuzz::run(&root(), &fuzz::Options::read(arguments, USAGE)?),
        "import" => Ok(import::import(arguments, &root())),
        other => Err(format!("unknown task `{other}`\n\n{USAGE}")),
    }
}

/// Whether `--check` was given, and nothing else.
fn check(mut arguments: Parser) -> Result<bool, String> {
    let mut check = false;
    while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Long("check") => check = true,
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected())),
        }
    }
    Ok(check)
}

/// What to measure, and what to do with it.
fn measured(mut arguments: Parser) -> Result<bench::Options, String> {
    let mut options = bench::Options::default();
    while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Long("check") => options.check = true,
            Arg::Long("write") => options.write = true,
            Arg::Value(name) => options.only = name.to_string_lossy().into_owned(),
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected())),
        }
    }
    if options.write && !options.only.is_empty() {
        return Err(format!("--write takes all rows\n\n{USAGE}"));
    }
    Ok(options)
}

/// The folder that `--recorded` names and the set that `--set` names, if they were given.
fn recorded(mut arguments: Parser) -> Result<Option<(PathBuf, Option<String>)>, String> {
    let (mut folder, mut set) = (None, None);
    while let Some(argument) = arguments.next().map_err(|error| error.to_string())? {
        match argument {
            Arg::Long("recorded") => folder = Some(value(&mut arguments)?.into()),
            Arg::Long("set") => set = Some(value(&mut arguments)?.to_string_lossy().into_owned()),
            other => return Err(format!("{}\n\n{USAGE}", other.unexpected())),
        }
    }
    match (folder, set) {
        (None, Some(_)) => Err(format!("--set needs --recorded\n\n{USAGE}")),
        (folder, set) => Ok(folder.map(|folder| (folder, set))),
    }
}

fn value(arguments: &mut Parser) -> Result<std::ffi::OsString, String> {
    arguments.value().map_err(|error| error.to_string())
}

/// The workspace: the folder above this package.
fn root() -> PathBuf {
    let mut root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    root.pop();
    root
}
