//! The command line.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Run Coze (扣子) workflows from a shell.
#[derive(Debug, Parser)]
#[command(name = "coze", version, after_help = EXAMPLES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  coze run greeting -p name=Ada --emulator          no token needed
  COZE_API_TOKEN=pat_... coze run 7366000000000000001 -p city=Lyon
  coze run slow-report --async --wait --emulator --output json
  coze emulator --listen 127.0.0.1:8888 --workflows ./workflows

Exit codes: 0 done, 1 the run or the service said no, 2 bad input, 3 credentials,
4 network or timeout, 5 the run waits for an answer.";

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Where the API is.
    #[arg(
        long,
        global = true,
        env = "COZE_API_BASE",
        value_name = "URL",
        help_heading = "Connection"
    )]
    pub(crate) base_url: Option<String>,

    /// The access token; the variable keeps it out of the list of processes.
    #[arg(
        long,
        global = true,
        env = "COZE_API_TOKEN",
        hide_env_values = true,
        value_name = "TOKEN",
        help_heading = "Connection"
    )]
    pub(crate) token: Option<String>,

    /// Use the embedded emulator, started for this command alone; no token needed.
    #[arg(
        long,
        global = true,
        conflicts_with = "base_url",
        help_heading = "Connection"
    )]
    pub(crate) emulator: bool,

    /// Folder with workflow definitions for the emulator, beside the built-in ones.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Connection")]
    pub(crate) workflows: Option<PathBuf>,

    /// What is printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub(crate) output: Format,

    /// Give up after this long, e.g. 90s, 10m, 2h.
    #[arg(long, global = true, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) deadline: Option<Duration>,

    /// Tell more on stderr: log id and debug URL, with -vv the attempts too.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// The output as text.
    Text,
    /// One JSON object.
    Json,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a workflow and print its output.
    Run(Run),
    /// Start a server that plays Coze, to develop against.
    Emulator(Emulator),
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// The workflow's id; the emulator also knows its workflows by name.
    pub(crate) workflow: String,

    /// An input of the workflow; the value is read as JSON where it is JSON, as text otherwise.
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,

    /// The inputs as one JSON object, a file with one (@FILE), or standard input (-).
    #[arg(long = "params", value_name = "JSON|@FILE|-")]
    pub(crate) all_params: Option<String>,

    /// Start the run in the background and print its execute id.
    #[arg(long = "async")]
    pub(crate) background: bool,

    /// With --async: wait for the run to end and print its output.
    #[arg(long, requires = "background")]
    pub(crate) wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Emulator {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0", value_name = "ADDRESS:PORT")]
    pub(crate) listen: SocketAddr,

    /// Which server it plays.
    #[arg(long, value_enum, default_value_t = Dialect::Cloud, value_name = "DIALECT")]
    pub(crate) dialect: Dialect,

    /// File with one fault a line, e.g. `on=/v1/workflow/run times=2 status=429 retry-after=1`.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    /// Makes ids repeatable: the same calls in the same order get the same ones.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Dialect {
    /// The service.
    Cloud,
    /// A self-hosted server.
    Studio,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
