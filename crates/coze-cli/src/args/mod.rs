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
        let command = clap::Command::new("coze")
            .version(env!("CARGO_PKG_VERSION"))
            .after_help(EXAMPLES)
            .subcommand_required(true)
            .arg_required_else_help(true);
        let command = Global::augment_args(command)
            .mut_args(|arg| arg.global(true))
            .about("Run Coze (扣子) workflows from a shell");
        Command::augment(command)
    }

    /// Reads the words of a command line, the first of which is the program.
    pub(crate) fn read<W: AsRef<OsStr>>(words: &[W]) -> Result<Self, clap::Error> {
        match Self::read_directly(words) {
            Some(cli) => Ok(cli),
            None => Self::read_whole(words),
        }
    }

    fn read_whole<W: AsRef<OsStr>>(words: &[W]) -> Result<Self, clap::Error> {
        let words = words.iter().map(AsRef::as_ref);
        let mut matches = Self::command().try_get_matches_from(words)?;
        let command = matches.remove_subcommand();
        let (name, mut own) =
            command.ok_or_else(|| clap::Error::new(ErrorKind::MissingSubcommand))?;
        Ok(Self {
            global: Global::from_arg_matches_mut(&mut matches)?,
            command: Command::from_arg_matches(&name, &mut own)?,
        })
    }

    /// Reads a command line that begins with the name of a command, and has neither mistakes nor a wish for help.
    ///
    /// The options of all commands are then those of the one: to build the whole command line, with these options
    /// copied into each command, takes longer than all else that the command does by itself.
    fn read_directly<W: AsRef<OsStr>>(words: &[W]) -> Option<Self> {
        let [_, name, words @ ..] = words else {
            return None;
        };
        let name = name.as_ref().to_str()?;
        let command = Global::augment_args(Command::alone(name)?).no_binary_name(true);
        let words = words.iter().map(AsRef::as_ref);
        let mut matches = command.try_get_matches_from(words).ok()?;
        Some(Self {
            global: Global::from_arg_matches_mut(&mut matches).ok()?,
            command: Command::from_arg_matches(name, &mut matches).ok()?,
        })
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

/// The commands. Each has its arguments built when it is named.
macro_rules! commands {
    ($($variant:ident($args:ty) = $name:literal, $about:literal;)*) => {
        #[derive(Debug)]
        pub(crate) enum Command {
            $($variant($args),)*
        }

        impl Command {
            /// Adds all of them.
            fn augment(command: clap::Command) -> clap::Command {
                command$(.subcommand(clap::Command::new($name).about($about).defer(
                    // What is flattened into the arguments would leave its own words there.
                    |command| <$args>::augment_args(command).about($about).long_about(None),
                )))*
            }

            /// One of them without the others.
            fn alone(name: &str) -> Option<clap::Command> {
                match name {
                    $($name => Some(<$args>::augment_args(clap::Command::new($name))),)*
                    _ => None,
                }
            }

            fn from_arg_matches(name: &str, own: &mut ArgMatches) -> Result<Self, clap::Error> {
                match name {
                    $($name => <$args>::from_arg_matches_mut(own).map(Self::$variant),)*
                    _ => Err(clap::Error::new(ErrorKind::InvalidSubcommand)),
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

    fn words(line: &str) -> Vec<&str> {
        line.split(' ').collect()
    }

    #[test]
    fn the_command_line_is_consistent() {
        let all = Cli::command();
        for command in all.get_subcommands() {
            let alone = Command::alone(command.get_name()).unwrap();
            Global::augment_args(alone).debug_assert();
        }
        all.debug_assert();
    }

    #[test]
    fn a_command_is_read_alone_as_among_the_others() {
        for line in [
            "coze run greeting",
            "coze run greeting -p a=1 -p b=2 --params {} --output json -vv --deadline 2m --async --wait",
            "coze run --region cn --engine studio -- -1",
            "coze stream greeting --emulator --workflows x --pings --check-inputs off",
            "coze chat 1 hello --app-id 7 --token run --allow-plaintext",
            "coze resume 1 2/3 --type 5 --answer run",
            "coze list --profile help",
            "coze auth status",
            "coze collaborators --dialect cloud mode 1 single",
            "coze emulator --listen 127.0.0.1:0 --accept-token a --accept-token b --clock 60x",
            "coze completions bash",
        ] {
            let alone = Cli::read_directly(&words(line));
            let among = Cli::read_whole(&words(line)).unwrap();
            assert_eq!(format!("{:?}", alone.unwrap()), format!("{among:?}"));
        }
    }

    #[test]
    fn what_cannot_be_read_alone_is_read_among_the_others() {
        let read = |line| Cli::read(&words(line));
        // The value of an option may be the name of a command.
        for line in [
            "coze --token run list",
            "coze -v list",
            "coze auth status --output json",
        ] {
            assert!(Cli::read_directly(&words(line)).is_none(), "{line}");
            assert!(read(line).is_ok(), "{line}");
        }
        for line in ["coze", "coze --help run", "coze -vh run", "coze help"] {
            let help = read(line).unwrap_err().to_string();
            for command in Cli::command().get_subcommands() {
                assert!(help.contains(command.get_name()), "{help}");
            }
        }
        assert!(read("coze rum").unwrap_err().to_string().contains("'run'"));
    }
}
