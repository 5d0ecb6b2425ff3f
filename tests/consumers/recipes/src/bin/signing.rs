//! A layer that signs each request for a gateway before the API. It sees the request as it is sent: whole URI, token, body.

use std::error::Error;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use coze_workflow::{Client, HttpStack, Request, json_reply};
use ring::hmac;
use tower::ServiceExt;

fn sign(key: &hmac::Key, method: &http::Method, path: &str, body: &[u8]) -> String {
    let text = [method.as_str().as_bytes(), path.as_bytes(), body].join(&b'\n');
    BASE64_STANDARD.encode(hmac::sign(key, &text))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"a secret of the gateway's");
    let theirs = key.clone();
    let gateway = HttpStack::from_fn(move |request: Request| {
        let body = request.body().as_bytes().cloned().unwrap_or_default();
        assert_eq!(request.uri().path(), "/coze/v1/workflow/run");
        let expected = sign(&theirs, request.method(), request.uri().path(), &body);
        assert_eq!(request.headers()["x-signature"], *expected);
        async { json_reply(r#"{"code":0,"data":"signed"}"#) }
    });

    let signing = tower::layer::layer_fn(move |inner: HttpStack| {
        let key = key.clone();
        inner.map_request(move |mut request: Request| {
            // Uploads have no body in memory: sign what the gateway wants for those, such as a constant.
            let body = request.body().as_bytes().cloned().unwrap_or_default();
            let signature = sign(&key, request.method(), request.uri().path(), &body);
            let signature = http::HeaderValue::from_str(&signature).expect("it is base64");
            request.headers_mut().insert("x-signature", signature);
            request
        })
    });
    let coze = Client::builder()
        .base_url("https://gateway.example/coze")
        .transport(gateway)
        .token("pat_1")
        .stack(|stack| stack.connection_layer(signing))
        .build()?;
    println!(
        "{}",
        coze.workflow("7366")
            .parameter("city", "Lyon")
            .run()
            .await?
            .raw()
    );
    Ok(())
}
