//! The runs dialect, as its page describes it.

mod support;

use coze_emulator::{Definition, Dialect, Emulator, EmulatorService, Limits};
use http::StatusCode;
use serde_json::{Value, json};
use support::{get, pass, post, post_bytes};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const SLOW: &str = "
id: '7366000000000000777'
name: slow
inputs: { text: { type: string, required: true } }
nodes:
  - delay: { id: d, milliseconds: 5000 }
end: { variables: { said: '{{ text }}', number: 9007199254740993 } }
";

fn emulator() -> coze_emulator::EmulatorBuilder {
    let ask = "
id: '7366000000000000778'
name: asks
nodes:
  - question: { id: q, text: 'Which city?' }
end: { variables: { city: lost } }
";
    let fails = "
id: '7366000000000000779'
name: fails
nodes:
  - fail: { id: f, code: 5000, message: no luck }
end: { variables: { a: 1 } }
";
    let mut builder = Emulator::builder()
        .dialect(Dialect::Runs)
        .unix_time(std::time::Duration::from_secs(1_767_225_600));
    for yaml in [SLOW, ask, fails] {
        builder = builder.workflow(Definition::from_yaml(yaml).unwrap());
    }
    builder
}

fn service() -> EmulatorService {
    emulator().build().unwrap().service()
}

async fn start(service: &EmulatorService, body: Value) -> Value {
    let response = post(service, "/v1/workflow/run", body).await;
    assert_eq!(response.status, 200, "{}", response.text());
    response.json()
}

#[tokio::test(start_paused = true)]
async fn a_run_in_the_foreground_tells_its_output_or_its_error() {
    let service = service();
    let run = start(
        &service,
        json!({"workflow_id": "slow", "inputs": {"text": "hi"}}),
    )
    .await;
    let id = run["run_id"].as_str().unwrap();
    assert_eq!(
        run,
        json!({
            "run_id": id, "status": "completed", "output": {"said": "hi", "number": 9_007_199_254_740_993_i64},
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:05Z",
        })
    );
    let run = start(&service, json!({"workflow_id": "fails", "async": false})).await;
    assert_eq!(run["status"], "failed");
    assert_eq!(
        run["error"],
        json!({"code": "WORKFLOW_EXECUTION_ERROR", "message": "no luck"})
    );
    assert!(run.get("output").is_none());
}

#[tokio::test(start_paused = true)]
async fn a_run_in_the_background_goes_from_pending_over_running_to_completed() {
    let service = service();
    let body = json!({"workflow_id": "slow", "inputs": {"text": "hi"}, "async": true});
    let run = start(&service, body).await;
    let id = run["run_id"].as_str().unwrap();
    assert_eq!(
        run,
        json!({"run_id": id, "status": "pending", "created_at": "2026-01-01T00:00:00Z"})
    );
    pass(1_000).await;
    let path = format!("/v1/workflow/history/{id}");
    let record = json!({
        "run_id": id, "workflow_id": "7366000000000000777", "status": "running", "inputs": {"text": "hi"},
        "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
    });
    assert_eq!(get(&service, &path).await.json(), record);
    pass(5_000).await;
    let record = get(&service, &path).await.json();
    assert_eq!(record["status"], "completed");
    assert_eq!(record["outputs"]["said"], "hi");
    assert_eq!(record["updated_at"], "2026-01-01T00:00:05Z");
    for (query, status) in [
        ("?status=completed&limit=5&offset=0", 200),
        ("?workflow_id=7366000000000000777", 200),
        ("?status=failed", 404),
        ("?workflow_id=1", 404),
        ("?offset=1", 404),
        ("?limit=0", 400),
        ("?offset=x", 400),
    ] {
        let response = get(&service, &format!("{path}{query}")).await;
        assert_eq!(response.status, status, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_a_status_and_a_code_in_words() {
    let service = service();
    for (body, status, code) in [
        (json!({"workflow_id": "nothing"}), 404, "NOT_FOUND"),
        (json!({}), 400, "INVALID_PARAMETER"),
        (json!({"workflow_id": "slow"}), 400, "INVALID_PARAMETER"),
        (
            json!({"workflow_id": "slow", "inputs": [1]}),
            400,
            "INVALID_PARAMETER",
        ),
        (
            json!({"workflow_id": "slow", "inputs": {"text": "a"}, "async": true, "callback_url": "http://127.0.0.1/"}),
            400,
            "INVALID_PARAMETER",
        ),
    ] {
        let response = post(&service, "/v1/workflow/run", body).await;
        assert_eq!(response.status, status, "{}", response.text());
        assert_eq!(response.json()["error"]["code"], code);
    }
    let response = post_bytes(&service, "/v1/workflow/run", "{").await;
    assert_eq!(response.status, StatusCode::BAD_REQUEST);
    let response = get(&service, "/v1/workflow/history/1").await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    assert_eq!(response.json()["error"]["code"], "NOT_FOUND");
    let response = post(&service, "/v1/workflow/stream_run", json!({})).await;
    assert_eq!(response.status, StatusCode::NOT_FOUND);
    let strict = emulator().accept_token("other").build().unwrap().service();
    let response = get(&strict, "/v1/workflow/history/1").await;
    assert_eq!(response.status, StatusCode::UNAUTHORIZED);
    assert_eq!(response.json()["error"]["code"], "UNAUTHORIZED");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_asks_fails_and_one_may_be_hidden_at_first() {
    let service = service();
    let run = start(&service, json!({"workflow_id": "asks"})).await;
    assert_eq!(run["status"], "failed");
    let mut limits = Limits::default();
    limits.history_visible = std::time::Duration::from_secs(3);
    let service = emulator().limits(limits).build().unwrap().service();
    let run = start(
        &service,
        json!({"workflow_id": "greeting", "inputs": {"name": "Ada"}, "async": true}),
    )
    .await;
    let path = format!("/v1/workflow/history/{}", run["run_id"].as_str().unwrap());
    assert_eq!(get(&service, &path).await.status, StatusCode::NOT_FOUND);
    pass(3_000).await;
    assert_eq!(get(&service, &path).await.json()["status"], "completed");
}

#[tokio::test(start_paused = true)]
async fn a_quota_counts_starts_and_looks_at_the_history() {
    let mut limits = Limits::default();
    limits.calls_per_second = Some(2);
    let service = emulator().limits(limits).build().unwrap().service();
    let body = json!({"workflow_id": "greeting", "inputs": {"name": "Ada"}, "async": true});
    let run = start(&service, body).await;
    let path = format!("/v1/workflow/history/{}", run["run_id"].as_str().unwrap());
    assert_eq!(get(&service, &path).await.status, 200);
    let response = get(&service, &path).await;
    assert_eq!(response.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.json()["error"]["code"], "TOO_MANY_REQUESTS");
}

/// A server that takes one POST: its head and its body.
async fn one_post(listener: TcpListener) -> (String, Value) {
    let (mut stream, _) = listener.accept().await.unwrap();
    let mut bytes = Vec::new();
    loop {
        let mut piece = [0; 1024];
        let read = stream.read(&mut piece).await.unwrap();
        assert_ne!(read, 0, "{}", String::from_utf8_lossy(&bytes));
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8(bytes.clone()).unwrap();
        if let Some((head, body)) = text.split_once("\r\n\r\n")
            && let Ok(body) = serde_json::from_str(body)
        {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .await
                .unwrap();
            return (head.to_owned(), body);
        }
    }
}

#[tokio::test]
async fn the_end_of_a_run_is_posted_to_this_machine() {
    let emulator = emulator().loopback_callbacks(true).build().unwrap();
    let service = emulator.service();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let body = json!({
        "workflow_id": "greeting", "inputs": {"name": "Ada"}, "async": true,
        "callback_url": format!("http://{address}/done?key=secret"),
    });
    let run = start(&service, body).await;
    let (head, record) = one_post(listener).await;
    assert!(
        head.starts_with("POST /done?key=secret HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(head.contains(&format!("host: {address}")), "{head}");
    assert!(!head.contains("authorization"), "{head}");
    assert_eq!(record["status"], "completed");
    let path = format!("/v1/workflow/history/{}", run["run_id"].as_str().unwrap());
    assert_eq!(record, get(&service, &path).await.json());
    // Other machines are never called.
    for url in [
        "http://10.0.0.1/",
        "https://example.com/",
        "http://localhost.example/",
    ] {
        let body = json!({"workflow_id": "greeting", "inputs": {"name": "Ada"}, "async": true, "callback_url": url});
        let response = post(&service, "/v1/workflow/run", body).await;
        assert_eq!(response.status, StatusCode::BAD_REQUEST, "{url}");
    }
    assert_eq!(emulator.runs_started("greeting"), Some(1));
}
