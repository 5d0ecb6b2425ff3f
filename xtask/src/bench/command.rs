//! What a run costs from the command line, from the start of the process to its end.

use std::process::Command;

use super::{
    programs::{Count, Programs},
    table::{Limit, Table, number},
};

const WORK: &str = "command, `coze run --params`";
const LIMIT: Limit = Limit {
    asked: 750_000.0,
    allowed: 1_354_000.0,
};

/// Measures it, if its name begins with `only`.
pub(super) fn run(programs: &Programs, only: &str) -> Result<Table, String> {
    let mut table = Table::new(
        "Instructions of a whole process, the loader included.",
        &["work", "instructions", "asked", "limit"],
    );
    if WORK.starts_with(only) {
        let server = programs.server(200)?;
        let mut run = Command::new(programs.get("coze")?);
        run.args(["run", "7412345678901234567", "--params"]);
        run.args([r#"{"input":"What is the weather?","n":3}"#, "--base-url"]);
        run.arg(&server.base);
        run.env("COZE_API_TOKEN", "pat_0123456789abcdef0123456789abcdef");
        // Nobody is signed in there, and nothing is set.
        run.env("HOME", "/nonexistent")
            .env("XDG_CONFIG_HOME", "/nonexistent");
        let instructions = Count::Instructions.of_run(&run)?;
        let [asked, allowed] = table.judge(WORK, instructions, LIMIT);
        table.push(vec![WORK.into(), number(instructions), asked, allowed]);
    }
    Ok(table)
}
