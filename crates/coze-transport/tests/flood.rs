//! Servers that send faster than they are read: the deadline holds, and other tasks get their turn.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use coze_transport::{
    CallOptions, ErrorKind, HttpStack, Request, RequestBody, Response, ResponseBody, ResponseMode,
    StackBuilder, TimeoutKind, TransportError,
};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use tokio::{
    task::{coop::poll_proceed, unconstrained},
    time::advance,
};

const SECOND: Duration = Duration::from_secs(1);

/// Frames of a flood. Far more than a task may read in one turn, and few enough for a test that fails to end.
const FRAMES: usize = 200_000;

/// Always has another byte, up to its end.
struct Flood {
    sent: usize,
    /// The frame before which the clock moves by a minute.
    late: Option<usize>,
}

impl Body for Flood {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.late == Some(self.sent) {
            let _ = pin!(advance(60 * SECOND)).poll(&mut Context::from_waker(Waker::noop()));
        }
        self.sent += 1;
        let more = self.sent <= FRAMES;
        Poll::Ready(more.then(|| Ok(Frame::data(Bytes::from_static(b" ")))))
    }
}

fn flooding(late: Option<usize>) -> HttpStack {
    let leaf = HttpStack::from_fn(move |_: Request| async move {
        let body = ResponseBody::stream(Flood { sent: 0, late });
        Ok::<_, Infallible>(Response::new(body))
    });
    StackBuilder::over(leaf).build()
}

fn get(mode: ResponseMode) -> Request {
    let mut options = CallOptions::default();
    options.mode = Some(mode);
    options.deadline = Some(2 * SECOND);
    let request = http::Request::get("/x").extension(options);
    request.body(RequestBody::empty()).unwrap()
}

/// Reads everything; how many frames came before the error.
async fn read(stack: HttpStack, mode: ResponseMode) -> Result<(), (TransportError, usize)> {
    let mut body = match stack.send(get(mode)).await {
        Ok(response) => response.into_body(),
        Err(error) => return Err((error, 0)),
    };
    let mut frames = 0;
    while let Some(frame) = body.frame().await {
        frame.map_err(|error| (TransportError::from_box(error), frames))?;
        frames += 1;
    }
    Ok(())
}

type Set = fn(&mut CallOptions);

const MODES: [ResponseMode; 2] = [ResponseMode::Streaming, ResponseMode::Buffered];

#[tokio::test(start_paused = true)]
async fn a_flood_of_frames_yields_to_other_tasks_and_to_the_deadline() {
    for mode in MODES {
        let reader = tokio::spawn(read(flooding(None), mode));
        // Another task of the same thread: that it runs while the flood goes on is what is tested.
        tokio::task::yield_now().await;
        assert!(!reader.is_finished(), "{mode:?}");
        advance(3 * SECOND).await;
        let (error, _) = reader.await.unwrap().unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Timeout(TimeoutKind::Deadline),
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn a_flood_that_no_layer_bounds_yields_to_other_tasks() {
    let mut body = ResponseBody::stream(Flood {
        sent: 0,
        late: None,
    });
    let reader = tokio::spawn(async move { while body.frame().await.is_some() {} });
    tokio::task::yield_now().await;
    assert!(!reader.is_finished());
    reader.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_deadline_is_read_before_each_frame_where_nothing_makes_a_task_yield() {
    for mode in MODES {
        let read = unconstrained(read(flooding(Some(1000)), mode));
        let (error, frames) = read.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(TimeoutKind::Deadline));
        assert!(frames <= 1001, "{mode:?}: {frames}");
    }
}

/// What reads a head that never ends spends all that a task may read in one turn, and is woken at once.
#[tokio::test(start_paused = true)]
async fn a_head_without_end_yields_to_each_limit() {
    let polls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&polls);
    let leaf = HttpStack::from_fn(move |_: Request| {
        let polls = Arc::clone(&count);
        async move {
            poll_fn(|cx| {
                assert!(polls.fetch_add(1, Ordering::Relaxed) < FRAMES, "no end");
                while let Poll::Ready(unit) = poll_proceed(cx) {
                    unit.made_progress();
                }
                Poll::<Result<Response, Infallible>>::Pending
            })
            .await
        }
    });
    let stack = StackBuilder::over(leaf).build();
    let cases: [(TimeoutKind, Set); 3] = [
        (TimeoutKind::Deadline, |o| o.deadline = Some(SECOND)),
        (TimeoutKind::Head, |o| o.head_timeout = Some(SECOND)),
        (TimeoutKind::Attempt, |o| o.attempt_timeout = Some(SECOND)),
    ];
    for (kind, set) in cases {
        let mut options = CallOptions::default();
        set(&mut options);
        let request = http::Request::get("/x").extension(options);
        let request = request.body(RequestBody::empty()).unwrap();
        let call = tokio::spawn({
            let stack = stack.clone();
            async move { stack.send(request).await }
        });
        tokio::task::yield_now().await;
        advance(2 * SECOND).await;
        let error = call.await.unwrap().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Timeout(kind));
    }
}
