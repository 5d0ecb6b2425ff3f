//! No second run, over a real socket: the client against an emulator that breaks three calls in ten and
//! counts how often a run really started.
//!
//! `COZE_SOAK=100000 cargo test -p coze-workflow --release --test soak` runs it for long.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use coze_emulator::{Emulator, Fault, RunningEmulator};
use coze_transport::{Authorization, Authorize, Credentials, Generation, Secret};
use coze_workflow::{BoxError, Client, ClientBuilder, Outcome, RetryPolicy};

/// Faults before the run starts, after it has started, and in its response.
const FAULTS: [&str; 26] = [
    "close",
    "lose",
    "status=429",
    "status=500",
    "status=503",
    "code=4009",
    "code=5000",
    "replace=502",
    "cut=20",
    "reset=20",
    "gzip",
    "content-type=text/html",
    // Refusals, each with a code or status that would be sent again.
    "status=401",
    "code=4100",
    "status=503 retry-after=0",
    // The run was started, and the response says besides that it was refused.
    "recode=4100",
    "recode=700012006",
    "recode=4009",
    "recode=4020",
    "replace=429 recode=4009",
    "replace=401 recode=4100",
    "replace=503 retry-after=1 recode=5000",
    "replace=500 recode=4009",
    // The run was started, and a gateway says something else.
    "replace=302",
    "replace=403",
    "replace=404",
];

/// A credential that gives a new token whenever the last one was refused.
#[derive(Debug, Default)]
struct Renewing(AtomicU64);

impl Credentials for Renewing {
    fn authorize(&self) -> Authorize {
        let number = self.0.load(Ordering::SeqCst);
        let token = Secret::from(format!("pat_{number}"));
        Authorize::Ready(Authorization::bearer(&token, Generation(number)).map_err(BoxError::from))
    }

    fn rejected(&self, generation: Generation) -> bool {
        self.0.fetch_max(generation.0 + 1, Ordering::SeqCst);
        true
    }
}

/// A server with faults, and how many runs are submitted to it.
async fn server() -> (RunningEmulator, usize) {
    let submits = std::env::var("COZE_SOAK").map_or(10_000, |text| text.parse().unwrap());
    let faults: Vec<Fault> = FAULTS.iter().map(|fault| fault.parse().unwrap()).collect();
    let server = Emulator::builder()
        .random_faults(7, 0.3, faults)
        .keep_runs(10)
        .start();
    (server.await.unwrap(), submits)
}

fn client() -> ClientBuilder {
    let mut policy = RetryPolicy::default();
    policy.base_connect = Duration::from_micros(1);
    policy.base_failure = Duration::from_micros(1);
    Client::builder()
        .credentials(Renewing::default())
        .retry(policy)
}

#[tokio::test]
async fn no_submit_starts_a_second_run() {
    let (server, submits) = server().await;
    let coze = client().base_url(server.base_url()).build().unwrap();
    soak(&coze, server.emulator(), submits).await;
}

/// The same through HTTP/2: TLS is taken off in front of the server.
#[cfg(feature = "http2")]
#[tokio::test]
async fn no_submit_over_http2_starts_a_second_run() {
    use coze_transport::{HttpStack, hyper::HyperTransport};
    use tokio::net::{TcpListener, TcpStream};

    let (server, submits) = server().await;
    let target = server.base_url().trim_start_matches("http://").to_owned();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = certified.signing_key.serialize_der().try_into().unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = tokio_rustls::TlsAcceptor::from(std::sync::Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, target) = (acceptor.clone(), target.clone());
            tokio::spawn(async move {
                let Ok(mut outer) = acceptor.accept(socket).await else {
                    return;
                };
                let mut inner = TcpStream::connect(target).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    let leaf = HyperTransport::builder()
        .no_proxy()
        .add_root_pem(certified.cert.pem())
        .build()
        .unwrap();
    let base_url = format!("https://localhost:{port}");
    let coze = client()
        .base_url(base_url)
        .transport(HttpStack::new(leaf))
        .build()
        .unwrap();
    soak(&coze, server.emulator(), submits / 5).await;
    assert!(server.emulator().runs_started_in_all() > 0);
}

async fn soak(coze: &Client, emulator: &Emulator, submits: usize) {
    let (mut done, mut refused, mut unknown, mut attempts) = (0, 0, 0, 0);
    let nowhere = client().base_url("http://127.0.0.1:1").build().unwrap();
    for submit in 0..submits {
        if submit % 100 == 0 {
            // Nothing leaves the process.
            let error = nowhere.workflow("greeting").run().await.unwrap_err();
            assert!(!error.may_have_run(), "{error:?}");
        }
        let before = emulator.runs_started_in_all();
        let result = coze
            .workflow("greeting")
            .parameter("name", "Ada")
            .run()
            .await;
        let started = emulator.runs_started_in_all() - before;
        assert!(
            started <= 1,
            "submit {submit} started {started} runs: {result:?}"
        );
        match result {
            Ok(run) => {
                done += 1;
                attempts += run.attempts().len();
                assert_eq!(started, 1, "submit {submit} has an output of no run");
            }
            Err(error) => {
                attempts += error.attempts().len();
                match error.outcome() {
                    Outcome::NotAccepted => {
                        refused += 1;
                        assert_eq!(started, 0, "submit {submit} ran: {error:?}");
                    }
                    _ => unknown += 1,
                }
                assert!(error.may_have_run() || started == 0, "{error:?}");
            }
        }
    }
    println!(
        "{submits} submits in {attempts} attempts: {done} done, {refused} not accepted, {unknown} unknown"
    );
    // The faults were there, and what could be repeated was.
    assert!(unknown > submits / 20 && attempts > submits + submits / 20);
    assert!(done > submits * 7 / 10);
}
