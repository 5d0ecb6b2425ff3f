//! The command `coze`: run Coze (扣子) workflows from a shell.
//!
//! `coze run greeting -p name=Ada --emulator` runs a workflow of the embedded emulator and prints its
//! output; without `--emulator` the workflow of that id runs on the service.

mod args;
mod commands;
mod connect;
mod failure;
mod output;
mod parameters;
mod progress;

use std::process::ExitCode;

use clap::Parser as _;

use crate::{
    args::{Cli, Command},
    failure::Failure,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => runtime.block_on(run(&cli)),
        Err(error) => Err(Failure::usage(format!(
            "no runtime could be started: {error}"
        ))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.show(&cli.global),
    }
}

async fn run(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Run(run) => commands::run::execute(&cli.global, run).await,
        Command::Emulator(emulator) => commands::emulator::execute(&cli.global, emulator).await,
    }
}
