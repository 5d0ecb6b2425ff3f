//! What a run costs from the command line, from the start of the process to its end.

use std::process::Command;

use super::{
    programs::{Count, Programs},
    table::{Limit, Table, number},
};

/// What is run, with options of its own, and its limit. Inputs are checked against the workflow unless that is off,
/// which costs one more call.
const ROWS: [(&str, &[&str], Limit); 2] = [
    (
        "command, `coze run --params`",
        &[],
        Limit {
            asked: 750_000.0,
            allowed: 1_170_000.0,
        },
    ),
    (
        "command, the same with `--check-inputs off`",
        &["--check-inputs", "off"],
        Limit {
            asked: 750_000.0,
            allowed: 1_108_000.0,
        },
    ),
];

/// Measures those whose name begins with `only`.
pub(super) fn run(programs: &Programs, only: &str) -> Result<Table, String> {
    let mut table = Table::new(
        "Instructions of a whole process, the loader included.",
        &["work", "instructions", "asked", "limit"],
    );
    for (work, options, limit) in ROWS {
        if !work.starts_with(only) {
            continue;
        }
        let server = programs.server(200)?;
        let mut run = Command::new(programs.get("coze")?);
        run.args(["run", "7412345678901234567", "--params"]);
        run.args([r#"{"input":"What is the weather?","n":3}"#, "--base-url"]);
        run.arg(&server.base).args(options);
        // Cargo sets many variables for this program, one of which has the loader look for libraries in more places.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name != "PATH") {
            run.env_remove(name);
        }
        run.env("COZE_API_TOKEN", "pat_0123456789abcdef0123456789abcdef");
        // Nobody is signed in there, nothing is set, and it is not kept what a workflow takes.
        run.env("COZE_CONFIG_DIR", "/nonexistent");
        let instructions = Count::Instructions.of_run(&run)?;
        let [asked, allowed] = table.judge(work, instructions, limit);
        table.push(vec![work.into(), number(instructions), asked, allowed]);
    }
    Ok(table)
}
