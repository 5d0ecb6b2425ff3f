//! Fault 112: no file descriptor is left. A child process with a low limit plays the client.
#![cfg(unix)]

mod peer;

use std::{fs::File, process::Command, time::Duration};

use coze_transport::{
    CallOptions, ErrorKind, Outcome, ReplaySafety, RetryPolicy, StackBuilder, hyper::HyperTransport,
};
use peer::{chain, post, server::Peer, steps::ok};

/// Names the server to the child.
const SERVER: &str = "COZE_TEST_SERVER";

#[test]
fn fault_112_without_descriptors_a_call_is_not_accepted_and_says_why() {
    let server = Peer::responding(ok("{}"));
    let child = Command::new("sh")
        .arg("-c")
        .arg("ulimit -n 40 && exec \"$0\" --exact client_with_few_descriptors --nocapture")
        .arg(std::env::current_exe().unwrap())
        .env(SERVER, server.url.clone())
        .output()
        .unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr)
    );
    assert!(child.status.success(), "{said}");
    assert!(said.contains("the client was here"), "{said}");
    // One before the limit was reached, one over the kept connection, one after, one that waited for it.
    assert_eq!(server.requests(), 4, "{said}");
    assert_eq!(server.connections(), 3);
}

/// Opens files until the limit is reached.
fn all_descriptors() -> Vec<File> {
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
        assert!(files.len() < 1000, "there is no limit");
    }
    files
}

#[tokio::test]
async fn client_with_few_descriptors() {
    let Ok(url) = std::env::var(SERVER) else {
        return;
    };
    let stack = |leaf: &HyperTransport, base: u64| {
        let mut policy = RetryPolicy::default();
        policy.base_connect = Duration::from_millis(base);
        StackBuilder::over(leaf.clone())
            .retry(policy.seed(2))
            .build()
    };
    let request = |replay| {
        let mut request = post(&url);
        let mut options = CallOptions::default();
        options.replay = Some(replay);
        options.max_attempts = Some(if replay == ReplaySafety::Always {
            20
        } else {
            3
        });
        request.extensions_mut().insert(options);
        request
    };
    let kept = HyperTransport::new();
    stack(&kept, 1)
        .send(request(ReplaySafety::IfNotSent))
        .await
        .unwrap();
    let files = all_descriptors();
    // A connection that is open needs none.
    stack(&kept, 1)
        .send(request(ReplaySafety::IfNotSent))
        .await
        .unwrap();
    let leaf = HyperTransport::new();
    let error = stack(&leaf, 1)
        .send(request(ReplaySafety::IfNotSent))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::NotAccepted)
    );
    assert!(
        error.to_string().contains("file descriptor"),
        "{}",
        chain(&error)
    );
    assert!(chain(&error).contains("os error 24"), "{}", chain(&error));
    assert_eq!(error.attempts().len(), 3, "it backs off and tries again");
    drop(files);
    stack(&leaf, 1)
        .send(request(ReplaySafety::IfNotSent))
        .await
        .unwrap();

    let files = all_descriptors();
    let waiting = HyperTransport::new();
    let freed = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(60));
        drop(files);
    });
    let response = stack(&waiting, 30)
        .send(request(ReplaySafety::Always))
        .await
        .unwrap();
    let attempts = response
        .extensions()
        .get::<coze_transport::Attempts>()
        .unwrap();
    assert!(attempts.len() > 1, "{attempts:?}");
    freed.join().unwrap();
    println!("the client was here");
}
