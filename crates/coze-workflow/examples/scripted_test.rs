//! Example 9: Test code that uses the client: responses by script, and a look at what was sent.
//!
//! ```text
//! $ cargo run -q --example scripted_test
//! the report was sent with {"topic":"cinema"}
//! ```

use std::error::Error;

use coze_workflow::{
    Client,
    testing::{self, Script},
};

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
    let script = Script::new([
        testing::output("all about cinema"),
        testing::failure(4200, "not found"),
    ]);
    let coze = script.client();

    assert_eq!(headline(&coze, "cinema").await?, "ALL ABOUT CINEMA");
    let refused = headline(&coze, "theatre").await.unwrap_err();
    assert_eq!(refused.code(), Some(4200));

    let sent = script.requests();
    assert_eq!(sent.len(), 2);
    println!("the report was sent with {}", sent[0].parameters());
    Ok(())
}
