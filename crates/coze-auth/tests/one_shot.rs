//! Fault 107: the response that brings the next refresh token is lost.

use std::{
    error::Error,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use coze_auth::{FreshToken, RefreshError, Refreshing, RenewedToken, Secret};
use coze_transport::{
    Authorize, BoxError, Credentials, ErrorKind, HttpStack, Outcome, Request, RequestBody,
    TransportError, hyper::HyperTransport,
};
use http_body_util::BodyExt;
use tokio::time::{Instant, advance, sleep_until};

/// What becomes of one exchange.
#[derive(Clone, Copy, PartialEq)]
enum Play {
    /// `refresh-n` gives `access-n` and `refresh-(n+1)`.
    Pair,
    Lost(Outcome),
    /// A failure that tells nothing about the request.
    Odd,
    Hang,
    Panic,
}

#[derive(Clone)]
struct Endpoint {
    script: Arc<Mutex<Vec<Play>>>,
    /// The refresh tokens that were sent.
    sent: Arc<Mutex<Vec<String>>>,
    /// Those that were stored, and how many more stores fail.
    stored: Arc<Mutex<(Vec<String>, usize)>>,
}

impl Endpoint {
    /// The script, then pairs for ever.
    fn new(script: &[Play]) -> Self {
        Self {
            script: Arc::new(Mutex::new(script.iter().rev().copied().collect())),
            sent: Arc::default(),
            stored: Arc::default(),
        }
    }

    fn credentials(&self) -> Refreshing {
        let (this, that) = (self.clone(), self.clone());
        Refreshing::one_shot(
            "refresh-1",
            move |refresh: Secret| {
                let this = this.clone();
                async move { this.exchange(refresh.expose()).await }
            },
            move |pair: RenewedToken| {
                let mut stored = that.stored.lock().unwrap();
                let result = if stored.1 > 0 {
                    stored.1 -= 1;
                    Err("the disk is full".into())
                } else {
                    stored.0.push(pair.refresh().expose().to_owned());
                    Ok(())
                };
                async { result }
            },
        )
    }

    async fn exchange(&self, refresh: &str) -> Result<RenewedToken, BoxError> {
        self.sent.lock().unwrap().push(refresh.to_owned());
        let play = self.script.lock().unwrap().pop().unwrap_or(Play::Pair);
        match play {
            Play::Pair => {
                let n: u32 = refresh.strip_prefix("refresh-").unwrap().parse().unwrap();
                let access = FreshToken::lasting(format!("access-{n}"), Duration::from_secs(600));
                Ok(RenewedToken::new(access, format!("refresh-{}", n + 1)))
            }
            Play::Lost(outcome) => {
                Err(TransportError::new(ErrorKind::Closed, outcome, "it is gone").into())
            }
            Play::Odd => Err("it failed".into()),
            Play::Hang => std::future::pending().await,
            Play::Panic => panic!("a bug of the caller"),
        }
    }

    fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    fn stored(&self) -> Vec<String> {
        self.stored.lock().unwrap().0.clone()
    }
}

async fn token(credentials: &Refreshing) -> Result<String, RefreshError> {
    let result = match credentials.authorize() {
        Authorize::Ready(result) => result,
        Authorize::Pending(wait) => wait.await,
    };
    match result {
        Ok(authorization) => Ok(authorization.header().to_str().unwrap().to_owned()),
        Err(error) => Err(error.downcast_ref::<RefreshError>().unwrap().clone()),
    }
}

/// Past the pause after a failed fetch.
async fn later() {
    sleep_until(Instant::now() + Duration::from_secs(40)).await;
}

const NOT_ACCEPTED: Play = Play::Lost(Outcome::NotAccepted);
const UNKNOWN: Play = Play::Lost(Outcome::Unknown);
const REFUSED: Play = Play::Lost(Outcome::Accepted);

#[tokio::test(start_paused = true)]
async fn a_lost_response_is_followed_by_one_more_try_with_the_same_token() {
    for lost in [UNKNOWN, Play::Odd, Play::Hang] {
        let endpoint = Endpoint::new(&[lost]);
        let credentials = endpoint.credentials();
        assert_eq!(token(&credentials).await.unwrap(), "Bearer access-1");
        assert_eq!(endpoint.sent(), ["refresh-1", "refresh-1"]);
        assert_eq!(endpoint.stored(), ["refresh-2"]);
    }
}

#[tokio::test(start_paused = true)]
async fn after_that_the_user_has_to_authorize_again_and_nothing_more_is_sent() {
    for (script, tries) in [
        (&[UNKNOWN, UNKNOWN][..], 2),
        (&[UNKNOWN, Play::Odd], 2),
        (&[Play::Hang, Play::Hang], 2),
        (&[UNKNOWN, REFUSED], 2),
        (&[REFUSED], 1),
        // The second try did not reach the server, so it is still owed.
        (&[UNKNOWN, NOT_ACCEPTED, UNKNOWN], 3),
    ] {
        let endpoint = Endpoint::new(script);
        let credentials = endpoint.credentials();
        let error = token(&credentials).await.unwrap_err();
        assert!(error.is_reauth_required());
        assert!(error.to_string().contains("authorize again"), "{error}");
        assert!(error.source().is_some());
        for _ in 0..5 {
            later().await;
            assert!(token(&credentials).await.unwrap_err().is_reauth_required());
        }
        assert_eq!(endpoint.sent(), vec!["refresh-1"; tries]);
        assert!(endpoint.stored().is_empty());
        assert!(!format!("{error:?} {credentials:?}").contains("refresh-1"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_certainly_was_not_sent_costs_the_token_nothing() {
    let endpoint = Endpoint::new(&[NOT_ACCEPTED; 8]);
    let credentials = endpoint.credentials();
    for fetches in 1..=4 {
        let error = token(&credentials).await.unwrap_err();
        assert!(!error.is_reauth_required());
        assert_eq!(endpoint.sent().len(), 2 * fetches, "two tries each");
        later().await;
    }
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-1");
}

#[tokio::test(start_paused = true)]
async fn a_try_that_panics_counts_as_one_that_may_have_gone_through() {
    let endpoint = Endpoint::new(&[Play::Panic, UNKNOWN]);
    let credentials = endpoint.credentials();
    let error = token(&credentials).await.unwrap_err();
    assert!(!error.is_reauth_required());
    later().await;
    assert!(token(&credentials).await.unwrap_err().is_reauth_required());
    assert_eq!(endpoint.sent().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn each_token_is_used_once_and_the_present_one_serves_until_it_is_over() {
    let endpoint = Endpoint::new(&[Play::Pair, Play::Pair, REFUSED]);
    let credentials = endpoint.credentials();
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-1");
    advance(Duration::from_secs(490)).await;
    token(&credentials).await.unwrap();
    later().await;
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-2");
    assert_eq!(endpoint.sent(), ["refresh-1", "refresh-2"]);
    assert_eq!(endpoint.stored(), ["refresh-2", "refresh-3"]);
    // The next refresh is refused; what is in hand is good for a while.
    advance(Duration::from_secs(445)).await;
    token(&credentials).await.unwrap();
    sleep_until(Instant::now() + Duration::from_secs(3)).await;
    assert_eq!(endpoint.sent().len(), 3);
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-2");
    advance(Duration::from_secs(600)).await;
    assert!(token(&credentials).await.unwrap_err().is_reauth_required());
    assert_eq!(endpoint.sent().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_be_stored_is_not_used_and_not_fetched_again() {
    let endpoint = Endpoint::new(&[]);
    endpoint.stored.lock().unwrap().1 = 2;
    let credentials = endpoint.credentials();
    for _ in 0..2 {
        let error = token(&credentials).await.unwrap_err();
        assert!(error.to_string().contains("stored"), "{error}");
        assert!(!error.is_reauth_required());
        later().await;
    }
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-1");
    assert_eq!(endpoint.sent(), ["refresh-1"]);
    assert_eq!(endpoint.stored(), ["refresh-2"]);
}

/// A token endpoint on a socket whose first connections lose the response; what it was sent.
fn lossy(lost: usize, response: &'static str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&bodies);
    thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            // The body of these tests ends with a full stop.
            while !request.ends_with(b".") {
                let read = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..read]);
            }
            let text = String::from_utf8(request).unwrap();
            let body = text.split("\r\n\r\n").nth(1).unwrap();
            seen.lock().unwrap().push(body.to_owned());
            if n >= lost {
                stream.write_all(response.as_bytes()).unwrap();
            }
        }
    });
    (address, bodies)
}

fn over_a_socket(address: SocketAddr) -> Refreshing {
    let stack = HttpStack::new(HyperTransport::new());
    Refreshing::one_shot(
        "refresh-1",
        move |refresh: Secret| {
            let stack = stack.clone();
            async move {
                let body = format!("{}.", refresh.expose());
                let mut request = Request::new(RequestBody::from(body));
                *request.method_mut() = http::Method::POST;
                *request.uri_mut() = format!("http://{address}/token").parse()?;
                let response = stack.send(request).await?;
                if !response.status().is_success() {
                    let refused = format!("the token endpoint responded {}", response.status());
                    return Err(
                        TransportError::new(ErrorKind::Auth, Outcome::Accepted, refused).into(),
                    );
                }
                let text = response.into_body().collect().await?.to_bytes();
                let access = String::from_utf8(text.to_vec())?;
                let access = FreshToken::lasting(access, Duration::from_secs(600));
                Ok(RenewedToken::new(access, "refresh-2"))
            }
        },
        |_| async { Ok(()) },
    )
}

#[tokio::test]
async fn fault_107_a_response_lost_on_the_wire_is_asked_for_once_more() {
    let good = "HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\naccess-1";
    let bad = "HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n";
    // The server took the first, lost its response, and would take it again.
    let (address, bodies) = lossy(1, good);
    let credentials = over_a_socket(address);
    assert_eq!(token(&credentials).await.unwrap(), "Bearer access-1");
    assert_eq!(*bodies.lock().unwrap(), ["refresh-1.", "refresh-1."]);
    // It does not take a used token again; or its response is lost twice.
    for lost in [1, 2] {
        let (address, bodies) = lossy(lost, bad);
        let credentials = over_a_socket(address);
        for _ in 0..3 {
            assert!(token(&credentials).await.unwrap_err().is_reauth_required());
        }
        assert_eq!(*bodies.lock().unwrap(), ["refresh-1.", "refresh-1."]);
    }
}
