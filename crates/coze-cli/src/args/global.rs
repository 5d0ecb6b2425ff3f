//! Options of every command.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Global {
    /// Base URL of the API [env: COZE_API_BASE] [default: that of --region].
    #[arg(
        long,
        value_name = "URL",
        conflicts_with = "region",
        help_heading = "Connection"
    )]
    pub(crate) base_url: Option<String>,

    /// Region of the service; a token belongs to one region [default: com].
    #[arg(long, value_enum, value_name = "REGION", help_heading = "Connection")]
    pub(crate) region: Option<Region>,

    /// Kind of server to talk to, or to emulate [default: that of the profile, or cloud].
    #[arg(
        long,
        visible_alias = "dialect",
        value_enum,
        value_name = "ENGINE",
        help_heading = "Connection"
    )]
    pub(crate) engine: Option<Engine>,

    /// Access token; the variable keeps it out of the process list [env: COZE_API_TOKEN].
    #[arg(long, value_name = "TOKEN", help_heading = "Connection")]
    pub(crate) token: Option<String>,

    /// Profile of the settings that the command `login` writes [env: COZE_PROFILE] [default: the default profile].
    #[arg(long, value_name = "NAME", help_heading = "Connection")]
    pub(crate) profile: Option<String>,

    /// Allow plain http to other machines; the token is then sent unencrypted.
    #[arg(long, help_heading = "Connection")]
    pub(crate) allow_plaintext: bool,

    /// Use the embedded emulator, started for this command alone; no token needed.
    #[arg(
        long,
        conflicts_with_all = ["base_url", "region"],
        help_heading = "Connection"
    )]
    pub(crate) emulator: bool,

    /// Folder or file with workflow definitions for the emulator, beside the built-in ones.
    #[arg(long, value_name = "PATH", help_heading = "Connection")]
    pub(crate) workflows: Option<PathBuf>,

    /// Format of the output.
    #[arg(
        long,
        value_enum,
        default_value_t = Format::Text,
        value_name = "FORMAT",
        help_heading = "General"
    )]
    pub(crate) output: Format,

    /// Give up after this long, e.g. 90s, 10m, 2h.
    #[arg(
        long,
        value_parser = time,
        value_name = "TIME",
        help_heading = "General"
    )]
    pub(crate) deadline: Option<Duration>,

    /// Give up on a stream that is silent for this long [default: by the server's pings].
    #[arg(
        long,
        value_parser = time,
        value_name = "TIME",
        help_heading = "General"
    )]
    pub(crate) idle_timeout: Option<Duration>,

    /// Print more to stderr: log id, debug URL and time; with -vv also each attempt.
    #[arg(short, long, action = clap::ArgAction::Count, help_heading = "General")]
    pub(crate) verbose: u8,
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than zero".into()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object, or one object per line.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Region {
    /// api.coze.cn
    Cn,
    /// api.coze.com
    Com,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Engine {
    /// The cloud service.
    Cloud,
    /// A self-hosted server, Coze Studio.
    Studio,
    /// Dify.
    Dify,
    /// A server of the runs dialect.
    Runs,
}
