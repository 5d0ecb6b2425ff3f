//! Commands around workflows and files.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum, builder::NonEmptyStringValueParser};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze list                                         workspaces
  coze list 7300000000000000001                     workflows
  coze list 7300000000000000001 --mode chatflow --status all --output json | jq -r .workflow_id")]
pub(crate) struct List {
    /// The workspace's id; without it the workspaces are listed.
    pub(crate) workspace: Option<String>,

    /// Only workflows or only chatflows [default: both].
    #[arg(long, value_enum, value_name = "MODE", requires = "workspace")]
    pub(crate) mode: Option<Mode>,

    /// Only those of this app.
    #[arg(long, value_name = "ID", requires = "workspace")]
    pub(crate) app_id: Option<String>,

    /// Publication status [default: published_online].
    #[arg(long, value_enum, value_name = "STATUS", requires = "workspace")]
    pub(crate) status: Option<Publication>,

    /// Print at most this many.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// Workflows.
    Workflow,
    /// Chatflows.
    Chatflow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Publication {
    /// All of them.
    All,
    /// Published.
    PublishedOnline,
    /// Published, and changed since.
    PublishedDraft,
    /// Never published.
    UnpublishedDraft,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze versions 7366000000000000001
  coze versions greeting --emulator --output json | jq -r .version")]
pub(crate) struct Versions {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// Print at most this many.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) limit: Option<usize>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze info 7366000000000000001
  coze info greeting --emulator --output json | jq .input.parameters")]
pub(crate) struct Info {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
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
    /// Remove the right to edit the workflow.
    Remove(Collaborator),
    /// Set whether several people may edit the workflow.
    Mode(SetMode),
}

#[derive(Debug, Args)]
pub(crate) struct Collaborator {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// The user's id.
    pub(crate) user: String,
}

#[derive(Debug, Args)]
pub(crate) struct SetMode {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
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
Examples:
  coze upload cat.png dog.png
  coze run 7366000000000000001 --file photo=@cat.png        uploads and passes the id")]
pub(crate) struct Upload {
    /// The files, up to 512 MB each.
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  coze file 7500000000000000001")]
pub(crate) struct File {
    /// The file's id, as `coze upload` prints it.
    pub(crate) id: String,
}
