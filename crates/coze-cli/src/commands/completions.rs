//! `coze completions`

use crate::{
    args::{Cli, Completions},
    failure::Failure,
    output,
};

pub(crate) fn execute(args: &Completions) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "coze", &mut script);
    Ok(output::bytes(&script)?)
}
