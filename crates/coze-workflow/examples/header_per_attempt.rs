//! Example 6: A header of your own on every attempt: any `tower` layer goes into the inner slot.
//!
//! ```text
//! $ cargo run -q --example header_per_attempt
//! attempt 1: the service is busy
//! attempt 2: done
//! ```

use std::{
    error::Error,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use coze_workflow::{Client, HttpStack, Request, json_reply};
use http::HeaderValue;
use tower::util::MapRequestLayer;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A server that is busy at first. Its code says that nothing was started, so the client sends again.
    let server = HttpStack::from_fn(|request: Request| async move {
        let attempt = request.headers()["x-attempt"].to_str()?.to_owned();
        if attempt == "1" {
            println!("attempt {attempt}: the service is busy");
            return json_reply(r#"{"code":4009,"msg":"busy"}"#);
        }
        json_reply(format!(r#"{{"code":0,"data":"attempt {attempt}: done"}}"#))
    });

    let attempts = Arc::new(AtomicU32::new(0));
    let number = MapRequestLayer::new(move |mut request: Request| {
        let value = HeaderValue::from(attempts.fetch_add(1, Ordering::Relaxed) + 1);
        request.headers_mut().insert("x-attempt", value);
        request
    });
    let coze = Client::builder()
        .transport(server)
        .token("any")
        .attempt_layer(number)
        .build()?;

    println!("{}", coze.workflow("7366").run().await?.raw());
    Ok(())
}
