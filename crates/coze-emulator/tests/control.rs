//! The control API: what it shows and changes.

mod support;

use std::collections::BTreeSet;

use bytes::Bytes;
use coze_emulator::{Definition, Emulator, EmulatorService};
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use support::{Response, get, pass, post, send};

const RUN: &str = "/v1/workflow/run";

async fn call(service: &EmulatorService, method: &str, path: &str, body: &Value) -> Response {
    let body = if body.is_null() {
        Bytes::new()
    } else {
        body.to_string().into()
    };
    let request = Request::builder()
        .method(Method::from_bytes(method.as_bytes()).unwrap())
        .uri(format!("http://localhost/_emulator/{path}"))
        .body(Full::new(body))
        .unwrap();
    send(service, request).await
}

async fn read(service: &EmulatorService, path: &str) -> Value {
    let response = call(service, "GET", path, &Value::Null).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    response.json()
}

async fn change(service: &EmulatorService, method: &str, path: &str, body: Value) -> Value {
    let response = call(service, method, path, &body).await;
    assert_eq!(response.status, StatusCode::OK, "{}", response.text());
    response.json()
}

async fn greet(service: &EmulatorService, name: &str) -> Response {
    let body = json!({"workflow_id": "greeting", "parameters": {"name": name}});
    post(service, RUN, body).await
}

fn service() -> EmulatorService {
    support::builtins()
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
    let refused = call(&service, "GET", "runs?status=done", &Value::Null).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("expected one of"),
        "{}",
        refused.text()
    );
    let unknown = call(&service, "GET", "runs/1", &Value::Null).await;
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
async fn faults_are_armed_listed_used_up_and_cleared() {
    let service = service();
    let armed = change(
        &service,
        "POST",
        "faults",
        json!({"fault": "on=/v1/workflow/run  after=1 times=2 code=4009"}),
    )
    .await;
    let words = "on=/v1/workflow/run after=1 times=2 code=4009";
    assert_eq!(
        armed,
        json!({"faults": [{"fault": words, "passes": 1, "hits": 2}]})
    );
    assert_eq!(greet(&service, "Ada").await.json()["code"], 0);
    assert_eq!(greet(&service, "Ada").await.json()["code"], 4009);
    let left = read(&service, "faults").await;
    assert_eq!(
        left,
        json!({"faults": [{"fault": words, "passes": 0, "hits": 1}]})
    );
    let call_of = read(&service, "calls").await["calls"][1].clone();
    assert_eq!(
        (&call_of["fault"], &call_of["code"]),
        (&json!(words), &json!("4009"))
    );
    let none = change(&service, "DELETE", "faults", Value::Null).await;
    assert_eq!(none, json!({"faults": []}));
    assert_eq!(greet(&service, "Ada").await.json()["code"], 0);
    let refused = call(&service, "POST", "faults", &json!({"fault": "stutter"})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.json()["error"]
            .as_str()
            .unwrap()
            .starts_with("'stutter' is not a fault"),
        "{}",
        refused.text()
    );
}

#[tokio::test(start_paused = true)]
async fn the_clock_jumps_and_runs_faster() {
    let nap = Definition::builder("nap").delay("sleep", 3_600_000).build();
    let nap = Emulator::builder().workflow(nap.unwrap()).build().unwrap();
    let service = nap.service();
    let body = json!({"workflow_id": "nap", "is_async": true});
    assert_eq!(post(&service, RUN, body).await.json()["code"], 0);
    // Until the run has begun to wait.
    pass(1).await;
    let before = read(&service, "clock").await;
    let began = tokio::time::Instant::now();
    let after = change(&service, "POST", "clock", json!({"advance_ms": 86_400_000})).await;
    assert_eq!(
        after["unix_ms"].as_i64().unwrap() - before["unix_ms"].as_i64().unwrap(),
        86_400_000
    );
    // What waited is due at once.
    pass(1).await;
    assert_eq!(read(&service, "runs?status=success").await["total"], 1);
    assert!(began.elapsed() < std::time::Duration::from_secs(1));
    change(&service, "POST", "clock", json!({"speed": 60})).await;
    let now = read(&service, "clock").await["unix_ms"].as_i64().unwrap();
    pass(1_000).await;
    let later = read(&service, "clock").await;
    assert_eq!(later["unix_ms"].as_i64().unwrap() - now, 60_000);
    assert_eq!(later["speed"], 60.0);
    let refused = call(&service, "POST", "clock", &json!({"sped": 2})).await;
    assert!(
        refused.text().contains("unknown field `sped`"),
        "{}",
        refused.text()
    );
}

#[tokio::test]
async fn some_limits_change_and_the_others_stay() {
    let service = service();
    let limits = change(
        &service,
        "PATCH",
        "limits",
        json!({"paid_plan": false, "ping": "250ms"}),
    )
    .await;
    assert_eq!(
        (&limits["paid_plan"], &limits["ping"], &limits["gateway"]),
        (&json!(false), &json!("250ms"), &json!("1m 30s"))
    );
    let body = json!({"workflow_id": "slow-report", "is_async": true});
    assert_eq!(post(&service, RUN, body).await.json()["code"], 6003);
    for (wrong, told) in [
        (json!({"pong": 1}), "unknown field `pong`"),
        (json!({"ping": "soon"}), "'soon' is not a time such as 90s"),
    ] {
        let refused = call(&service, "PATCH", "limits", &wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text().contains(told), "{}", refused.text());
    }
    assert_eq!(read(&service, "limits").await["ping"], "250ms");
}

#[tokio::test]
async fn tokens_and_apps_are_accepted_and_forgotten() {
    let service = service();
    let tokens = change(&service, "POST", "tokens", json!({"accept": "one"})).await;
    assert_eq!(
        tokens,
        json!({"accepted": 1, "known_only": true, "other_region": null, "issued": 0})
    );
    // `support` calls with another token.
    assert_eq!(
        greet(&service, "Ada").await.status,
        StatusCode::UNAUTHORIZED
    );
    change(
        &service,
        "POST",
        "tokens",
        json!({"known_only": false, "other_region": "pat_"}),
    )
    .await;
    assert_eq!(
        greet(&service, "Ada").await.status,
        StatusCode::UNAUTHORIZED
    );
    change(&service, "POST", "tokens", json!({"other_region": ""})).await;
    assert_eq!(greet(&service, "Ada").await.status, StatusCode::OK);
    let key = include_str!("keys/app.pub.pem");
    let app = json!({"client_id": "a", "public_key_id": "k", "public_key": key});
    let apps = change(&service, "POST", "apps", app).await;
    assert_eq!(
        apps,
        json!({"apps": [{"client_id": "a", "key_ids": ["k"]}]})
    );
    let none = change(&service, "DELETE", "apps/a", Value::Null).await;
    assert_eq!(none, json!({"apps": []}));
    let unknown = call(&service, "DELETE", "apps/a", &Value::Null).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_reset_forgets_what_calls_left_and_what_was_set() {
    let emulator = Emulator::builder().seed(1).build().unwrap();
    let service = emulator.service();
    let first = greet(&service, "Ada").await.json()["debug_url"].clone();
    change(&service, "POST", "faults", json!({"fault": "code=4009"})).await;
    change(&service, "PATCH", "limits", json!({"paid_plan": false})).await;
    change(&service, "POST", "tokens", json!({"accept": "one"})).await;
    let asks = json!({"workflow_id": "slow-report", "is_async": true});
    post(&service, RUN, asks).await;
    change(&service, "POST", "reset", Value::Null).await;
    assert_eq!(read(&service, "runs").await["started_in_all"], 0);
    assert_eq!(
        read(&service, "calls").await,
        json!({"counts": {}, "calls": []})
    );
    assert_eq!(read(&service, "limits").await["paid_plan"], true);
    assert_eq!(emulator.runs_started("greeting"), Some(0));
    // Ids begin again too.
    assert_eq!(greet(&service, "Ada").await.json()["debug_url"], first);
}

#[tokio::test(start_paused = true)]
async fn a_waiting_run_is_cancelled() {
    let asks = Definition::builder("asks")
        .question("q", "Which?")
        .build()
        .unwrap();
    let service = Emulator::builder()
        .workflow(asks)
        .build()
        .unwrap()
        .service();
    post(&service, RUN, json!({"workflow_id": "asks"})).await;
    let waiting = read(&service, "runs?status=interrupted").await;
    assert_eq!(waiting["runs"][0]["interrupt"]["content"], "Which?");
    let id = waiting["runs"][0]["execute_id"].as_str().unwrap();
    let path = format!("runs/{id}/cancel");
    assert_eq!(
        change(&service, "POST", &path, Value::Null).await["cancelled"],
        true
    );
    pass(1).await;
    assert_eq!(read(&service, "runs?status=cancel").await["total"], 1);
    assert_eq!(
        change(&service, "POST", &path, Value::Null).await["cancelled"],
        false
    );
}

#[tokio::test]
async fn a_snapshot_goes_to_another_emulator() {
    let one = service();
    let run = greet(&one, "Ada").await.json();
    let made = post(&one, "/v1/conversation/create", json!({"name": "talk"}))
        .await
        .json();
    let snapshot = read(&one, "snapshot").await;
    let other = service();
    greet(&other, "Grace").await;
    change(&other, "PUT", "snapshot", snapshot.clone()).await;
    assert_eq!(
        read(&other, "runs").await["runs"],
        read(&one, "runs").await["runs"]
    );
    assert_eq!(read(&other, "runs").await["started"]["greeting"], 1);
    let conversation = made["data"]["id"].as_str().unwrap();
    let path = format!("/v1/conversation/retrieve?conversation_id={conversation}");
    assert_eq!(get(&other, &path).await.json()["code"], 0);
    // Ids go on where they were.
    let next = greet(&other, "Ada").await.json();
    assert_ne!(next["debug_url"], run["debug_url"]);
    let refused = call(&other, "PUT", "snapshot", &json!({"version": 1})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("is not a snapshot"),
        "{}",
        refused.text()
    );
    let mut newer = snapshot;
    newer["version"] = 2.into();
    let refused = call(&other, "PUT", "snapshot", &newer).await;
    assert!(refused.text().contains("version 2"), "{}", refused.text());
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let service = service();
    for (method, path) in [("GET", "nowhere"), ("DELETE", "health")] {
        let response = call(&service, method, path, &Value::Null).await;
        assert_eq!(response.status, StatusCode::NOT_FOUND);
        assert!(
            response.text().contains("openapi.json"),
            "{}",
            response.text()
        );
    }
}
