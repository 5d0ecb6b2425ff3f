//! Who can reach the emulator: pages of other origins, other machines, other host names.

mod support;

use std::net::SocketAddr;

use bytes::Bytes;
use coze_emulator::{Emulator, EmulatorBuilder, EmulatorService};
use http::{Request, StatusCode, header};
use http_body_util::Full;
use serde_json::json;
use support::{Response, get, post, send};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

const RUN: &str = "/v1/workflow/run";
const PAGE: &str = "http://localhost:3000";

fn built(builder: EmulatorBuilder) -> EmulatorService {
    builder.build().unwrap().service()
}

async fn preflight(service: &EmulatorService, origin: &str) -> Response {
    let request = Request::options(format!("http://coze.test{RUN}"))
        .header("origin", origin)
        .header("access-control-request-method", "POST")
        .header(
            "access-control-request-headers",
            "authorization,x-coze-client-user-agent",
        )
        .body(Full::<Bytes>::default())
        .unwrap();
    send(service, request).await
}

async fn from_page(service: &EmulatorService, path: &str, origin: &str) -> Response {
    let request = Request::get(format!("http://localhost{path}"))
        .header("origin", origin)
        .header("authorization", "Bearer t")
        .body(Full::<Bytes>::default())
        .unwrap();
    send(service, request).await
}

fn allowed(response: &Response) -> Option<&str> {
    let origin = response.headers.get("access-control-allow-origin")?;
    Some(origin.to_str().unwrap())
}

#[tokio::test]
async fn a_preflight_needs_no_token_and_allows_what_it_asks_for() {
    let service = built(Emulator::builder().accept_token("known"));
    let response = preflight(&service, PAGE).await;
    assert!(response.status.is_success(), "{}", response.status);
    assert_eq!(allowed(&response), Some("*"));
    assert_eq!(response.headers["access-control-allow-methods"], "POST");
    assert_eq!(
        response.headers["access-control-allow-headers"],
        "authorization,x-coze-client-user-agent"
    );
    // Failures can be read by the page too, with their log id.
    let refused = from_page(&service, "/v1/workspaces", PAGE).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(allowed(&refused), Some("*"));
    let exposed = refused.headers["access-control-expose-headers"]
        .to_str()
        .unwrap();
    assert!(exposed.contains("x-tt-logid"), "{exposed}");
}

#[tokio::test]
async fn origins_can_be_named_and_none_is_allowed_on_other_addresses() {
    let named = built(Emulator::builder().allow_origin("http://localhost:3000/"));
    assert_eq!(allowed(&preflight(&named, PAGE).await), Some(PAGE));
    assert_eq!(
        allowed(&preflight(&named, "http://localhost:3001").await),
        None
    );
    let exposed = || Emulator::builder().listen(SocketAddr::from(([0, 0, 0, 0], 0)));
    assert_eq!(allowed(&preflight(&built(exposed()), PAGE).await), None);
    let any = built(exposed().allow_origin("*"));
    assert_eq!(allowed(&preflight(&any, PAGE).await), Some("*"));
}

#[tokio::test]
async fn an_unknown_operation_is_not_found_and_tells_what_there_is() {
    let service = support::builtins();
    for response in [
        get(&service, "/v1/datasets").await,
        post(&service, "/v1/workflows", json!({})).await,
    ] {
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        let body = response.json();
        assert_eq!(body["code"], 4200);
        let message = body["msg"].as_str().unwrap();
        for told in [
            "POST /v1/workflow/run,",
            "GET /v1/workflows,",
            "POST /api/permission/oauth2/token",
        ] {
            assert!(message.contains(told), "{message}");
        }
    }
}

#[tokio::test]
async fn a_stream_that_cannot_begin_is_told_with_http_200() {
    let service = built(Emulator::builder().known_tokens_only());
    for path in [
        "/v1/workflow/stream_run",
        "/v1/workflow/stream_resume",
        "/v1/workflows/chat",
    ] {
        let response = post(&service, path, json!({})).await;
        assert_eq!(response.status, StatusCode::OK, "{path}");
        assert_eq!(
            response.headers["content-type"],
            "application/json; charset=utf-8"
        );
        assert_eq!(response.json()["code"], 4100);
    }
    let response = post(&service, RUN, json!({})).await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_control_api_responds_to_no_foreign_page() {
    let service = built(Emulator::builder().allow_origin("*"));
    for origin in [PAGE, "null", "http://localhost:80.evil.test"] {
        let response = from_page(&service, "/_emulator/runs", origin).await;
        assert_eq!(response.status, StatusCode::FORBIDDEN, "{origin}");
        assert_eq!(allowed(&response), None);
    }
    let own = from_page(&service, "/_emulator/runs", "http://localhost").await;
    assert_eq!(own.status, StatusCode::OK);
    let request = Request::get("http://localhost/_emulator/runs")
        .header("sec-fetch-site", "cross-site")
        .body(Full::<Bytes>::default())
        .unwrap();
    assert_eq!(send(&service, request).await.status, StatusCode::FORBIDDEN);
    let request = Request::options("http://localhost/_emulator/reset")
        .header("origin", PAGE)
        .header("access-control-request-method", "POST")
        .body(Full::<Bytes>::default())
        .unwrap();
    let response = send(&service, request).await;
    assert_eq!(
        (response.status, allowed(&response)),
        (StatusCode::FORBIDDEN, None)
    );
}

async fn status(address: SocketAddr, host: &str) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let request =
        format!("GET /_emulator/health HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut response = String::new();
    socket.read_to_string(&mut response).await.unwrap();
    response.split(' ').nth(1).unwrap().to_owned()
}

#[tokio::test]
async fn the_control_api_responds_to_no_foreign_host_name() {
    let emulator = Emulator::builder()
        .base_url("http://coze.local:8080")
        .start()
        .await
        .unwrap();
    let address = emulator.address();
    for host in [
        &address.to_string(),
        "localhost:1",
        "LOCALHOST",
        "a.localhost",
        "[::1]:9",
        "coze.local:8080",
    ] {
        assert_eq!(status(address, host).await, "200", "{host}");
    }
    for host in [
        "evil.test",
        "localhost.evil.test:80",
        "127.0.0.1.evil.test",
        "coze.local",
        "",
    ] {
        assert_eq!(status(address, host).await, "403", "{host}");
    }
}

#[tokio::test]
async fn other_machines_need_a_token_for_the_control_api() {
    let exposed = || Emulator::builder().listen(SocketAddr::from(([0, 0, 0, 0], 0)));
    let with = |service: EmulatorService, token: &'static str| async move {
        let request = Request::get("http://emulator/_emulator/runs")
            .header(header::AUTHORIZATION, token)
            .body(Full::<Bytes>::default())
            .unwrap();
        send(&service, request).await
    };
    let none = with(built(exposed()), "Bearer any").await;
    assert_eq!(none.status, StatusCode::UNAUTHORIZED);
    assert!(none.text().contains("wants a token"), "{}", none.text());
    let one = || built(exposed().accept_token("one"));
    assert_eq!(
        with(one(), "Bearer two").await.status,
        StatusCode::UNAUTHORIZED
    );
    assert_eq!(with(one(), "Bearer one").await.status, StatusCode::OK);
}
