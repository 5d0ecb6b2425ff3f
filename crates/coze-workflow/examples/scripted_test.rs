//! Example 9: Test code that uses the client: replies by script, and a look at what was sent.
//!
//! ```text
//! $ cargo run -q --example scripted_test
//! the report was sent with {"workflow_id":"7366","parameters":{"topic":"cinema"}}
//! ```

use std::error::Error;

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{Client, HttpStack};

/// What is tested: it would stand in your own crate.
async fn headline(coze: &Client, topic: &str) -> Result<String, coze_workflow::Error> {
    let run = coze
        .workflow("7366")
        .parameter("topic", topic)
        .run()
        .await?;
    Ok(run.raw().to_uppercase())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = Scripted::new([
        Reply::json(200, r#"{"code":0,"data":"all about cinema"}"#),
        Reply::json(200, r#"{"code":4200,"msg":"not published"}"#),
    ]);
    let coze = Client::new(HttpStack::new(server.clone()));

    assert_eq!(headline(&coze, "cinema").await?, "ALL ABOUT CINEMA");
    let refused = headline(&coze, "theatre").await.unwrap_err();
    assert_eq!(refused.code(), Some(4200));

    let sent = server.requests();
    assert_eq!(sent.len(), 2);
    println!(
        "the report was sent with {}",
        String::from_utf8_lossy(sent[0].body())
    );
    Ok(())
}
