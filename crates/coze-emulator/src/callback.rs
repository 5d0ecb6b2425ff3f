//! The POST that tells the end of a run.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use axum::body::Body;
use http::{Request, Uri, header};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;

use crate::{render, runs::Run};

/// All of one delivery.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Where a POST goes: on this machine, so that nobody can have the emulator call another one.
///
/// No name is looked up, so none can lead elsewhere the second time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    address: SocketAddr,
    authority: String,
    path: String,
}

impl Target {
    /// The error tells why a POST to the URL is refused.
    pub(crate) fn new(url: &str, is_allowed: bool) -> Result<Self, String> {
        if !is_allowed {
            return Err(
                "the emulator posts no callbacks unless it is told to post to this machine".into(),
            );
        }
        let refused = || {
            "'callback_url' must be an http URL of this machine without user info: the emulator posts to no other".to_owned()
        };
        let uri: Uri = url.parse().map_err(|_| refused())?;
        let authority = uri.authority().ok_or_else(refused)?;
        if uri.scheme_str() != Some("http") || authority.as_str().contains('@') || url.contains('#')
        {
            return Err(refused());
        }
        let ip = match authority.host().trim_matches(['[', ']']) {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            host => host.parse().map_err(|_| refused())?,
        };
        if !ip.to_canonical().is_loopback() {
            return Err(refused());
        }
        Ok(Self {
            address: SocketAddr::new(ip, authority.port_u16().unwrap_or(80)),
            authority: authority.to_string(),
            path: uri
                .path_and_query()
                .map_or("/", |path| path.as_str())
                .to_owned(),
        })
    }
}

/// Posts the record of a run once. Nobody is told when that fails: the history has it as well.
pub(crate) async fn deliver(target: &Target, run: &Run) {
    let record = Value::Object(render::run_record(run)).to_string();
    let request = Request::post(target.path.as_str())
        .header(header::HOST, target.authority.as_str())
        .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
        .header(header::CONTENT_LENGTH, record.len())
        .header(header::CONNECTION, "close");
    if let Ok(request) = request.body(Body::from(record)) {
        let _ = tokio::time::timeout(TIMEOUT, post(target.address, request)).await;
    }
}

/// Sends a request. The head of the response is waited for, and its body is not read; a redirect is not followed.
async fn post(
    address: SocketAddr,
    request: Request<Body>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let stream = TcpStream::connect(address).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let drive = tokio::spawn(connection);
    let response = sender.send_request(request).await;
    drive.abort();
    response?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_goes_to_this_machine_or_nowhere() {
        for (url, address) in [
            ("http://127.0.0.1:81/done?key=a", "127.0.0.1:81"),
            ("http://localhost/done", "127.0.0.1:80"),
            ("http://[::1]:82/", "[::1]:82"),
            ("http://[::ffff:127.0.0.1]:83/", "[::ffff:127.0.0.1]:83"),
        ] {
            let target = Target::new(url, true).unwrap();
            assert_eq!(target.address, address.parse().unwrap(), "{url}");
            assert!(Target::new(url, false).is_err());
        }
        for url in [
            "https://127.0.0.1/",
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://192.168.1.1/",
            "http://0.0.0.0/",
            "http://[::ffff:10.0.0.1]/",
            "http://[fe80::1]/",
            "http://localhost.example/",
            "http://example.com/",
            "http://127.0.0.1@10.0.0.1/",
            "http://a:b@127.0.0.1/",
            "http://2130706433/",
            "http://0x7f.1/",
            "ftp://127.0.0.1/",
            "//127.0.0.1/",
            "/done",
            "",
            "http://127.0.0.1/#a",
        ] {
            assert!(Target::new(url, true).is_err(), "{url}");
        }
    }
}
