//! `coze man`

use std::fs;

use clap_mangen::Man as Page;

use crate::{
    args::{Cli, Man},
    failure::Failure,
    output,
};

pub(crate) fn execute(args: &Man) -> Result<(), Failure> {
    let command = Cli::command();
    let Some(dir) = &args.dir else {
        let mut page = Vec::new();
        Page::new(command)
            .render(&mut page)
            .map_err(|error| Failure::usage(format!("the page cannot be made: {error}")))?;
        return Ok(output::bytes(&page)?);
    };
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(command, dir))
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", dir.display())))
}
