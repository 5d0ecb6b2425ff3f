//! Limits that pass before anything is sent: the call was certainly not accepted.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod peer;

use std::{future::pending, time::Duration};

use coze_transport::{
    Authorize, CallOptions, Credentials, ErrorKind, Generation, Outcome, ReplaySafety,
    StackBuilder, Stage, TimeoutKind, Timeouts,
    hyper::HyperTransport,
    testing::{Reply, Scripted},
};
use peer::{hole::BlackHole, post};
use tokio::time::Instant;

const SECOND: Duration = Duration::from_secs(1);

type Set = fn(&mut CallOptions);

/// Each limit that a call may set, with the kind of its error.
const LIMITS: [(TimeoutKind, Set); 3] = [
    (TimeoutKind::Deadline, |o| o.deadline = Some(2 * SECOND)),
    (TimeoutKind::Head, |o| o.head_timeout = Some(2 * SECOND)),
    (TimeoutKind::Attempt, |o| {
        o.attempt_timeout = Some(2 * SECOND);
    }),
];

fn request(url: &str, set: Set) -> coze_transport::Request {
    let mut options = CallOptions::default();
    options.replay = Some(ReplaySafety::Never);
    set(&mut options);
    let mut request = post(url);
    request.extensions_mut().insert(options);
    request
}

/// Has no token, ever.
#[derive(Debug)]
struct NoToken;

impl Credentials for NoToken {
    fn authorize(&self) -> Authorize {
        Authorize::later(pending())
    }

    fn rejected(&self, _: Generation) -> bool {
        false
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_that_does_not_come_is_not_accepted() {
    let server = Scripted::repeating(Reply::json(200, "{}"));
    let stack = |timeouts| {
        let builder = StackBuilder::over(server.clone()).timeouts(timeouts);
        builder.credentials(NoToken).build()
    };
    for (kind, set) in LIMITS {
        let began = Instant::now();
        let request = request("http://coze.test/v1", set);
        let error = stack(Timeouts::none()).send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(kind));
        assert_eq!(
            (error.outcome(), error.stage(), began.elapsed()),
            (Outcome::NotAccepted, Stage::Prepare, 2 * SECOND),
            "{kind:?}"
        );
    }
    // A limit of the stack's own.
    let began = Instant::now();
    let request = request("http://coze.test/v1", |_| {});
    let error = stack(Timeouts::default()).send(request).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Head));
    assert_eq!(
        (error.outcome(), began.elapsed()),
        (Outcome::NotAccepted, 30 * SECOND)
    );
    assert_eq!(server.requests().len(), 0);
}

#[tokio::test]
async fn a_connection_that_does_not_come_in_time_is_not_accepted() {
    let hole = BlackHole::at("127.0.0.1:0");
    for scheme in ["http", "https"] {
        for (kind, set) in LIMITS {
            let stack = StackBuilder::over(HyperTransport::new()).build();
            let url = format!("{scheme}://{}/v1", hole.address);
            let mut request = request(&url, set);
            let options = request.extensions_mut().get_mut::<CallOptions>().unwrap();
            let short = |limit: &mut Option<Duration>| *limit = limit.map(|limit| limit / 10);
            short(&mut options.deadline);
            short(&mut options.head_timeout);
            short(&mut options.attempt_timeout);
            let error = stack.send(request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Timeout(kind), "{scheme}");
            assert_eq!(
                (error.outcome(), error.stage()),
                (Outcome::NotAccepted, Stage::Connect),
                "{scheme} {kind:?}"
            );
        }
    }
}
