//! A transport of one's own: any closure from a request to an answer. The client's retries, time
//! limits and token are around it.

use std::error::Error;

use coze_workflow::{Client, HttpStack, Request, json_reply};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let transport = HttpStack::from_fn(|request: Request| async move {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "https://api.coze.com/v1/workflow/run");
        assert_eq!(request.headers()["authorization"], "Bearer pat_1");
        let body = String::from_utf8_lossy(
            request
                .body()
                .as_bytes()
                .map(|bytes| &bytes[..])
                .unwrap_or_default(),
        );
        assert!(body.contains(r#""city":"Lyon""#), "{body}");
        json_reply(r#"{"code":0,"data":"{\"degrees\":21}"}"#)
    });
    let coze = Client::builder()
        .transport(transport)
        .token("pat_1")
        .build()?;

    let run = coze
        .workflow("7366")
        .parameter("city", "Lyon")
        .run()
        .await?;
    assert_eq!(run.raw(), r#"{"degrees":21}"#);
    println!("{}", run.raw());
    Ok(())
}
