//! Signing in and out.

use std::path::PathBuf;

use clap::{Args, Subcommand, builder::NonEmptyStringValueParser};

#[derive(Debug, Args)]
#[command(after_help = "\
The session or the app is kept as the profile that --profile names, or as `default`. The first profile becomes the default one, which
is used where none is named. Tokens are kept in a file that only you can read, or with --keyring in the keychain of the system, and are
never printed.

Examples:
  coze login --client-id 8173.app.coze --region cn          shows a code to type in on any device
  coze login --client-id 8173.app.coze --web                signs in with a browser on this machine
  coze login --client-id 8173.app.coze --keyring            keeps the tokens in the keychain of the system
  coze login --jwt coze_oauth_config.json --profile work    a service app, which needs no user")]
pub(crate) struct Login {
    /// Client id of the OAuth app that is to act for you.
    #[arg(
        long,
        value_name = "ID",
        value_parser = NonEmptyStringValueParser::new(),
        required_unless_present_any = ["app", "jwt"],
        conflicts_with_all = ["app", "jwt"]
    )]
    pub(crate) client_id: Option<String>,

    /// File of the OAuth app, `coze_oauth_config.json`, with its secret if it has one.
    #[arg(long, value_name = "FILE", conflicts_with = "jwt")]
    pub(crate) app: Option<PathBuf>,

    /// File of a service app, `coze_oauth_config.json`, with its private key.
    #[arg(long, value_name = "FILE", conflicts_with = "web")]
    pub(crate) jwt: Option<PathBuf>,

    /// Keep the session in the keychain of the system in place of a file.
    #[arg(long, conflicts_with = "jwt")]
    pub(crate) keyring: bool,

    /// Sign in with a browser on this machine, which is redirected to http://127.0.0.1:PORT/callback.
    #[arg(long)]
    pub(crate) web: bool,

    /// Port that the browser is redirected to, as registered with the app.
    #[arg(long, value_name = "PORT", default_value_t = 8484, requires = "web")]
    pub(crate) port: u16,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Removes the profile that --profile names, or the default one, and its tokens from this machine. The service is not told: withdraw the
access of the app in its settings.

Examples:
  coze logout
  coze logout --profile work")]
pub(crate) struct Logout {}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  coze auth status
  coze auth status --profile work --output json")]
pub(crate) struct Auth {
    #[command(subcommand)]
    pub(crate) action: AuthAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AuthAction {
    /// Show where the token comes from and how long it lasts, and list the profiles; nothing is sent.
    Status,
}
