//! The command `coze`: run Coze (扣子) workflows from a shell.
//!
//! `coze run greeting -p name=Ada --emulator` runs a workflow of the embedded emulator and prints its
//! output; without `--emulator` the workflow of that id runs on the service.

mod args;
mod ask;
mod commands;
mod connect;
mod contract;
mod doctor;
mod failure;
mod inputs;
mod observe;
mod output;
mod progress;
mod render;
mod session;
mod settings;
mod stdin_lines;
mod upload;

use std::{ffi::OsString, io, process::ExitCode};

use clap::error::ErrorKind;

use crate::{
    args::{Cli, Command, Format},
    failure::{Cause, Failure},
    output::WriteError,
    session::Session,
};

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().collect();
    let cli = match Cli::read(&words) {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &words),
    };
    let format = cli.global.output;
    let verbose = cli.global.verbose;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(cli)),
        Err(error) => Err(Failure::usage(format!(
            "the async runtime cannot be started: {error}"
        ))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => render::failure(&failure, format, verbose),
    }
}

/// Shows help, or what is wrong with the command line.
fn misused(error: &clap::Error, words: &[OsString]) -> ExitCode {
    let asked = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    if !asked && wants_json(words) {
        let text = error.render().to_string();
        let text = text.split("\n\nUsage:").next().unwrap_or_default();
        let text = text.trim().trim_start_matches("error: ");
        return render::failure(&Failure::usage(text), Format::Json, 0);
    }
    match error.print() {
        // A reader that went away needs no help.
        Err(error) if asked && error.kind() != io::ErrorKind::BrokenPipe => {
            render::failure(&WriteError(error).into(), Format::Text, 0)
        }
        _ => ExitCode::from(if asked { 0 } else { 2 }),
    }
}

/// Whether a command line that could not be read asks for JSON.
fn wants_json(words: &[OsString]) -> bool {
    let pair = |pair: &[_]| pair == ["--output", "json"];
    words.windows(2).any(pair) || words.iter().any(|word| word == "--output=json")
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let session = Session::new(cli.global);
    match &cli.command {
        // It ends with Ctrl-C by itself.
        Command::Emulator(args) => commands::emulator::execute(&session, args).await,
        Command::Completions(args) => commands::completions::execute(args),
        Command::Man(args) => commands::man::execute(args),
        command => {
            let work = work(&session, command);
            // First, and not bound to the budget that a stream uses up: it is heard while a server floods.
            let interrupt = tokio::task::unconstrained(tokio::signal::ctrl_c());
            tokio::select! {
                biased;
                // Where signals cannot be had, Ctrl-C ends the process without a message.
                Ok(()) = interrupt => {
                    Err(Failure::from(Cause::Stopped(session.ongoing())).with(&session))
                }
                result = work => result.map_err(|failure| failure.with(&session)),
            }
        }
    }
}

async fn work(session: &Session, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Run(args) => commands::run::execute(session, args).await,
        Command::Stream(args) => commands::stream::execute(session, args).await,
        Command::Chat(args) => commands::chat::execute(session, args).await,
        Command::Resume(args) => commands::resume::execute(session, args).await,
        Command::Wait(args) => commands::wait::execute(session, args).await,
        Command::Status(args) => commands::status::execute(session, args).await,
        Command::Output(args) => commands::output::execute(session, args).await,
        Command::List(args) => commands::list::execute(session, args).await,
        Command::Versions(args) => commands::versions::execute(session, args).await,
        Command::Info(args) => commands::info::execute(session, args).await,
        Command::Collaborators(args) => commands::collaborators::execute(session, args).await,
        Command::Upload(args) => commands::upload::execute(session, args).await,
        Command::File(args) => commands::file::execute(session, args).await,
        Command::Doctor(args) => commands::doctor::execute(session, args).await,
        Command::Login(args) => commands::login::execute(session, args).await,
        Command::Logout(_) => commands::logout::execute(session).await,
        Command::Auth(args) => commands::auth::execute(session, args),
        Command::Emulator(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}
