//! A layer around calls that keeps responses for a minute. Only of calls that read: a run that is taken from a cache was
//! not made.

use std::{
    collections::HashMap,
    error::Error,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use coze_workflow::{BoxError, Client, HttpStack, Request, Response, json_reply, testing::Script};
use serde_json::json;
use tokio::time::Instant;

type Kept = Arc<Mutex<HashMap<String, (Instant, Bytes)>>>;
const FRESH: Duration = Duration::from_secs(60);

async fn cached(inner: HttpStack, kept: Kept, request: Request) -> Result<Response, BoxError> {
    if request.method() != http::Method::GET {
        return Ok(inner.send(request).await?);
    }
    let key = request.uri().to_string();
    let found = kept.lock().unwrap().get(&key).cloned();
    if let Some((since, body)) = found
        && since.elapsed() < FRESH
    {
        return json_reply(body);
    }
    let response = inner.send(request).await?;
    // A failure of the service may come with status 200 as well.
    if let Some(body) = response.body().buffered()
        && let Ok(envelope) = serde_json::from_slice::<serde_json::Value>(body)
        && envelope["code"] == 0
    {
        let now = (Instant::now(), body.clone());
        kept.lock().unwrap().insert(key, now);
    }
    Ok(response)
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let script = Script::from_fn(|_| {
        json!({ "code": 0, "data": { "items": [{ "workflow_id": "7366" }], "has_more": false } })
            .into()
    });
    let kept = Kept::default();
    let caching = tower::layer::layer_fn(move |inner: HttpStack| {
        let kept = kept.clone();
        tower::service_fn(move |request| cached(inner.clone(), kept.clone(), request))
    });
    let coze = Client::builder()
        .transport(script.transport())
        .token("any")
        .call_layer(caching)
        .build()?;
    for _ in 0..3 {
        assert_eq!(coze.workflows("1").all().await?.len(), 1);
    }
    assert_eq!(script.requests().len(), 1);
    tokio::time::advance(FRESH).await;
    coze.workflows("1").all().await?;
    assert_eq!(script.requests().len(), 2);
    println!("4 lists, 2 requests");
    Ok(())
}
