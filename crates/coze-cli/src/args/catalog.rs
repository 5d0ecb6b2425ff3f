//! Commands around workflows and files.

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze info 7366000000000000001
  coze info greeting --emulator --output json | jq .input.parameters")]
pub(crate) struct Info {
    /// The workflow's id.
    pub(crate) workflow: String,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Enterprise plans only.

Examples:
  coze collaborators mode 7366000000000000001 collaboration
  coze collaborators add 7366000000000000001 2200000000000000001
  coze collaborators remove 7366000000000000001 2200000000000000001")]
pub(crate) struct Collaborators {
    #[command(subcommand)]
    pub(crate) action: CollaboratorsAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum CollaboratorsAction {
    /// Let a member of the workspace edit the workflow.
    Add(Collaborator),
    /// Take the right to edit the workflow away again.
    Remove(Collaborator),
    /// Switch whether several people may edit the workflow.
    Mode(SetMode),
}

#[derive(Debug, Args)]
pub(crate) struct Collaborator {
    /// The workflow's id.
    pub(crate) workflow: String,

    /// The user's id.
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetMode {
    /// The workflow's id.
    pub(crate) workflow: String,

    /// Who may edit.
    #[arg(value_enum)]
    pub(crate) mode: Editing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Editing {
    /// Its creator alone.
    Single,
    /// Its collaborators too.
    Collaboration,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  coze file 7500000000000000001")]
pub(crate) struct File {
    /// The file's id, as `coze upload` prints it.
    pub(crate) id: String,
}
