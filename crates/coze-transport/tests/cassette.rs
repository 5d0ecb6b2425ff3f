//! Streams in cassettes: handed on while they are recorded, and replayed at their pace.

use std::{
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_transport::{
    HttpStack, RequestBody, ResponseBody,
    testing::{Cassette, Recorder, Reply, Scripted},
};
use http_body_util::BodyExt;
use tokio::time::Instant;
use tower::Layer;

const FIRST: &str = "event: Message\ndata: {\"token\":\"pat_0123456789abcdef\"}\n\n";
const SECOND: &str = "event: Done\ndata: {}\n\n";

/// A server that sends the first event in two pieces, and the second after a second more.
fn server(breaks: bool) -> Scripted {
    let (begun, rest) = FIRST.split_at(10);
    let mut pieces = vec![(0, begun), (500, rest)];
    if !breaks {
        pieces.push((1_000, SECOND));
    }
    let pieces = pieces
        .into_iter()
        .map(|(pause, piece)| (Duration::from_millis(pause), piece));
    let reply = Reply::stream(pieces).content_type("text/event-stream; charset=utf-8");
    Scripted::repeating(if breaks { reply.broken() } else { reply })
}

async fn stream(stack: &HttpStack) -> ResponseBody {
    let request = http::Request::post("/v1/workflow/stream_run?a=1");
    let request = request.body(RequestBody::from_static(b"{}")).unwrap();
    stack.send(request).await.unwrap().into_body()
}

/// The pieces with the milliseconds at which they came, and whether the body ended well.
async fn read(mut body: ResponseBody) -> (Vec<(u128, String)>, bool) {
    let begun = Instant::now();
    let mut pieces = Vec::new();
    loop {
        match body.frame().await {
            Some(Ok(frame)) => {
                let text = String::from_utf8(frame.into_data().unwrap().to_vec()).unwrap();
                pieces.push((begun.elapsed().as_millis(), text));
            }
            Some(Err(_)) => return (pieces, false),
            None => return (pieces, true),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_handed_on_while_it_is_recorded() {
    let recorder = Recorder::new();
    let stack = HttpStack::new(recorder.layer(server(false)));
    let (pieces, complete) = read(stream(&stack).await).await;
    let times: Vec<_> = pieces.iter().map(|(at, _)| *at).collect();
    assert_eq!((times, complete), (vec![0, 500, 1_500], true));

    let json: serde_json::Value =
        serde_json::from_str(&recorder.cassette().to_json().unwrap()).unwrap();
    let response = &json["exchanges"][0]["response"];
    assert_eq!(
        response["body"],
        serde_json::json!([
            { "after_ms": 500, "text": "event: Message\ndata: {\"token\":\"***\"}\n\n" },
            { "after_ms": 1_500, "text": SECOND },
        ])
    );
    assert!(response.get("truncated").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_replayed_at_its_pace_or_at_once() {
    let recorder = Recorder::new();
    let _ = read(stream(&HttpStack::new(recorder.layer(server(false)))).await).await;
    let text = recorder.cassette().to_json().unwrap();
    for (speed, times) in [
        (None, [0, 0]),
        (Some(1.0), [500, 1_500]),
        (Some(10.0), [50, 150]),
    ] {
        let mut cassette = Cassette::from_json(&text).unwrap();
        if let Some(speed) = speed {
            cassette = cassette.paced(speed);
        }
        let (pieces, complete) = read(stream(&HttpStack::new(cassette)).await).await;
        let came: Vec<_> = pieces.iter().map(|(at, _)| *at).collect();
        assert_eq!(came, times);
        assert_eq!(pieces[1].1, SECOND);
        assert!(complete);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_broke_off_breaks_off_again() {
    let recorder = Recorder::new();
    let recorded = read(stream(&HttpStack::new(recorder.layer(server(true)))).await).await;
    assert!(!recorded.1);
    let cassette = Cassette::from_json(&recorder.cassette().to_json().unwrap()).unwrap();
    let (pieces, complete) = read(stream(&HttpStack::new(cassette)).await).await;
    assert_eq!(pieces.len(), 1);
    assert!(!complete);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_was_left_is_kept_as_far_as_it_was_read() {
    let recorder = Recorder::new();
    let mut body = stream(&HttpStack::new(recorder.layer(server(false)))).await;
    body.frame().await.unwrap().unwrap();
    assert_eq!(recorder.cassette().len(), 0);
    drop(body);
    let json = recorder.cassette().to_json().unwrap();
    assert!(json.contains("\"text\": \"event: Mes\""), "{json}");
    assert!(json.contains("\"truncated\": true"));
}

#[tokio::test(start_paused = true)]
async fn files_of_a_folder_are_one_cassette_that_can_begin_again() {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("cassettes");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    assert_eq!(
        Cassette::load_dir(&folder).unwrap_err().to_string(),
        format!("{} holds no .json file", folder.display())
    );
    let places = Arc::new(Mutex::new(Vec::new()));
    let recorder = Recorder::on_exchange({
        let (folder, places) = (folder.clone(), places.clone());
        move |place, cassette| {
            places.lock().unwrap().push(place);
            cassette.save(folder.join(format!("{place}.json"))).unwrap();
        }
    });
    let stack = HttpStack::new(recorder.layer(server(false)));
    let (first, second) = (stream(&stack).await, stream(&stack).await);
    // Written in the order in which they end, kept in that in which they began.
    let _ = read(second).await;
    let _ = read(first).await;
    assert_eq!(*places.lock().unwrap(), [1, 0]);

    let cassette = Cassette::load_dir(&folder).unwrap();
    assert_eq!(cassette.len(), 2);
    let once = HttpStack::new(cassette.clone());
    let again = HttpStack::new(Cassette::load_dir(&folder).unwrap().cycle());
    for _ in 0..2 {
        assert!(read(stream(&once).await).await.1);
        assert!(read(stream(&again).await).await.1);
    }
    assert!(read(stream(&again).await).await.1);
    let request = http::Request::post("/v1/workflow/stream_run?a=1");
    let request = request.body(RequestBody::from_static(b"{}")).unwrap();
    let error = once.send(request).await.unwrap_err().to_string();
    assert!(error.contains("no response left"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}
