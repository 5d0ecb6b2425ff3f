//! Many callers, one fetch; time passes, tokens are replaced; fetches fail.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use coze_auth::{FreshToken, Refreshing};
use coze_transport::{Authorize, Credentials, Generation};
use tokio::time::{Instant, advance, sleep_until};

type Fetches = Arc<AtomicUsize>;

/// Credentials whose fetches take a second, give `token-1`, `token-2` and so on, and last ten minutes;
/// those whose number is listed fail.
fn credentials(failing: &'static [usize]) -> (Refreshing, Fetches) {
    let fetches = Fetches::default();
    let count = Arc::clone(&fetches);
    let credentials = Refreshing::new(move || {
        let number = count.fetch_add(1, SeqCst) + 1;
        async move {
            sleep_until(Instant::now() + Duration::from_secs(1)).await;
            if failing.contains(&number) {
                return Err("the token endpoint is down".into());
            }
            let token = format!("token-{number}");
            Ok(FreshToken::lasting(token, Duration::from_secs(600)))
        }
    });
    (credentials, fetches)
}

async fn token(credentials: &Refreshing) -> Result<(String, Generation), String> {
    let authorization = match credentials.authorize() {
        Authorize::Ready(result) => result,
        Authorize::Pending(wait) => wait.await,
    };
    let authorization = authorization.map_err(|error| error.to_string())?;
    let text = authorization.header().to_str().unwrap().to_owned();
    Ok((text, authorization.generation().unwrap()))
}

fn is_ready(credentials: &Refreshing) -> bool {
    matches!(credentials.authorize(), Authorize::Ready(Ok(_)))
}

#[tokio::test(start_paused = true)]
async fn a_thousand_callers_make_one_fetch_even_when_the_first_gives_up() {
    let (credentials, fetches) = credentials(&[]);
    let leader = tokio::spawn({
        let credentials = credentials.clone();
        async move { token(&credentials).await }
    });
    tokio::task::yield_now().await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    let followers: Vec<_> = (0..1000)
        .map(|_| {
            let credentials = credentials.clone();
            tokio::spawn(async move { token(&credentials).await.unwrap().0 })
        })
        .collect();
    for follower in followers {
        assert_eq!(follower.await.unwrap(), "Bearer token-1");
    }
    assert_eq!(fetches.load(SeqCst), 1);
}

#[tokio::test(start_paused = true)]
async fn the_next_token_is_fetched_while_the_present_one_serves() {
    let (credentials, fetches) = credentials(&[]);
    token(&credentials).await.unwrap();
    advance(Duration::from_secs(470)).await;
    assert!(is_ready(&credentials));
    assert_eq!(fetches.load(SeqCst), 1, "not before 80 % of its life");
    advance(Duration::from_secs(15)).await;
    assert_eq!(
        token(&credentials).await.unwrap().0,
        "Bearer token-1",
        "no call waits"
    );
    // Idle time moves by itself, with the fetch in it.
    sleep_until(Instant::now() + Duration::from_secs(2)).await;
    assert_eq!(token(&credentials).await.unwrap().0, "Bearer token-2");
    assert_eq!(fetches.load(SeqCst), 2);
    // After a long rest nothing serves, and the call waits for a new one.
    advance(Duration::from_secs(3600)).await;
    assert!(!is_ready(&credentials));
    assert_eq!(token(&credentials).await.unwrap().0, "Bearer token-3");
}

#[tokio::test(start_paused = true)]
async fn a_thousand_refusals_of_one_token_make_one_fetch() {
    let (credentials, fetches) = credentials(&[]);
    let (_, first) = token(&credentials).await.unwrap();
    for _ in 0..1000 {
        assert!(credentials.rejected(first));
    }
    let (text, second) = token(&credentials).await.unwrap();
    assert_eq!((text.as_str(), fetches.load(SeqCst)), ("Bearer token-2", 2));
    // A call that is late with the old token does not throw the new one away.
    assert!(credentials.rejected(first) && is_ready(&credentials));
    assert!(second > first);
}

#[tokio::test(start_paused = true)]
async fn failed_fetches_are_spaced_and_shared() {
    let (credentials, fetches) = credentials(&[1, 2, 3, 4, 5, 6, 7]);
    let begin = Instant::now();
    for _ in 0..600 {
        assert!(token(&credentials).await.is_err());
        advance(Duration::from_millis(100)).await;
    }
    let seconds = begin.elapsed().as_secs();
    // Fetches of 1 s with pauses of 1, 2, 4, 8, 16 and 30 s.
    assert_eq!(
        (fetches.load(SeqCst), seconds),
        (6, 66),
        "one for each pause"
    );
    assert_eq!(
        token(&credentials).await.unwrap_err(),
        "no token could be fetched"
    );
    while token(&credentials).await.is_err() {
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(token(&credentials).await.unwrap().0, "Bearer token-8");
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_hangs_or_panics_ends() {
    let hanging = Refreshing::new(std::future::pending);
    let begin = Instant::now();
    let error = token(&hanging).await.unwrap_err();
    assert_eq!(
        (error.as_str(), begin.elapsed().as_secs()),
        ("fetching a token took longer than 10 s", 10)
    );
    let panicking = Refreshing::new(|| async { panic!("a bug of the caller") });
    let error = token(&panicking).await.unwrap_err();
    assert_eq!(error, "fetching a token ended without a result");
}

#[test]
fn without_a_runtime_there_is_an_error_and_no_panic() {
    let (credentials, _) = credentials(&[]);
    match credentials.authorize() {
        Authorize::Ready(Err(error)) => assert!(error.to_string().contains("runtime")),
        other => panic!("{other:?}"),
    }
}
