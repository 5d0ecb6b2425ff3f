//! Example 7: Count calls and how they end: a layer in the outer slot sees one call and one result, whatever
//! the number of attempts beneath it.
//!
//! ```text
//! $ cargo run -q --example count_calls
//! 2 calls, 3 attempts, 1 failure
//! ```

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{Attempts, Client, HttpStack, Response};
use tower::util::MapResponseLayer;

#[derive(Default)]
struct Counts {
    calls: AtomicUsize,
    attempts: AtomicUsize,
    failures: AtomicUsize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Scripted::new([
        Reply::json(200, r#"{"code":4009,"msg":"busy"}"#),
        Reply::json(200, r#"{"code":0,"data":"done"}"#),
        Reply::json(400, r#"{"code":4000,"msg":"bad parameters"}"#),
    ]);

    let counts = Arc::new(Counts::default());
    let seen = counts.clone();
    let count = MapResponseLayer::new(move |response: Response| {
        seen.calls.fetch_add(1, Ordering::Relaxed);
        let attempts = response.extensions().get::<Attempts>();
        seen.attempts
            .fetch_add(attempts.map_or(1, Attempts::len), Ordering::Relaxed);
        if !response.status().is_success() {
            seen.failures.fetch_add(1, Ordering::Relaxed);
        }
        response
    });
    let coze = Client::builder()
        .transport(HttpStack::new(server))
        .token("any")
        .call_layer(count)
        .build()?;

    coze.workflow("7366").run().await?;
    coze.workflow("7366").run().await.unwrap_err();
    println!(
        "{} calls, {} attempts, {} failure",
        counts.calls.load(Ordering::Relaxed),
        counts.attempts.load(Ordering::Relaxed),
        counts.failures.load(Ordering::Relaxed)
    );
    Ok(())
}
