//! What a workflow is run with.

use clap::{Args, ValueEnum};

/// The inputs and options of a run.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub(crate) struct Inputs {
    /// An input of the workflow. A value that is JSON is sent as JSON, unless the input is a string.
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE")]
    pub(crate) params: Vec<String>,

    /// The inputs as one JSON object, a file with one (@FILE), or standard input (-).
    #[arg(long = "params", value_name = "JSON|@FILE|-")]
    pub(crate) all_params: Option<String>,

    /// Upload a file and pass its id as this input; repeat it for a list.
    #[arg(long = "file", value_name = "NAME=@PATH")]
    pub(crate) files: Vec<String>,

    /// Whether to check the inputs against what the workflow takes, which costs one more call.
    #[arg(long = "check-inputs", value_enum, default_value_t, value_name = "HOW")]
    pub(crate) check: Check,

    /// The version to run, e.g. v0.0.5 [default: the latest].
    #[arg(long, value_name = "VERSION", help_heading = "Run")]
    pub(crate) workflow_version: Option<String>,

    /// Run as this bot, for nodes that read a bot's database or variables.
    #[arg(
        long,
        value_name = "ID",
        conflicts_with = "app_id",
        help_heading = "Run"
    )]
    pub(crate) bot_id: Option<String>,

    /// The app that owns the workflow.
    #[arg(long, value_name = "ID", help_heading = "Run")]
    pub(crate) app_id: Option<String>,

    /// The channel to run in [default: 1024, the API].
    #[arg(long, value_name = "ID", help_heading = "Run")]
    pub(crate) connector_id: Option<String>,

    /// Extra context: latitude, longitude, user_id.
    #[arg(long, value_name = "NAME=VALUE", help_heading = "Run")]
    pub(crate) ext: Vec<String>,
}

/// What becomes of inputs that do not fit the workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Check {
    /// Run without a check.
    Off,
    /// Print what does not fit to standard error, and run.
    #[default]
    Warn,
    /// Do not run with inputs that do not fit.
    Enforce,
}

/// The answers to the questions of a run.
#[derive(Debug, Default, Args)]
#[group(skip)]
pub(crate) struct Answers {
    /// The answer to the next question of the run: text, one of the options, or a JSON object for a form. Without
    /// one left, the command prompts on a terminal.
    #[arg(long = "answer", value_name = "TEXT")]
    pub(crate) answers: Vec<String>,
}
