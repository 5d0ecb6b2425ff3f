//! What the control API shows.

mod support;

use std::collections::BTreeSet;

use bytes::Bytes;
use coze_emulator::{Emulator, EmulatorService};
use http::{Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use support::{Response, builtins as service, control, post, read, send};
use tower_service::Service;

const RUN: &str = "/v1/workflow/run";

async fn greet(service: &EmulatorService, name: &str) -> Response {
    let body = json!({"workflow_id": "greeting", "parameters": {"name": name}});
    post(service, RUN, body).await
}

const METHODS: [&str; 5] = ["get(", "post(", "put(", "patch(", "delete("];

#[tokio::test]
async fn every_route_is_described_and_every_description_has_a_route() {
    let service = service();
    let described = read(&service, "openapi.json").await;
    let source = include_str!("../src/control/mod.rs");
    let described: BTreeSet<_> = described["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            let methods = methods.filter(|name| *name != "parameters");
            methods.map(move |method| format!("{method} {path}"))
        })
        .collect();
    // The routes as they are written.
    let routes: BTreeSet<_> = source
        .split(".route(")
        .skip(1)
        .filter_map(|route| {
            let path = route.split('"').nth(1)?;
            let used = METHODS.iter().filter(|method| route.contains(**method));
            Some(used.map(move |method| format!("{} {path}", method.trim_end_matches('('))))
        })
        .flatten()
        .collect();
    assert_eq!(described, routes);
    assert!(described.len() > 25, "{described:?}");
}

#[tokio::test]
async fn runs_are_counted_listed_and_shown_with_their_nodes() {
    let service = service();
    greet(&service, "Ada").await;
    let runs = read(&service, "runs").await;
    assert_eq!(
        runs["started"],
        json!({"greeting": 1, "weather": 0, "slow-report": 0})
    );
    assert_eq!(runs["started_in_all"], 1);
    let run = &runs["runs"][0];
    assert_eq!(run["status"], "success");
    assert_eq!(run["inputs"], json!({"name": "Ada"}));
    let id = run["execute_id"].as_str().unwrap();
    let whole = read(&service, &format!("runs/{id}")).await;
    assert_eq!(
        whole["result"],
        json!({"output": r#"{"greeting":"Hello, Ada!"}"#})
    );
    assert_eq!(whole["nodes"][0]["kind"], "start");
    assert_eq!(
        whole["nodes"][1]["finish"]["result"],
        json!({"output": {"output": "Hello, Ada!"}})
    );
    assert_eq!(read(&service, "runs?status=fail").await["total"], 0);
    assert_eq!(read(&service, "runs?workflow=greeting").await["total"], 1);
    let refused = control(&service, "GET", "runs?status=done", &Value::Null).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("expected one of"),
        "{}",
        refused.text()
    );
    let unknown = control(&service, "GET", "runs/1", &Value::Null).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(
        unknown.json(),
        json!({"error": "no run '1' is kept; GET /_emulator/runs lists them"})
    );
}

#[tokio::test]
async fn calls_are_kept_with_body_code_log_id_and_run() {
    let service = service();
    let response = greet(&service, "Ada").await;
    let refused = post(&service, RUN, json!({"workflow_id": "nowhere"})).await;
    let calls = read(&service, "calls?path=/v1/workflow/run").await;
    assert_eq!(calls["counts"], json!({"/v1/workflow/run": 2}));
    let [first, second] = calls["calls"].as_array().unwrap().as_slice() else {
        panic!("{calls}")
    };
    let id = read(&service, "runs").await["runs"][0]["execute_id"].clone();
    assert_eq!(first["run"], id);
    assert_eq!(first["log_id"], response.log_id());
    assert_eq!(
        (&first["status"], &first["code"]),
        (&json!(200), &json!("0"))
    );
    let body: Value = serde_json::from_str(first["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["parameters"], json!({"name": "Ada"}));
    assert!(first["ms"].is_u64(), "{first}");
    assert_eq!(second["code"], "4200");
    assert_eq!(second["log_id"], refused.log_id());
    assert_eq!(second["run"], Value::Null);
    // What steers the emulator is no call of the API.
    assert_eq!(
        read(&service, "calls").await["calls"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn a_long_body_is_kept_in_part_and_a_form_not_at_all() {
    let service = service();
    greet(&service, &"x".repeat(100_000)).await;
    let request = Request::post("http://coze.test/v1/files/upload")
        .header("authorization", "Bearer t")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(Full::new(Bytes::from(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nsecret\r\n--b--\r\n",
        )))
        .unwrap();
    assert_eq!(send(&service, request).await.json()["code"], 0);
    let calls = read(&service, "calls").await;
    let calls = calls["calls"].as_array().unwrap();
    assert_eq!(calls[0]["body"].as_str().unwrap().len(), 64 * 1024);
    assert_eq!(calls[0]["body_truncated"], true);
    assert_eq!(
        (&calls[1]["body"], &calls[1]["body_truncated"]),
        (&json!(""), &json!(false))
    );
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let service = service();
    for (method, path) in [("GET", "nowhere"), ("DELETE", "health")] {
        let response = control(&service, method, path, &Value::Null).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        assert!(
            response.text().contains("openapi.json"),
            "{}",
            response.text()
        );
    }
}

#[tokio::test]
async fn what_happens_is_streamed_as_it_happens() {
    let emulator = Emulator::builder().build().unwrap();
    let service = emulator.service();
    let request = Request::get("http://localhost/_emulator/events");
    let request = request.body(Full::<Bytes>::default()).unwrap();
    let response = service.clone().call(request).await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let mut body = response.into_body();
    let mut next = async || {
        let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
        let event = support::events(std::str::from_utf8(&frame).unwrap()).remove(0);
        (event.event.clone(), event.json())
    };
    assert_eq!(next().await.0, "hello");
    greet(&service, "Ada").await;
    let mut names = Vec::new();
    let ended = loop {
        let (name, data) = next().await;
        assert!(data["at"].is_i64(), "{data}");
        names.push(name.clone());
        if name == "call.ended" {
            break data;
        }
        if name == "run.ended" {
            assert_eq!(
                data["result"],
                json!({"output": r#"{"greeting":"Hello, Ada!"}"#})
            );
        }
    };
    assert_eq!(names[..2], ["call.started", "run.started"]);
    let nodes = names.iter().filter(|name| *name == "node.ended").count();
    assert_eq!(nodes, 3, "{names:?}");
    assert_eq!(
        (&ended["status"], &ended["code"]),
        (&json!(200), &json!("0"))
    );
    let run = read(&service, "runs").await["runs"][0]["execute_id"].clone();
    assert_eq!(ended["run"], run);
}

#[test]
fn the_guide_shows_the_programs_that_are_run() {
    let guide = include_str!("../../../docs/guide/emulator.md");
    let programs = [
        (
            "import json\n",
            include_str!("../../../tests/peers/test_program.py"),
        ),
        (
            "import assert",
            include_str!("../../../tests/peers/test_program.mts"),
        ),
    ];
    for (begin, program) in programs {
        let code = &program[program.find(begin).unwrap()..];
        assert!(guide.contains(code.trim_end()), "{code}");
    }
}
