//! Example 8: A transport of your own: a closure, or any `tower` service. Auth, retries and deadlines stay above it.
//!
//! ```text
//! $ cargo run -q --example own_transport
//! POST /v1/workflow/run
//! authorization: Sensitive
//! 21
//! ```

use std::error::Error;

use coze_workflow::{Client, HttpStack, Request, json_reply};
use http::header::AUTHORIZATION;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let transport = HttpStack::from_fn(|request: Request| async move {
        println!("{} {}", request.method(), request.uri().path());
        println!("authorization: {:?}", request.headers()[AUTHORIZATION]);
        json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#)
    });
    let coze = Client::builder()
        .transport(transport)
        .token("pat_secret")
        .build()?;

    let run = coze.workflow("7366000000000000001").run().await?;
    let output: serde_json::Value = run.output()?;
    println!("{}", output["degrees"]);
    Ok(())
}
