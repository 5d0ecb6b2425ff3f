//! The command as a shell runs it.

use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// The command with these words, against a server or none. Whatever the machine has set, it does not see.
pub(crate) fn coze(url: Option<&str>, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coze"));
    command
        .args(args)
        .env_remove("COZE_API_TOKEN")
        .env_remove("COZE_API_BASE")
        .env("COZE_CONFIG_DIR", "/nowhere")
        .stdin(Stdio::null());
    if let Some(url) = url {
        command
            .env("COZE_API_BASE", url)
            .env("COZE_API_TOKEN", "pat_CANARY0123456789");
    }
    command
}

/// Runs it: exit code, standard output and standard error.
pub(crate) fn run(url: Option<&str>, args: &[&str]) -> (i32, String, String) {
    outcome(coze(url, args).output().unwrap())
}

pub(crate) fn outcome(output: Output) -> (i32, String, String) {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let code = output.status.code().unwrap();
    (code, text(output.stdout), text(output.stderr))
}

/// Each line as JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Sends a signal, as `kill` does.
pub(crate) fn kill(child: &Child, signal: &str) -> bool {
    let id = child.id().to_string();
    let mut kill = Command::new("kill");
    kill.args([signal, &id]).status().unwrap().success()
}
