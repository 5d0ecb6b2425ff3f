//! Credentials that are shared by several runtimes.

use std::{
    future::{pending, poll_fn},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    task::Poll,
    thread,
    time::Duration,
};

use coze_auth::{FreshToken, Refreshing, RenewedToken, Secret};
use coze_transport::{Authorize, Credentials};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Notify,
    time::timeout,
};

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

fn fresh(number: usize) -> FreshToken {
    FreshToken::lasting(format!("token-{number}"), Duration::from_secs(600))
}

async fn token(credentials: &Refreshing) -> String {
    let authorization = match credentials.authorize() {
        Authorize::Ready(result) => result,
        Authorize::Pending(wait) => wait.await,
    };
    authorization.unwrap().header().to_str().unwrap().to_owned()
}

/// Begins a fetch on a runtime, and drives the runtime no further.
fn begin(runtime: &Runtime, credentials: &Refreshing, fetches: &AtomicUsize) {
    runtime.block_on(async {
        let Authorize::Pending(mut wait) = credentials.authorize() else {
            panic!("a token in hand");
        };
        while fetches.load(SeqCst) == 0 {
            poll_fn(|cx| {
                let _ = wait.as_mut().poll(cx);
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
        }
    });
}

/// The second fetch and those that follow succeed; the first waits for `gate`.
fn credentials(one_shot: bool) -> (Refreshing, Arc<AtomicUsize>, Arc<Notify>) {
    let (fetches, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (count, wait) = (Arc::clone(&fetches), Arc::clone(&gate));
    let fetch = move || {
        let (number, wait) = (count.fetch_add(1, SeqCst) + 1, Arc::clone(&wait));
        async move {
            if number == 1 {
                wait.notified().await;
            }
            Ok(fresh(number))
        }
    };
    let credentials = if one_shot {
        let renew = move |_: Secret| {
            let fetch = fetch();
            async move { Ok(RenewedToken::new(fetch.await?, "next")) }
        };
        Refreshing::one_shot("first", renew, |_| async { Ok(()) })
    } else {
        Refreshing::new(fetch)
    };
    (credentials, fetches, gate)
}

#[test]
fn a_runtime_that_is_not_driven_any_more_holds_up_no_other() {
    for one_shot in [false, true] {
        let (credentials, fetches, gate) = credentials(one_shot);
        let left = runtime();
        begin(&left, &credentials, &fetches);
        let other = runtime();
        other.block_on(async {
            tokio::time::pause();
            // Many wait, and one of them begins anew.
            let waiting: Vec<_> = (0..100)
                .map(|_| {
                    let credentials = credentials.clone();
                    tokio::spawn(async move { token(&credentials).await })
                })
                .collect();
            for one in waiting {
                let token = timeout(Duration::from_secs(60), one).await;
                assert_eq!(token.expect("it waits for ever").unwrap(), "Bearer token-2");
            }
        });
        // Driven again, it does not bring its token after all.
        gate.notify_one();
        left.block_on(async {
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert_eq!(token(&credentials).await, "Bearer token-2");
        });
        assert_eq!(fetches.load(SeqCst), 2, "one shot: {one_shot}");
    }
}

#[test]
fn a_runtime_that_is_shut_down_frees_its_fetch() {
    let (credentials, fetches, _gate) = credentials(false);
    let left = runtime();
    begin(&left, &credentials, &fetches);
    drop(left);
    runtime().block_on(async {
        tokio::time::pause();
        // The fetch that was cut off counts as one that failed.
        assert!(matches!(credentials.authorize(), Authorize::Ready(Err(_))));
        tokio::time::advance(Duration::from_secs(2)).await;
        assert_eq!(token(&credentials).await, "Bearer token-2");
    });
}

#[test]
fn a_fetch_is_shared_with_a_runtime_that_is_driven() {
    let (credentials, fetches, gate) = credentials(false);
    let (begun, begin) = mpsc::channel();
    let first = credentials.clone();
    thread::spawn(move || {
        runtime().block_on(async {
            let task = tokio::spawn(async move { token(&first).await });
            tokio::task::yield_now().await;
            begun.send(()).unwrap();
            assert_eq!(task.await.unwrap(), "Bearer token-1");
            pending::<()>().await;
        });
    });
    begin.recv().unwrap();
    runtime().block_on(async {
        let (text, ()) = tokio::join!(token(&credentials), async { gate.notify_one() });
        assert_eq!(text, "Bearer token-1");
    });
    assert_eq!(fetches.load(SeqCst), 1);
}
