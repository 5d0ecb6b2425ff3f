//! Options of every command.

use std::{path::PathBuf, time::Duration};

use clap::{Args, ValueEnum};

#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Where the API is [env: COZE_API_BASE] [default: that of --region].
    #[arg(
        long,
        global = true,
        value_name = "URL",
        conflicts_with = "region",
        help_heading = "Connection"
    )]
    pub(crate) base_url: Option<String>,

    /// The region of the service, to which a token belongs [default: com].
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "REGION",
        help_heading = "Connection"
    )]
    pub(crate) region: Option<Region>,

    /// Which server is talked to, or played by the emulator.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Dialect::Cloud,
        value_name = "DIALECT",
        help_heading = "Connection"
    )]
    pub(crate) dialect: Dialect,

    /// The access token; the variable keeps it out of the list of processes [env: COZE_API_TOKEN].
    #[arg(long, global = true, value_name = "TOKEN", help_heading = "Connection")]
    pub(crate) token: Option<String>,

    /// Allow plain http to other machines; the token then travels in the clear.
    #[arg(long, global = true, help_heading = "Connection")]
    pub(crate) allow_plaintext: bool,

    /// Use the embedded emulator, started for this command alone; no token needed.
    #[arg(
        long,
        global = true,
        conflicts_with_all = ["base_url", "region"],
        help_heading = "Connection"
    )]
    pub(crate) emulator: bool,

    /// Folder with workflow definitions for the emulator, beside the built-in ones.
    #[arg(long, global = true, value_name = "DIR", help_heading = "Connection")]
    pub(crate) workflows: Option<PathBuf>,

    /// What is printed.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Format::Text,
        value_name = "FORMAT",
        help_heading = "General"
    )]
    pub(crate) output: Format,

    /// Give up after this long, e.g. 90s, 10m, 2h.
    #[arg(
        long,
        global = true,
        value_parser = time,
        value_name = "TIME",
        help_heading = "General"
    )]
    pub(crate) deadline: Option<Duration>,

    /// Give up on a stream that is silent for this long [default: by the server's pings].
    #[arg(
        long,
        global = true,
        value_parser = time,
        value_name = "TIME",
        help_heading = "General"
    )]
    pub(crate) idle_timeout: Option<Duration>,

    /// Tell more on stderr: log id, debug URL and time; with -vv each attempt too.
    #[arg(short, long, global = true, action = clap::ArgAction::Count, help_heading = "General")]
    pub(crate) verbose: u8,
}

fn time(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it must be longer than nothing".into()),
        Ok(time) => Ok(time),
        Err(error) => Err(error.to_string()),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one object, or one object a line.
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
pub(crate) enum Dialect {
    /// The service.
    Cloud,
    /// A self-hosted server.
    Studio,
}
