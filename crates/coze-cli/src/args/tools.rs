//! Commands beside the API.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, builder::NonEmptyStringValueParser};
use clap_complete::Shell;
use http::Uri;

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze emulator --listen 127.0.0.1:8888 --workflows ./workflows
  coze emulator --config emulator.yaml --state emulator.state -v
  COZE_API_BASE=http://127.0.0.1:8888 COZE_API_TOKEN=any coze run greeting -p name=Ada")]
pub(crate) struct Emulator {
    /// File with settings in YAML; options override it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// Address to listen on; port 0 picks a free one [default: 127.0.0.1:0].
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub(crate) listen: Option<SocketAddr>,

    /// Token to accept; may be repeated. Without any, every token is accepted, unless other machines can reach the address:
    /// then one is generated and printed.
    #[arg(
        long = "accept-token",
        value_name = "TOKEN",
        value_parser = NonEmptyStringValueParser::new()
    )]
    pub(crate) tokens: Vec<String>,

    /// Origin of web pages that may call the API; may be repeated. Without any, all may, unless other machines can reach the
    /// address.
    #[arg(long = "allow-origin", value_name = "ORIGIN", value_parser = origin)]
    pub(crate) origins: Vec<String>,

    /// File with one fault a line, e.g. `on=/v1/workflow/run times=2 status=429 retry-after=1`.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,

    /// File of an OAuth app that may sign in, `coze_oauth_config.json`; may be repeated. Without any, every client id may.
    #[arg(long = "app", value_name = "FILE")]
    pub(crate) apps: Vec<PathBuf>,

    /// Post the end of runs to callback URLs of this machine, with `--dialect runs`; otherwise such URLs are refused.
    #[arg(long)]
    pub(crate) loopback_callbacks: bool,

    /// Folder for uploaded files, which are otherwise kept in memory.
    #[arg(long, value_name = "DIR")]
    pub(crate) files: Option<PathBuf>,

    /// File that keeps runs, conversations and tokens for the next start.
    #[arg(long, value_name = "FILE")]
    pub(crate) state: Option<PathBuf>,

    /// How fast time passes for runs, tokens and limits, e.g. 60x.
    #[arg(long, value_name = "SPEED", value_parser = speed)]
    pub(crate) clock: Option<f64>,

    /// Pass calls on to this server instead of emulating one, and write what passes to files, tokens and secrets masked.
    #[arg(long, value_name = "URL", conflicts_with = "replay")]
    pub(crate) record_from: Option<String>,

    /// Folder for the files of --record-from.
    #[arg(
        long,
        value_name = "DIR",
        default_value = "cassettes",
        requires = "record_from"
    )]
    pub(crate) record_to: PathBuf,

    /// Respond with what was recorded in this folder; streams at the pace of --clock.
    #[arg(long, value_name = "DIR")]
    pub(crate) replay: Option<PathBuf>,

    /// Print drafts of definitions for the workflows that were run in a recording, and end.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["replay", "record_from"])]
    pub(crate) draft: Option<PathBuf>,

    /// Make ids reproducible: the same calls in the same order get the same ids.
    #[arg(long, value_name = "NUMBER")]
    pub(crate) seed: Option<u64>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let parsed = text.parse();
    parsed.map_err(|_| {
        "write an IP address and a port, such as 127.0.0.1:8888 or [::1]:8888".to_owned()
    })
}

/// What browsers send as `Origin`, or `*`.
fn origin(text: &str) -> Result<String, String> {
    let uri: Option<Uri> = text.parse().ok();
    let is_origin = uri.is_some_and(|uri| {
        uri.scheme().is_some() && uri.path() == "/" && uri.query().is_none() && !text.contains('#')
    });
    if is_origin || matches!(text, "*" | "null") {
        Ok(text.to_owned())
    } else {
        Err("write a scheme and a host, such as http://localhost:3000, or * for any".to_owned())
    }
}

/// `60x` or `60`.
fn speed(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix('x').unwrap_or(text);
    match number.parse() {
        Ok(speed) if (0.0..=1_000_000.0).contains(&speed) => Ok(speed),
        _ => Err("a speed is a number from 0 to 1000000 with an x, such as 60x".into()),
    }
}

#[derive(Debug, Args)]
#[command(after_help = "\
Only reads: no run is started and nothing is changed.

Examples:
  coze doctor
  coze doctor --workflow 7366000000000000001 --region cn")]
pub(crate) struct Doctor {
    /// A workflow that the token should have access to.
    #[arg(long, value_name = "ID")]
    pub(crate) workflow: Option<String>,

    /// A workspace that the token should have access to.
    #[arg(long, value_name = "ID")]
    pub(crate) workspace: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze completions bash > ~/.local/share/bash-completion/completions/coze
  coze completions zsh > \"${fpath[1]}/_coze\"
  coze completions fish > ~/.config/fish/completions/coze.fish")]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze man | man -l -
  coze man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// Folder for one page a command; without it the main page is printed.
    #[arg(value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
}
