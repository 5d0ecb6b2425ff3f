//! The codec alone: a request as bytes, a response from bytes, and no I/O in between.

use std::error::Error;

use coze_models::RunWorkflow;
use coze_wire::{ReplyError, decode, encode};

fn main() -> Result<(), Box<dyn Error>> {
    let request = encode(&RunWorkflow::new("7366"))?;
    assert_eq!(request.uri(), "/v1/workflow/run");
    assert_eq!(request.body().as_ref(), br#"{"workflow_id":"7366"}"#);

    let (head, body) = http::Response::new(r#"{"code":0,"data":"done"}"#.into()).into_parts();
    let reply = decode::<RunWorkflow>(&head, &body)?.value;
    assert_eq!(
        reply.data.as_ref().map(coze_models::JsonText::as_str),
        Some("done")
    );

    let (head, body) = http::Response::new(r#"{"code":4100,"msg":"no"}"#.into()).into_parts();
    let refused = decode::<RunWorkflow>(&head, &body).unwrap_err();
    assert!(matches!(refused, ReplyError::Api(_)), "{refused}");
    println!("encoded, decoded, refused");
    Ok(())
}
