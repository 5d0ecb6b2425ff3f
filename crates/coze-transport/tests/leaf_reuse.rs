//! Connections: kept, noticed when closed, never shared by mistake.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{Outcome, ReplaySafety, hyper::HyperTransport};
use http_body_util::BodyExt;
use peer::{
    call, chain, pause, post, read, send,
    server::Peer,
    steps::{Gate, Step, ok, text},
};

#[tokio::test]
async fn a_request_is_written_in_origin_form_with_its_host() {
    let server = Peer::responding(ok("{}"));
    let leaf = HyperTransport::new();
    let url = format!("http://{}/v1/workflows?page=1", server.address);
    assert_eq!(call(&leaf, &url).await.unwrap(), Bytes::from("{}"));
    let request = server.request(0);
    assert!(
        request.starts_with("POST /v1/workflows?page=1 HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request.contains(&format!("host: {}\r\n", server.address)),
        "{request}"
    );
    assert!(
        request.ends_with("\r\n\r\n{\"workflow_id\":\"7\"}"),
        "{request}"
    );
}

#[tokio::test]
async fn one_connection_serves_calls_that_follow_each_other() {
    let server = Peer::responding(ok("{}"));
    let leaf = HyperTransport::new();
    for _ in 0..20 {
        call(&leaf, &server.url).await.unwrap();
    }
    assert_eq!((server.connections(), server.requests()), (1, 20));
}

/// Once for each thing that arrives: what the task itself does to the connection does not wake it.
#[tokio::test]
async fn a_call_over_a_connection_that_is_there_polls_its_task_when_something_arrives() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunks = [text(head), text("1\r\n{\r\n"), text("1\r\n}\r\n0\r\n\r\n")];
    for parts in [vec![ok("{}")], chunks.to_vec()] {
        let gates: Vec<_> = parts.iter().map(|_| Gate::new()).collect();
        let mut steps = vec![Step::Read, ok("{}"), Step::Read];
        for (gate, part) in gates.iter().zip(parts) {
            steps.extend([Step::Wait(gate.clone()), part]);
        }
        let server = Peer::follow(vec![[steps, vec![Step::AwaitClose]].concat()]);
        let leaf = HyperTransport::new();
        call(&leaf, &server.url).await.unwrap();

        let polls = Arc::new(AtomicUsize::new(0));
        let (counted, url) = (Arc::clone(&polls), server.url.clone());
        let task = tokio::spawn(async move {
            let mut call = pin!(async {
                assert_eq!(call(&leaf, &url).await.unwrap(), "{}");
                std::future::pending::<()>().await;
            });
            poll_fn(|cx| {
                counted.fetch_add(1, Ordering::Relaxed);
                call.as_mut().poll(cx)
            })
            .await;
        });
        let arrived = gates.iter().map(Some).chain([None]);
        for (arrived, next) in arrived.enumerate() {
            while server.requests() < 2 || polls.load(Ordering::Relaxed) <= arrived {
                pause(1).await;
            }
            pause(10).await;
            assert_eq!(polls.load(Ordering::Relaxed), 1 + arrived);
            next.map(Gate::open);
        }
        assert!(!task.is_finished());
    }
}

#[tokio::test]
async fn a_chunked_body_gives_its_connection_back_at_its_end() {
    let gate = Gate::new();
    let server = Peer::follow(vec![vec![
        Step::Read,
        text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"),
        Step::Wait(gate.clone()),
        text("3\r\ntwo\r\n0\r\n\r\n"),
        Step::Again,
    ]]);
    let leaf = HyperTransport::new();
    let mut body = send(&leaf, post(&server.url)).await.unwrap().into_body();
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, "one");
    gate.open();
    let second = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(second, "two");
    assert!(body.frame().await.is_none());
    assert_eq!(call(&leaf, &server.url).await.unwrap(), "onetwo");
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_dropped_body_closes_its_connection_at_once() {
    let server = Peer::follow(vec![
        vec![
            Step::Read,
            text("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n"),
            Step::AwaitClose,
        ],
        vec![Step::Read, ok("{}"), Step::Again],
    ]);
    let leaf = HyperTransport::new();
    let mut body = send(&leaf, post(&server.url)).await.unwrap().into_body();
    body.frame().await.unwrap().unwrap();
    drop(body);
    assert!(server.sees_closed(1, Duration::from_millis(100)));
    call(&leaf, &server.url).await.unwrap();
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn a_dropped_call_closes_its_connection_at_once() {
    let server = Peer::follow(vec![vec![Step::Read, Step::AwaitClose]]);
    let leaf = HyperTransport::new();
    let waited = tokio::time::timeout(Duration::from_millis(50), call(&leaf, &server.url)).await;
    assert!(waited.is_err());
    assert!(server.sees_closed(1, Duration::from_millis(100)));
}

/// Fault 25.
#[tokio::test]
async fn a_connection_that_was_closed_while_idle_is_replaced_and_the_server_counts_one() {
    for end in [Step::Fin, Step::Rst] {
        for idle in [0, 100] {
            let server = Peer::follow(vec![
                vec![Step::Read, ok("{}"), end.clone()],
                vec![Step::Read, ok("{}"), Step::Again],
            ]);
            let leaf = HyperTransport::new();
            call(&leaf, &server.url).await.unwrap();
            // Blocks, so that the runtime cannot hear of the end before it is asked.
            std::thread::sleep(Duration::from_millis(idle.max(5)));
            if idle > 0 {
                tokio::time::timeout(Duration::from_millis(20), std::future::pending::<()>())
                    .await
                    .ok();
            }
            call(&leaf, &server.url).await.unwrap();
            assert_eq!((server.connections(), server.requests()), (2, 2), "{idle}");
        }
    }
}

/// The bytes lie in the socket, and the runtime has not heard of them: the clock stands still, so no time has passed
/// since the last response.
#[tokio::test]
async fn bytes_that_nobody_asked_for_are_never_the_next_response() {
    for replay in [
        ReplaySafety::Never,
        ReplaySafety::IfNotSent,
        ReplaySafety::Always,
    ] {
        let (read_it, sent) = (Gate::new(), Gate::new());
        let other = ok(r#"{"of":"another"}"#);
        let own = ok(r#"{"of":"us"}"#);
        let first = [Step::Read, own.clone(), Step::Read, own.clone()];
        let stray = [
            Step::Wait(read_it.clone()),
            other,
            Step::Open(sent.clone()),
            Step::AwaitClose,
        ];
        let server = Peer::follow(vec![
            first.into_iter().chain(stray).collect(),
            vec![Step::Read, own, Step::Again],
        ]);
        let leaf = HyperTransport::new();
        call(&leaf, &server.url).await.unwrap();
        tokio::time::pause();
        call(&leaf, &server.url).await.unwrap();
        read_it.open();
        sent.wait();
        let mut request = post(&server.url);
        request.extensions_mut().insert(replay);
        let response = send(&leaf, request).await.unwrap();
        assert_eq!(
            read(response).await.unwrap(),
            r#"{"of":"us"}"#,
            "{replay:?}"
        );
        assert_eq!((server.connections(), server.requests()), (2, 3));
        tokio::time::resume();
    }
}

/// So many calls that are all under way before the first response.
async fn burst(leaf: &HyperTransport, server: &Peer, calls: usize, gate: &Gate) {
    let due = server.requests() + calls;
    let calls: Vec<_> = (0..calls)
        .map(|_| {
            let (leaf, url) = (leaf.clone(), server.url.clone());
            tokio::spawn(async move { call(&leaf, &url).await })
        })
        .collect();
    for _ in 0..5_000 {
        if server.requests() == due {
            break;
        }
        pause(1).await;
    }
    gate.open();
    for call in calls {
        call.await.unwrap().map_err(|error| chain(&error)).unwrap();
    }
}

/// Fault 27.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_closes_after_each_response_without_saying_so_causes_no_errors() {
    // A connection that was given back within a round would meet its end at any time.
    let gates: Vec<_> = (0..5).map(|_| Gate::new()).collect();
    let rounds = gates
        .iter()
        .map(|gate| vec![Step::Read, Step::Wait(gate.clone()), ok("{}")]);
    let server = Peer::follow(rounds.flat_map(|steps| vec![steps; 20]).collect());
    let leaf = HyperTransport::new();
    for (round, gate) in gates.iter().enumerate() {
        burst(&leaf, &server, 20, gate).await;
        // All are closed by the server, and none is known to be, before the next round.
        while server.ended() < 20 * (round + 1) {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    assert_eq!((server.connections(), server.requests()), (100, 100));
}

/// A server that responds to the first request of each connection at the first gate, and to the second at the second.
fn gated(gates: &[Gate; 2]) -> Peer {
    let steps = gates
        .iter()
        .flat_map(|gate| [Step::Read, Step::Wait(gate.clone()), ok("{}")]);
    Peer::follow(vec![steps.chain([Step::AwaitClose]).collect()])
}

#[tokio::test]
async fn a_second_burst_of_calls_opens_no_connection() {
    let gates = [Gate::new(), Gate::new()];
    let server = gated(&gates);
    let leaf = HyperTransport::new();
    for gate in &gates {
        burst(&leaf, &server, 64, gate).await;
    }
    assert_eq!((server.connections(), server.requests()), (64, 128));
}

#[tokio::test]
async fn idle_connections_have_a_limit_in_number_and_time() {
    let gates = [Gate::new(), Gate::new()];
    let server = gated(&gates);
    let leaf = HyperTransport::builder()
        .pool_max_idle_per_origin(2)
        .pool_idle_timeout(Duration::from_millis(50))
        .build()
        .unwrap();
    burst(&leaf, &server, 4, &gates[0]).await;
    assert!(server.sees_closed(2, Duration::from_secs(5)));
    let closed = server.seen().closed.load(Ordering::SeqCst);
    assert_eq!((server.connections(), closed), (4, 2));
    std::thread::sleep(Duration::from_millis(60));
    call(&leaf, &server.url).await.unwrap();
    assert_eq!(server.connections(), 5);
    leaf.close_idle();
    assert!(server.sees_closed(5, Duration::from_secs(5)));
}

#[test]
fn a_leaf_outlives_the_runtime_that_made_its_connections() {
    let server = Peer::responding(ok("{}"));
    let leaf = HyperTransport::new();
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(call(&leaf, &server.url)).unwrap();
        std::mem::forget(runtime);
    }
    assert_eq!(server.connections(), 2);
}

#[test]
fn without_a_runtime_the_error_says_so() {
    let leaf = HyperTransport::new();
    let waker = std::task::Waker::noop();
    let mut call = std::pin::pin!(send(&leaf, post("http://127.0.0.1:1/")));
    let std::task::Poll::Ready(Err(error)) =
        std::future::Future::poll(call.as_mut(), &mut std::task::Context::from_waker(waker))
    else {
        panic!("an error at once");
    };
    assert!(error.to_string().contains("tokio runtime"), "{error}");
    assert_eq!(error.outcome(), Outcome::NotAccepted);
}

#[tokio::test]
async fn plain_http_leaves_this_machine_only_when_allowed() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = asked.clone();
    let leaf = HyperTransport::builder()
        .resolver(move |_| {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            async { Ok(vec!["192.0.2.1".parse().unwrap()]) }
        })
        .build()
        .unwrap();
    let error = call(&leaf, "http://api.coze.cn/v1").await.unwrap_err();
    assert!(error.is_permanent());
    assert_eq!(
        asked.load(std::sync::atomic::Ordering::SeqCst),
        0,
        "refused before DNS"
    );
    let error = call(&leaf, "http://studio/v1").await.unwrap_err();
    assert!(error.to_string().contains("allow_plaintext"), "{error}");
    assert_eq!(asked.load(std::sync::atomic::Ordering::SeqCst), 1);

    let server = Peer::responding(ok("{}"));
    let leaf = HyperTransport::builder()
        .resolver(|_| async { Ok(vec!["127.0.0.1".parse().unwrap()]) })
        .allow_plaintext(true)
        .build()
        .unwrap();
    let url = format!("http://studio.example:{}/v1", server.address.port());
    call(&leaf, &url).await.unwrap();
    let response = send(&leaf, post(&url)).await.unwrap();
    assert_eq!(read(response).await.unwrap(), "{}");
}
