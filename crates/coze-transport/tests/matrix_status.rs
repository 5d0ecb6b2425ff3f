//! Responses that ask for another attempt, or that none may follow, over each transport.

mod peer;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use coze_transport::{
    Attempts, Authorization, Authorize, CallOptions, Credentials, Generation, LogId, Outcome,
    ReplaySafety, ResponseMode, Secret,
};
use peer::{
    row::{Row, builder, request, stack},
    script::{Act, ScriptedResponse, ok, respond},
    server::{Peer, Wire},
};

fn row(faults: &'static [u32], what: &'static str, response: ScriptedResponse) -> Row {
    Row::new(faults, what, vec![Act::Respond(response)])
}

#[tokio::test]
async fn faults_74_75_76_80_the_status_says_what_may_be_sent_again() {
    let wait = |status, value: &str| respond(status, "").header("retry-after", value);
    for (what, value) in [
        ("zero", "0"),
        ("negative", "-5"),
        ("an exponent", "1e9"),
        ("no number", "soon"),
        ("a past date", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ] {
        row(&[74], what, wait(429, value))
            .responds(429, 3, 4)
            .check()
            .await;
    }
    row(&[74], "too long", wait(429, "121"))
        .responds(429, 1, 1)
        .check()
        .await;
    row(&[75], "503 that says when", wait(503, "0"))
        .responds(503, 3, 4)
        .check()
        .await;
    for (faults, status, run, free) in [
        (&[74][..], 429, 3, 4),
        (&[75], 503, 1, 4),
        (&[76], 500, 1, 4),
        (&[76], 502, 1, 4),
        (&[76], 504, 1, 4),
        (&[80], 403, 1, 1),
        (&[80], 404, 1, 1),
    ] {
        let page = respond(status, "<html>busy</html>").header("content-type", "text/html");
        row(faults, "a page", page)
            .responds(status, run, free)
            .check()
            .await;
    }
    // And then it works.
    let script = vec![Act::Respond(respond(429, "")), Act::Respond(ok())];
    Row::new(&[74], "429, then 200", script)
        .responds(200, 2, 2)
        .check()
        .await;
}

#[tokio::test]
async fn fault_40_of_two_values_the_first_type_and_the_longest_wait_count() {
    const JSON: &str = "application/json";
    const EVENTS: &str = "text/event-stream";
    for wire in Wire::ALL {
        for (first, second) in [(JSON, EVENTS), (EVENTS, JSON)] {
            let script = respond(200, "{}")
                .header("content-type", first)
                .header("content-type", second);
            let peer = Peer::start(*wire, vec![Act::Respond(script)]);
            let request = request(&peer.url, ReplaySafety::Never, 1, |options| {
                options.mode = Some(ResponseMode::Streaming);
            });
            let got = stack(peer.leaf()).send(request).await.unwrap();
            // JSON is no stream, and read whole.
            assert_eq!(
                got.body().buffered().is_some(),
                first == JSON,
                "{wire:?} {first}"
            );
        }
        for (first, second) in [
            ("121", "300"),
            ("300", "121"),
            ("soon", "300"),
            ("300", "0"),
        ] {
            let script = respond(429, "")
                .header("retry-after", first)
                .header("retry-after", second);
            let peer = Peer::start(*wire, vec![Act::Respond(script)]);
            let request = request(&peer.url, ReplaySafety::Always, 1, |_| {});
            let got = stack(peer.leaf()).send(request).await.unwrap();
            let attempts = got.extensions().get::<Attempts>().unwrap();
            assert_eq!(
                attempts.retry_after(),
                Some(Duration::from_secs(300)),
                "{wire:?}"
            );
            assert_eq!(
                (attempts.outcome(), peer.requests()),
                (Outcome::NotAccepted, 1)
            );
        }
    }
}

#[tokio::test]
async fn fault_37_a_log_id_that_is_no_text_is_kept_as_well_as_it_can_be() {
    for wire in Wire::ALL {
        let odd = ok().header("x-tt-logid", b"\xe4\xbd\xa0\xff");
        let peer = Peer::start(*wire, vec![Act::Respond(odd)]);
        let request = request(&peer.url, ReplaySafety::Never, 1, |_| {});
        let got = stack(peer.leaf()).send(request).await.unwrap();
        assert_eq!(
            got.extensions().get::<LogId>().unwrap().as_str(),
            "你\u{fffd}"
        );
    }
}

#[tokio::test]
async fn fault_78_a_redirect_is_a_response_and_nobody_else_is_asked() {
    for wire in Wire::ALL {
        for status in [301, 302, 307, 308] {
            let other = Peer::start(*wire, vec![Act::Respond(ok())]);
            let there = respond(status, "").header("location", &other.url);
            let peer = Peer::start(*wire, vec![Act::Respond(there)]);
            let stack = builder(peer.leaf()).credentials(Tokens::default()).build();
            let request = request(&peer.url, ReplaySafety::Always, 1, |_| {});
            let got = stack.send(request).await.unwrap();
            assert_eq!(got.status(), status);
            assert_eq!((peer.requests(), other.connections()), (1, 0), "{wire:?}");
        }
    }
}

/// Tokens `t0`, `t1`, …: a refused one is followed by the next.
#[derive(Clone, Debug, Default)]
struct Tokens(Arc<AtomicU64>);

impl Credentials for Tokens {
    fn authorize(&self) -> Authorize {
        let n = self.0.load(SeqCst);
        let token = Secret::new(format!("t{n}"));
        Authorize::Ready(Authorization::bearer(&token, Generation(n)).map_err(Into::into))
    }

    fn rejected(&self, generation: Generation) -> bool {
        let next = generation.0 + 1;
        let _ = self.0.compare_exchange(generation.0, next, SeqCst, SeqCst);
        true
    }
}

#[tokio::test]
async fn fault_79_a_refused_token_is_replaced_once() {
    let refused = || Act::Respond(respond(401, ""));
    for wire in Wire::ALL {
        for (script, status, tokens) in [
            (vec![refused(), Act::Respond(ok())], 200, 2),
            (vec![refused()], 401, 2),
            (vec![Act::Respond(ok())], 200, 1),
        ] {
            for replay in [ReplaySafety::IfNotSent, ReplaySafety::Always] {
                let peer = Peer::start(*wire, script.clone());
                let stack = builder(peer.leaf()).credentials(Tokens::default()).build();
                let got = stack
                    .send(request(&peer.url, replay, 9, |_| {}))
                    .await
                    .unwrap();
                assert_eq!(
                    (got.status().as_u16(), peer.requests()),
                    (status, tokens),
                    "{wire:?}"
                );
                let sent = peer.seen().authorizations.lock().unwrap().clone();
                assert_eq!(sent, ["Bearer t0", "Bearer t1"][..tokens], "{wire:?}");
            }
        }
    }
}

#[test]
fn fault_111_a_runtime_that_shuts_down_in_mid_call_is_no_panic() {
    for wire in Wire::ALL {
        let peer = Peer::start(*wire, vec![Act::Silent]);
        let stack = stack(peer.leaf());
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let sent = request(&peer.url, ReplaySafety::Always, 9, |_: &mut CallOptions| {});
        let (inner, shared) = (stack.clone(), peer.url.clone());
        let call = runtime.spawn(async move { inner.send(sent).await });
        while peer.requests() == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        runtime.shutdown_background();
        assert!(peer.sees_closed(1, Duration::from_secs(1)), "{wire:?}");
        drop(call);
        // The stack outlives it.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let again = request(&shared, ReplaySafety::Never, 9, |options| {
            options.head_timeout = Some(Duration::from_millis(100));
        });
        let error = runtime.block_on(stack.send(again)).unwrap_err();
        assert!(error.is_timeout(), "{wire:?}: {error:?}");
        assert_eq!(peer.requests(), 2, "{wire:?}");
    }
}
