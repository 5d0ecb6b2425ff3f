//! Commands around runs.

use clap::{Args, builder::NonEmptyStringValueParser};

use super::{Answers, Inputs};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze run greeting -p name=Ada --emulator
  coze run 7366000000000000001 --params '{\"city\": \"Lyon\", \"days\": 3}'
  coze run 7366000000000000001 --file photo=@cat.png -p prompt=\"what is it?\"
  coze run 7366000000000000001 --params @inputs.json --output json | jq .output
  coze run 7366000000000000001 --async")]
#[group(skip)]
pub(crate) struct Run {
    /// The workflow's id; the emulator also knows its workflows by name.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    #[command(flatten)]
    pub(crate) inputs: Inputs,

    #[command(flatten)]
    pub(crate) answers: Answers,

    /// Start the run in the background and print its execute id.
    #[arg(long = "async")]
    pub(crate) background: bool,

    /// With --async: wait for the run to end and print its output.
    #[arg(long, requires = "background")]
    pub(crate) wait: bool,
}

/// A run that was started earlier.
#[derive(Debug, Args)]
pub(crate) struct RunId {
    /// The workflow's id; in place of both ids, the run's debug URL or its text form.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// The run's execute id, as `coze run --async` prints it.
    pub(crate) execute_id: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Ctrl-C stops waiting; the run continues.

Examples:
  coze wait 7366000000000000001 7413000000000000001
  coze wait \"https://www.coze.cn/work_flow?execute_id=7413000000000000001&workflow_id=7366000000000000001\"
  coze wait 7366000000000000001 $(coze run 7366000000000000001 --async) --deadline 2h")]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) run: RunId,

    #[command(flatten)]
    pub(crate) answers: Answers,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze status 7366000000000000001 7413000000000000001
  coze status 7366000000000000001 7413000000000000001 --output json | jq -r .status")]
pub(crate) struct Status {
    #[command(flatten)]
    pub(crate) run: RunId,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze output 7366000000000000001 7413000000000000001 Story
  coze output 7366000000000000001 7413000000000000001 7500000000000000001")]
pub(crate) struct NodeOutput {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// The run's execute id, as `coze run --async` prints it.
    pub(crate) execute_id: String,

    /// The node: its name in `coze status`, or the id of its execution.
    pub(crate) node: String,
}
