//! Commands around streams and questions.

use clap::{Args, builder::NonEmptyStringValueParser};

use super::{Answers, Inputs};

#[derive(Debug, Args)]
#[command(after_help = "\
When the run asks a question, the next --answer is sent; without one, the command prompts on a terminal.

Examples:
  coze stream 7366000000000000001 -p city=Lyon
  coze stream 7366000000000000001 --answer Lyon --answer '{\"days\": 3}'
  coze stream 7366000000000000001 --output json | jq -r 'select(.event == \"message\").content'")]
pub(crate) struct Stream {
    /// The workflow's id; the emulator also knows its workflows by name.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    #[command(flatten)]
    pub(crate) inputs: Inputs,

    #[command(flatten)]
    pub(crate) answers: Answers,

    /// With --output json: also print the server's pings.
    #[arg(long)]
    pub(crate) pings: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Without a message, each line of standard input is one; an empty line or Ctrl-D ends the chat.
A chatflow needs a bot or an app to run in.

Examples:
  coze chat 7366000000000000001 --app-id 7439000000000000001
  coze chat 7366000000000000001 \"How is the weather?\" --app-id 7439000000000000001
  coze chat 7366000000000000001 \"And tomorrow?\" --app-id 7439000000000000001 --conversation 7440000000000000001")]
pub(crate) struct Chat {
    /// The chatflow's id; the emulator also knows its workflows by name.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// The message.
    pub(crate) message: Option<String>,

    /// The conversation to continue [default: a new one].
    #[arg(long, value_name = "ID")]
    pub(crate) conversation: Option<String>,

    #[command(flatten)]
    pub(crate) inputs: Inputs,

    #[command(flatten)]
    pub(crate) answers: Answers,

    /// With --output json: also print the server's pings.
    #[arg(long)]
    pub(crate) pings: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
The event id and the type are part of the interrupt that run, stream or status printed.

Examples:
  coze resume 7366000000000000001 7424000000000000001/2691000000000000001 --answer Lyon
  coze resume 7366000000000000001 7424000000000000001/2691000000000000001 --type 5 --answer '{\"days\": 3}' --stream
  coze resume 7366000000000000001 --interrupt @interrupt.json")]
pub(crate) struct Resume {
    /// The workflow's id.
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    pub(crate) workflow: String,

    /// The id of the event that the run waits at.
    #[arg(required_unless_present = "interrupt", conflicts_with = "interrupt")]
    pub(crate) event_id: Option<String>,

    /// The type of the interrupt, a number.
    #[arg(
        long = "type",
        value_name = "NUMBER",
        default_value_t = 2,
        conflicts_with = "interrupt"
    )]
    pub(crate) kind: i64,

    /// The whole interrupt as JSON, a file with it (@FILE), or standard input (-): answers are checked against it.
    #[arg(long, value_name = "JSON|@FILE|-")]
    pub(crate) interrupt: Option<String>,

    #[command(flatten)]
    pub(crate) answers: Answers,

    /// Stream the rest of the run; for a run that was streamed before.
    #[arg(long)]
    pub(crate) stream: bool,

    /// With --stream and --output json: also print the server's pings.
    #[arg(long, requires = "stream")]
    pub(crate) pings: bool,
}
