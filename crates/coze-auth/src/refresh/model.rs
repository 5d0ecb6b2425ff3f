//! A model check of the renewal: callers, refusals and fetches in ten thousand orders.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Waker},
    time::Duration,
};

use coze_transport::{Authorize, Credentials, Generation};
use shuttle::{future, thread};

use super::{FreshToken, RefreshError, Refreshing};

const ORDERS: usize = 10_000;
const CALLERS: usize = 4;

#[derive(Default)]
struct Endpoint {
    fetches: AtomicUsize,
    at_once: AtomicUsize,
}

/// Fetches that give `token-1`, `token-2` and so on; those that are listed fail.
fn credentials(endpoint: &Arc<Endpoint>, failing: &'static [usize]) -> Refreshing {
    let endpoint = Arc::clone(endpoint);
    Refreshing::over(move || {
        let endpoint = Arc::clone(&endpoint);
        async move {
            assert_eq!(endpoint.at_once.fetch_add(1, SeqCst), 0, "two at once");
            let number = endpoint.fetches.fetch_add(1, SeqCst) + 1;
            future::yield_now().await;
            endpoint.at_once.fetch_sub(1, SeqCst);
            if failing.contains(&number) {
                return Err(RefreshError::plain("the endpoint is down"));
            }
            let token = format!("token-{number}");
            Ok(FreshToken::lasting(token, Duration::from_secs(600)))
        }
    })
}

/// The number and the generation of a token.
fn token(credentials: &Refreshing) -> Result<(usize, Generation), String> {
    let authorization = match credentials.authorize() {
        Authorize::Ready(result) => result,
        Authorize::Pending(wait) => future::block_on(wait),
    };
    let authorization = authorization.map_err(|error| error.to_string())?;
    let text = authorization.header().to_str().unwrap();
    let number = text.strip_prefix("Bearer token-").unwrap().parse().unwrap();
    Ok((number, authorization.generation().unwrap()))
}

/// Asks for a token and gives up while it is on its way.
fn give_up(credentials: &Refreshing) {
    if let Authorize::Pending(wait) = credentials.authorize() {
        let poll = pin!(wait).poll(&mut Context::from_waker(Waker::noop()));
        thread::yield_now();
        drop(poll);
    }
}

fn all(work: impl Fn(usize) + Clone + Send + Sync + 'static) {
    let threads: Vec<_> = (0..CALLERS)
        .map(|caller| {
            let work = work.clone();
            thread::spawn(move || work(caller))
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn callers_share_one_fetch_in_every_order_though_the_first_gives_up() {
    let check = || {
        let endpoint = Arc::default();
        let credentials = credentials(&endpoint, &[]);
        all(move |caller| {
            if caller == 0 {
                give_up(&credentials);
            } else {
                assert_eq!(token(&credentials), Ok((1, Generation(1))));
            }
        });
        assert_eq!(endpoint.fetches.load(SeqCst), 1);
    };
    shuttle::check_random(check, ORDERS);
    shuttle::check_pct(check, ORDERS, 3);
}

#[test]
fn a_token_that_all_see_refused_is_replaced_once_in_every_order() {
    let check = || {
        let endpoint = Arc::default();
        let credentials = credentials(&endpoint, &[]);
        all(move |_| {
            let (first, generation) = token(&credentials).unwrap();
            if first == 1 {
                assert!(credentials.rejected(generation));
                let (second, later) = token(&credentials).unwrap();
                assert!(
                    second == 2 && later > generation,
                    "the refused token is not given again"
                );
            }
        });
        assert_eq!(endpoint.fetches.load(SeqCst), 2);
    };
    shuttle::check_random(check, ORDERS);
    shuttle::check_pct(check, ORDERS, 3);
}

#[test]
fn a_failed_fetch_is_shared_and_not_repeated_at_once_in_any_order() {
    let check = || {
        let endpoint = Arc::default();
        let credentials = credentials(&endpoint, &[1]);
        all(move |caller| {
            if caller == 0 {
                give_up(&credentials);
            } else {
                assert_eq!(token(&credentials), Err("the endpoint is down".to_owned()));
            }
        });
        assert_eq!(endpoint.fetches.load(SeqCst), 1, "the pause is a second");
    };
    shuttle::check_random(check, ORDERS);
    shuttle::check_pct(check, ORDERS, 3);
}
