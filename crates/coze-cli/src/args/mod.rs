//! The command line.

mod catalog;
mod global;
mod inputs;
mod runs;
mod streams;
mod tools;

use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, error::ErrorKind};

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
#[command(name = "coze", version, after_help = EXAMPLES)]
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
  coze stream weather -p city=Lyon --emulator       node by node, as it arrives
  coze run slow-report --async --wait --emulator --output json
  coze emulator --listen 127.0.0.1:8888 --workflows ./workflows

Exit codes: 0 done, 1 the run failed or the service refused the call, 2 bad input, 3 credentials,
4 network or timeout, 5 the run waits for an answer, 130 stopped with Ctrl-C.";

/// The commands, of which the one that is given alone has its arguments built: for all of them that takes longer
/// than a run on this machine.
macro_rules! commands {
    ($($variant:ident($args:ty) = $name:literal, $about:literal;)*) => {
        #[derive(Debug)]
        pub(crate) enum Command {
            $($variant($args),)*
        }

        impl Subcommand for Command {
            fn augment_subcommands(command: clap::Command) -> clap::Command {
                command$(.subcommand(clap::Command::new($name).about($about).defer(|command| {
                    // What is flattened into the arguments would leave its own words there.
                    <$args>::augment_args(command).about($about).long_about(None)
                })))*
            }

            fn augment_subcommands_for_update(command: clap::Command) -> clap::Command {
                Self::augment_subcommands(command)
            }

            fn has_subcommand(name: &str) -> bool {
                matches!(name, $($name)|*)
            }
        }

        impl FromArgMatches for Command {
            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some(($name, matches)) => {
                        <$args>::from_arg_matches(matches).map(Self::$variant)
                    })*
                    _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
                }
            }

            fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
                *self = Self::from_arg_matches(matches)?;
                Ok(())
            }
        }
    };
}

commands! {
    Run(Run) = "run", "Run a workflow and print its output";
    Stream(Stream) = "stream", "Run a workflow and print the output of its nodes as it arrives";
    Chat(Chat) = "chat", "Talk with a chatflow";
    Resume(Resume) = "resume", "Answer the interrupt that a run waits at, and continue the run";
    Wait(Wait) = "wait", "Wait for a run in the background and print its output";
    Status(Status) = "status", "Show the state of a run";
    Output(NodeOutput) = "output", "Print the output of one output node of a run";
    List(List) = "list", "List workspaces, or the workflows of one";
    Info(Info) = "info", "Describe a workflow and its inputs";
    Versions(Versions) = "versions", "List the versions of a workflow";
    Collaborators(Collaborators) = "collaborators", "Manage who may edit a workflow";
    Upload(Upload) = "upload", "Upload files and print their ids";
    File(File) = "file", "Show name, size and date of an uploaded file";
    Emulator(Emulator) = "emulator", "Start a server that emulates Coze, to develop against";
    Doctor(Doctor) = "doctor", "Check token, region, network and permissions, and suggest what to do";
    Completions(Completions) = "completions", "Print a completion script for a shell";
    Man(Man) = "man", "Write the manual pages";
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
