//! `coze login`

use std::{fmt::Write as _, path::PathBuf};

use coze_auth::{
    BASE_VARIABLE, DeviceFlow, JwtApp, KeyringEntry, OauthApp, Profile, ProfileFile, SessionFile,
    SettingsError, text_from_env,
};
use coze_workflow::{Client, ClientBuilder, ErrorKind};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::{args::Login, connect, failure::Failure, output, session::Session, settings};

/// The page that a browser is left with.
const PAGE: &str =
    "<!doctype html><meta charset=utf-8><title>coze</title><p>You may close this page.</p>";

pub(crate) async fn execute(session: &Session, args: &Login) -> Result<(), Failure> {
    let file = profiles()?;
    let name = session.profile.as_deref().unwrap_or("default");
    let base_url = match settings::option(session) {
        Some(found) => Some(found.value),
        None => text_from_env(BASE_VARIABLE).map_err(|error| settings::refused(&error))?,
    };
    let builder = match &base_url {
        Some(url) => connect::builder(session).base_url(url.as_str()),
        None => connect::builder(session),
    };
    let mut profile = Profile::default();
    profile.base_url = base_url;
    if let Some(path) = &args.jwt {
        let app = JwtApp::from_file(path).map_err(|error| settings::refused(&error))?;
        let client = builder.jwt(app).build()?;
        // Whether the app gets tokens shows with the first call; what else it may do is another matter.
        let call = client.workspaces().page().await;
        if let Err(error) = call
            && error.kind() != ErrorKind::Api
        {
            return Err(error.into());
        }
        let path = std::path::absolute(path).map_err(|error| settings::refused(&error))?;
        profile.app_file = Some(path);
    } else {
        let app = match &args.app {
            Some(path) => OauthApp::from_file(path).map_err(|error| settings::refused(&error))?,
            None => OauthApp::new(args.client_id.as_deref().unwrap_or_default()),
        };
        if args.keyring {
            let entry = session_entry(name);
            profile.session_keyring = Some(entry.clone());
            // Before anybody is asked: a keychain may be missing, or stay locked.
            let read = tokio::task::spawn_blocking(move || entry.read().map(|_| ())).await;
            if let Ok(Err(error)) = read {
                return Err(settings::refused(&error));
            }
        } else {
            profile.session_file = Some(session_file(name));
        }
        if let Some(kept) = file.session(&profile) {
            sign_in(builder, app, kept, args).await?;
        }
    }
    let former = file.profile(name);
    let former = former.map_err(|error| settings::refused(&error))?;
    file.set(name, profile.clone())
        .map_err(|error| settings::refused(&error))?;
    forget(&file, name, former, &profile).await;
    output::note(&format!(
        "signed in: profile {name} in {}",
        file.path().display()
    ));
    Ok(())
}

/// Removes the session that the profile had in another place, if it was put there by this command.
async fn forget(file: &ProfileFile, name: &str, former: Option<Profile>, profile: &Profile) {
    let Some(former) = former else { return };
    let is_other = (&former.session_file, &former.session_keyring)
        != (&profile.session_file, &profile.session_keyring);
    let is_ours = former.session_file == Some(session_file(name))
        || former.session_keyring == Some(session_entry(name));
    let Some(session) = file.session(&former).filter(|_| is_other && is_ours) else {
        return;
    };
    if let Err(error) = session.remove().await {
        output::note(&format!("the former session is not removed: {error}"));
    }
}

/// Where the session of a profile is kept, relative to the file of profiles.
fn session_file(profile: &str) -> PathBuf {
    PathBuf::from("sessions").join(file_name(profile))
}

/// The same in the keychain.
fn session_entry(profile: &str) -> KeyringEntry {
    KeyringEntry::new("coze", profile)
}

async fn sign_in(
    builder: ClientBuilder,
    app: OauthApp,
    file: SessionFile,
    args: &Login,
) -> Result<Client, Failure> {
    if args.web {
        let listener = TcpListener::bind(("127.0.0.1", args.port)).await;
        let listener = listener.map_err(|error| settings::refused(&error))?;
        let port = listener
            .local_addr()
            .map_or(args.port, |address| address.port());
        let consent = builder.consent(app, format!("http://127.0.0.1:{port}/callback"))?;
        output::note(&format!("open {}", consent.url()));
        let redirected = redirected(&listener, consent.state()).await;
        let redirected = redirected.map_err(|error| settings::refused(&error))?;
        return Ok(consent.finish(&redirected, file).await?);
    }
    let show = |device: &DeviceFlow| {
        let (page, code) = (device.verification_uri(), device.user_code());
        output::note(&format!("open {page} and type {code}"));
    };
    Ok(builder.device_anew(app, file, show).await?)
}

/// Waits for the browser to come back. What else a browser asks for, such as an icon, is not found here.
async fn redirected(listener: &TcpListener, state: &str) -> std::io::Result<String> {
    loop {
        let (mut stream, _) = listener.accept().await?;
        // One that breaks off is not the one.
        if let Ok(target) = target(&mut stream).await {
            let is_it = target.starts_with("/callback?") && target.contains(state);
            let (status, page) = if is_it {
                ("200 OK", PAGE)
            } else {
                ("404 Not Found", "")
            };
            let length = page.len();
            let response = format!(
                "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{page}"
            );
            // A browser that went away has done its part.
            let _ = stream.write_all(response.as_bytes()).await;
            let _ = stream.shutdown().await;
            if is_it {
                return Ok(target);
            }
        }
    }
}

/// What a browser asks for, in at most 16 KiB.
async fn target(stream: &mut TcpStream) -> std::io::Result<String> {
    use tokio::io::AsyncReadExt as _;
    let mut lines = BufReader::new(stream.take(16 * 1024)).lines();
    let first = lines.next_line().await?.unwrap_or_default();
    while lines
        .next_line()
        .await?
        .is_some_and(|line| !line.is_empty())
    {}
    let mut words = first.split(' ');
    let (Some("GET"), Some(target)) = (words.next(), words.next()) else {
        return Ok(String::new());
    };
    Ok(target.to_owned())
}

/// The file of profiles of this user.
pub(crate) fn profiles() -> Result<ProfileFile, Failure> {
    let file = ProfileFile::of_user();
    file.ok_or_else(|| settings::refused(&SettingsError::NoFolder))
}

/// A file name for a profile, whatever its name.
fn file_name(profile: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    let mut name = String::new();
    for c in profile.chars() {
        if plain(c) {
            name.push(c);
        } else {
            let _ = write!(name, "%{:x}", u32::from(c));
        }
    }
    name + ".json"
}
