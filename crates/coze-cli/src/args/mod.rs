//! The command line.

mod catalog;
mod global;
mod inputs;
mod runs;
mod streams;
mod tools;

use clap::{Parser, Subcommand};

pub(crate) use self::{
    catalog::{
        Collaborators, CollaboratorsAction, Editing, File, Info, List, Mode, Publication, Upload,
        Versions,
    },
    global::{Dialect, Format, Global, Region},
    inputs::{Answers, Inputs},
    runs::{NodeOutput, Run, RunId, Status, Wait},
    streams::{Chat, Resume, Stream},
    tools::{Completions, Doctor, Emulator, Man},
};

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
  coze stream weather -p city=Lyon --emulator       node by node, as it comes
  coze run slow-report --async --wait --emulator --output json
  coze emulator --listen 127.0.0.1:8888 --workflows ./workflows

Exit codes: 0 done, 1 the run or the service said no, 2 bad input, 3 credentials,
4 network or timeout, 5 the run waits for an answer, 130 stopped with Ctrl-C.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a workflow and print its output.
    Run(Run),
    /// Run a workflow and print what its nodes put out, as it comes.
    Stream(Stream),
    /// Talk with a chatflow.
    Chat(Chat),
    /// Answer what a run waits for, and go on with it.
    Resume(Resume),
    /// Wait for a run in the background and print its output.
    Wait(Wait),
    /// Tell how a run stands.
    Status(Status),
    /// Print what one output node of a run has put out.
    Output(NodeOutput),
    /// List workspaces, or the workflows of one.
    List(List),
    /// Tell what a workflow is and which inputs it takes.
    Info(Info),
    /// List the versions of a workflow.
    Versions(Versions),
    /// Let others edit a workflow, or no longer.
    Collaborators(Collaborators),
    /// Upload files and print their ids.
    Upload(Upload),
    /// Tell name, size and date of an uploaded file.
    File(File),
    /// Start a server that plays Coze, to develop against.
    Emulator(Emulator),
    /// Check token, region, network and permissions, and say what to do.
    Doctor(Doctor),
    /// Print a script that completes commands in a shell.
    Completions(Completions),
    /// Write the manual pages.
    Man(Man),
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
