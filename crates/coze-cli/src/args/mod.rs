//! The command line.

mod catalog;
mod global;
mod inputs;
mod login;
mod runs;
mod streams;
mod tools;

use std::ffi::OsStr;

use clap::{ArgMatches, Args, FromArgMatches, error::ErrorKind};

pub(crate) use self::{
    catalog::{
        Collaborators, CollaboratorsAction, Editing, File, Info, List, Mode, Publication, Upload,
        Versions,
    },
    global::{Engine, Format, Global, Region},
    inputs::{Answers, Check, Inputs},
    login::{Auth, AuthAction, Login, Logout},
    runs::{NodeOutput, Run, RunId, Status, Wait},
    streams::{Chat, Resume, Stream},
    tools::{Completions, Doctor, Emulator, Man},
};

/// A command and the options of every command.
#[derive(Debug)]
pub(crate) struct Cli {
    pub(crate) global: Global,
    pub(crate) command: Command,
}

impl Cli {
    /// The whole command line.
    pub(crate) fn command() -> clap::Command {
        Self::with_commands(|_| true)
    }

    /// Reads the words of a command line, the first of which is the program.
    pub(crate) fn read<W: AsRef<OsStr>>(words: &[W]) -> Result<Self, clap::Error> {
        let words = || words.iter().map(AsRef::as_ref);
        // clap copies the options of every command into each one, which takes longer than all else that it does
        // here: only those that are named get them, unless help is to list them all.
        let helps = words().any(|word| {
            let word = word.as_encoded_bytes();
            word == b"help"
                || word == b"--help"
                || (word.starts_with(b"-") && !word.starts_with(b"--") && word.contains(&b'h'))
        });
        let names = |name: &str| words().any(|word| word == name);
        let all = helps || !Command::NAMES.into_iter().any(names);
        let command = Self::with_commands(|name| all || names(name));
        let matches = command.try_get_matches_from(words())?;
        Ok(Self {
            global: Global::from_arg_matches(&matches)?,
            command: Command::from_arg_matches(&matches)?,
        })
    }

    fn with_commands(named: impl Fn(&str) -> bool) -> clap::Command {
        let command = clap::Command::new("coze")
            .version(env!("CARGO_PKG_VERSION"))
            .after_help(EXAMPLES)
            .subcommand_required(true)
            .arg_required_else_help(true);
        let command = Global::augment_args(command).about("Run Coze (扣子) workflows from a shell");
        Command::augment(command, named)
    }
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

        impl Command {
            const NAMES: [&str; [$($name),*].len()] = [$($name),*];

            /// Adds the commands that are named.
            fn augment(
                mut command: clap::Command,
                named: impl Fn(&str) -> bool,
            ) -> clap::Command {
                $(if named($name) {
                    command = command.subcommand(clap::Command::new($name).about($about).defer(
                        // What is flattened into the arguments would leave its own words there.
                        |command| <$args>::augment_args(command).about($about).long_about(None),
                    ));
                })*
                command
            }

            fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
                match matches.subcommand() {
                    $(Some(($name, matches)) => {
                        <$args>::from_arg_matches(matches).map(Self::$variant)
                    })*
                    _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
                }
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
    Login(Login) = "login", "Sign in: let an app act for you, or use a service app";
    Logout(Logout) = "logout", "Forget a profile and its tokens";
    Auth(Auth) = "auth", "Show how the command is signed in";
    Emulator(Emulator) = "emulator", "Start a server that emulates Coze, to develop against";
    Doctor(Doctor) = "doctor", "Check token, region, network and permissions, and suggest what to do";
    Completions(Completions) = "completions", "Print a completion script for a shell";
    Man(Man) = "man", "Write the manual pages";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn commands_that_are_not_named_are_left_out_but_not_of_help() {
        let read = |line: &str| Cli::read(&line.split(' ').collect::<Vec<_>>());
        let told = |line: &str| read(line).unwrap_err().to_string();
        assert!(matches!(
            read("coze file 1 --output json").unwrap().command,
            Command::File(_)
        ));
        // The value of an option may be the name of a command.
        assert!(matches!(
            read("coze --token run list").unwrap().command,
            Command::List(_)
        ));
        for line in ["coze", "coze --help run", "coze -vh run", "coze help"] {
            let help = told(line);
            assert!(
                Command::NAMES.iter().all(|name| help.contains(name)),
                "{help}"
            );
        }
        assert!(told("coze rum").contains("'run'"));
    }
}
