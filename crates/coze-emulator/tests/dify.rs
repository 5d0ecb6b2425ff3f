//! Dify's dialect: what a client of it sees, written from recorded exchanges.

mod support;

use std::time::Duration;

use bytes::Bytes;
use coze_emulator::{Definition, Dialect, Emulator, EmulatorService, Limits};
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use support::{Response, pass, send};
use tokio::time::Instant;
use tower_service::Service;

const WORKFLOWS: [&str; 5] = [
    r#"{id: "7400000000000000301", name: greet, inputs: {name: {type: string, required: true}, times: {type: integer}},
        end: {variables: {greeting: "Hello, {{ name }}!"}}}"#,
    r#"{id: "7400000000000000302", name: slow, nodes: [{delay: {id: wait, milliseconds: 25000}}],
        end: {text: "Done."}}"#,
    r#"{id: "7400000000000000303", name: ask, nodes: [{question: {id: place, text: "Where to?"}}],
        end: {text: "To {{ place.answer }}."}}"#,
    r#"{id: "7400000000000000304", name: fail, nodes: [{fail: {id: broken, code: 7, message: "out of order"}}],
        end: {text: ""}}"#,
    r#"{id: "7400000000000000305", name: talk, mode: chatflow, end: {text: "Hi."}}"#,
];

fn emulator(limits: Limits) -> (Emulator, EmulatorService) {
    let mut builder = Emulator::builder()
        .dialect(Dialect::Dify)
        .without_builtins()
        .limits(limits);
    for yaml in WORKFLOWS {
        builder = builder.workflow(Definition::from_yaml(yaml).unwrap());
    }
    let emulator = builder.build().unwrap();
    let service = emulator.service();
    (emulator, service)
}

fn request(method: Method, path: &str, key: &str, body: &Value) -> Request<Full<Bytes>> {
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    Request::builder()
        .method(method)
        .uri(format!("http://dify.test{path}"))
        .header("authorization", format!("Bearer {key}"))
        .header("content-type", "application/json")
        .body(Full::new(body.into()))
        .unwrap()
}

async fn post(service: &EmulatorService, path: &str, key: &str, body: Value) -> Response {
    send(service, request(Method::POST, path, key, &body)).await
}

async fn get(service: &EmulatorService, path: &str, key: &str) -> Response {
    send(service, request(Method::GET, path, key, &Value::Null)).await
}

fn body(mode: &str, inputs: Value) -> Value {
    json!({ "inputs": inputs, "response_mode": mode, "user": "ada" })
}

/// The frames of a stream, each with the time at which it came, and when the body ended.
async fn frames(
    service: &EmulatorService,
    key: &str,
    inputs: Value,
) -> (Vec<(Duration, String)>, Duration) {
    let began = Instant::now();
    let request = request(
        Method::POST,
        "/v1/workflows/run",
        key,
        &body("streaming", inputs),
    );
    let response = service.clone().call(request).await.unwrap();
    assert_eq!(
        response.headers()["content-type"],
        "text/event-stream; charset=utf-8"
    );
    let mut body = response.into_body();
    let mut frames = Vec::new();
    while let Some(frame) = body.frame().await {
        let bytes = frame.unwrap().into_data().unwrap();
        frames.push((began.elapsed(), String::from_utf8(bytes.to_vec()).unwrap()));
    }
    (frames, began.elapsed())
}

fn event(frame: &str) -> Value {
    let data = frame
        .strip_prefix("data: ")
        .and_then(|frame| frame.strip_suffix("\n\n"));
    serde_json::from_str(data.unwrap_or_else(|| panic!("{frame}"))).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_blocking_run_and_its_record() {
    let (_, service) = emulator(Limits::default());
    let response = post(
        &service,
        "/v1/workflows/run",
        "app-greet",
        body("blocking", json!({ "name": "Ada" })),
    )
    .await;
    assert_eq!(response.status, StatusCode::OK);
    assert!(!response.headers.contains_key("x-tt-logid"));
    let reply = response.json();
    let run = reply["workflow_run_id"].as_str().unwrap();
    assert_eq!(run.len(), 36);
    assert_ne!(reply["task_id"], run);
    assert_eq!(reply["data"]["id"], run);
    assert_eq!(reply["data"]["status"], "succeeded");
    assert_eq!(
        reply["data"]["outputs"],
        json!({ "greeting": "Hello, Ada!" })
    );
    assert_eq!(reply["data"]["total_steps"], 2);
    let record = get(&service, &format!("/v1/workflows/run/{run}"), "app-greet")
        .await
        .json();
    // The inputs are JSON in a text, and inputs that were left out are null.
    let inputs: Value = serde_json::from_str(record["inputs"].as_str().unwrap()).unwrap();
    assert_eq!(inputs["name"], "Ada");
    assert_eq!(
        (&inputs["times"], &inputs["sys.user_id"]),
        (&Value::Null, &json!("ada"))
    );
    assert_eq!(record["status"], "succeeded");
    assert_eq!(record["outputs"], reply["data"]["outputs"]);
    // Another app's key does not see it, and an unknown run looks as if the server had failed.
    for (key, path) in [("app-slow", run), ("app-greet", "abc")] {
        let refused = get(&service, &format!("/v1/workflows/run/{path}"), key).await;
        assert_eq!(refused.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(refused.json()["code"], "unknown");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_pings_first_and_ends_a_second_after_its_last_event() {
    let (_, service) = emulator(Limits::default());
    let (frames, end) = frames(&service, "app-slow", json!({})).await;
    let seconds = |at: Duration| at.as_secs();
    let names: Vec<_> = frames
        .iter()
        .map(|(at, frame)| match frame.as_str() {
            "event: ping\n\n" => (seconds(*at), "ping".to_owned()),
            frame => (
                seconds(*at),
                event(frame)["event"].as_str().unwrap().to_owned(),
            ),
        })
        .collect();
    let expected = [
        (0, "ping"),
        (0, "workflow_started"),
        (0, "node_started"),
        (0, "node_finished"),
        (0, "node_started"),
        (10, "ping"),
        (20, "ping"),
        (25, "node_finished"),
        (25, "node_started"),
        (25, "node_finished"),
        (25, "text_chunk"),
        (25, "workflow_finished"),
    ];
    let names: Vec<_> = names
        .iter()
        .map(|(at, name)| (*at, name.as_str()))
        .collect();
    assert_eq!(names, expected);
    assert_eq!(end, frames.last().unwrap().0 + Duration::from_secs(1));
    let last = event(&frames.last().unwrap().1);
    let keys: Vec<_> = last.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["event", "workflow_run_id", "task_id", "data"]);
    assert_eq!(last["data"]["outputs"], json!({ "output": "Done." }));
    assert_eq!(last["data"]["elapsed_time"], 25.0);
    assert_eq!(last["data"]["created_by"]["user"], "ada");
}

#[tokio::test(start_paused = true)]
async fn a_streamed_run_whose_inputs_are_wrong_says_nothing_for_300_seconds() {
    let (emulator, service) = emulator(Limits::default());
    let (frames, end) = frames(&service, "app-greet", json!({})).await;
    let texts: Vec<_> = frames.iter().map(|(_, frame)| frame.as_str()).collect();
    assert_eq!(texts, ["event: ping\n\n"]);
    assert_eq!(
        (end.as_secs(), emulator.runs_started("greet")),
        (300, Some(0))
    );
    let refused = post(
        &service,
        "/v1/workflows/run",
        "app-greet",
        body("blocking", json!({})),
    )
    .await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(
        refused.json(),
        json!({ "code": "invalid_param", "message": "name is required in input form", "status": 400 })
    );
}

#[tokio::test(start_paused = true)]
async fn a_stop_has_two_outcomes_in_neither_of_which_stream_and_record_agree() {
    let (_, service) = emulator(Limits::default());
    let running = {
        let service = service.clone();
        tokio::spawn(async move { frames(&service, "app-slow", json!({})).await })
    };
    pass(3_000).await;
    let logs = get(&service, "/v1/workflows/logs", "app-slow").await.json();
    let run = logs["data"][0]["workflow_run"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(logs["data"][0]["workflow_run"]["status"], "running");
    let task = format!("{}t", &run[..35]);
    let stop = format!("/v1/workflows/tasks/{task}/stop");
    // Of another app's key, and for any id.
    for path in [stop.as_str(), "/v1/workflows/tasks/abc/stop"] {
        let stopped = post(&service, path, "app-greet", json!({ "user": "bob" })).await;
        assert_eq!(stopped.json(), json!({ "result": "success" }));
    }
    let (frames, _) = running.await.unwrap();
    let last = event(&frames.last().unwrap().1);
    assert_eq!(last["task_id"], task);
    assert_eq!(
        (&last["data"]["status"], &last["data"]["error"]),
        (&json!("stopped"), &json!("Stopped by user."))
    );
    let record = get(&service, &format!("/v1/workflows/run/{run}"), "app-slow")
        .await
        .json();
    assert_eq!(
        (&record["status"], &record["total_steps"]),
        (&json!("running"), &json!(0))
    );
    assert_eq!(record["finished_at"], Value::Null);
}

#[tokio::test(start_paused = true)]
async fn a_question_is_a_form_whose_sending_lets_the_run_go_on() {
    let (_, service) = emulator(Limits::default());
    let (frames, _) = frames(&service, "app-ask", json!({})).await;
    let [.., form, last] = &frames[..] else {
        panic!("{frames:?}")
    };
    let (form, last) = (event(&form.1), event(&last.1));
    assert_eq!(form["event"], "human_input_required");
    assert_eq!(form["data"]["form_content"], "Where to?");
    assert_eq!(last["event"], "workflow_paused");
    assert_eq!(
        last["data"]["reasons"][0]["form_token"],
        form["data"]["form_token"]
    );
    let run = last["workflow_run_id"].as_str().unwrap();
    let record = async || {
        get(&service, &format!("/v1/workflows/run/{run}"), "app-ask")
            .await
            .json()
    };
    assert_eq!(record().await["status"], "paused");
    // Without a key.
    let path = format!(
        "/api/form/human_input/{}",
        form["data"]["form_token"].as_str().unwrap()
    );
    let call = async |method: Method, body: Value| {
        let mut request = request(method, &path, "", &body);
        request.headers_mut().remove("authorization");
        send(&service, request).await
    };
    let page = call(Method::GET, Value::Null).await.json();
    assert_eq!(page["user_actions"], form["data"]["actions"]);
    for (sent, message) in [
        (
            json!({ "inputs": { "answer": "Lyon" }, "action": "nope" }),
            "Invalid action: nope",
        ),
        (
            json!({ "inputs": {}, "action": "submit" }),
            "Missing required inputs: answer",
        ),
    ] {
        let refused = call(Method::POST, sent).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(
            refused.json(),
            json!({ "code": "invalid_form_data", "message": message, "status": 400 })
        );
    }
    let whole = json!({ "inputs": { "answer": "Lyon" }, "action": "submit" });
    assert_eq!(call(Method::POST, whole.clone()).await.json(), json!({}));
    pass(10).await;
    let ended = record().await;
    assert_eq!(
        (&ended["status"], &ended["outputs"]),
        (&json!("succeeded"), &json!({ "output": "To Lyon." }))
    );
    let again = call(Method::POST, whole).await;
    assert_eq!(again.status, StatusCode::PRECONDITION_FAILED);
    assert_eq!(again.json()["code"], "human_input_form_submitted");
}

#[tokio::test(start_paused = true)]
async fn a_failed_run_is_a_success_of_the_call() {
    let (_, service) = emulator(Limits::default());
    let reply = post(
        &service,
        "/v1/workflows/run",
        "app-fail",
        body("blocking", json!({})),
    )
    .await;
    assert_eq!(reply.status, StatusCode::OK);
    let data = reply.json()["data"].clone();
    assert_eq!(
        (&data["status"], &data["outputs"]),
        (&json!("failed"), &json!({}))
    );
    assert!(data["error"].as_str().unwrap().contains("out of order"));
}

#[tokio::test(start_paused = true)]
async fn refusals_have_a_status_and_a_code_in_words() {
    let limits = {
        let mut limits = Limits::default();
        limits.active_runs = Some(1);
        limits
    };
    let (_, service) = emulator(limits);
    let good = body("blocking", json!({ "name": "Ada" }));
    let with = |name: &str, value: Value| {
        let mut body = good.clone();
        body[name] = value;
        body
    };
    for (path, key, body, status, code) in [
        (
            "/v1/workflows/run",
            "app-greet",
            with("user", json!("")),
            400,
            "invalid_param",
        ),
        (
            "/v1/workflows/run",
            "app-greet",
            with("inputs", json!([])),
            400,
            "invalid_param",
        ),
        (
            "/v1/workflows/run",
            "app-greet",
            with("response_mode", json!("x")),
            400,
            "invalid_param",
        ),
        (
            "/v1/workflows/run",
            "app-greet",
            with("inputs", json!({ "name": 7 })),
            400,
            "invalid_param",
        ),
        (
            "/v1/workflows/run",
            "app-talk",
            good.clone(),
            400,
            "not_workflow_app",
        ),
        (
            "/v1/workflows/7400000000000000302/run",
            "app-greet",
            good.clone(),
            404,
            "not_found",
        ),
        (
            "/v1/parameters",
            "app-greet",
            good.clone(),
            405,
            "method_not_allowed",
        ),
        (
            "/v1/workflows/tasks/abc/stop",
            "app-greet",
            json!({}),
            400,
            "invalid_param",
        ),
        (
            "/api/form/human_input/abc",
            "app-greet",
            json!({}),
            404,
            "not_found",
        ),
    ] {
        let refused = post(&service, path, key, body).await;
        assert_eq!(
            (refused.status.as_u16(), refused.json()["code"].as_str()),
            (status, Some(code)),
            "{path}"
        );
        assert_eq!(refused.json()["status"], status);
    }
    let unknown = get(&service, "/v1/nothing", "app-greet").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(unknown.headers["content-type"], "text/html; charset=utf-8");
    // Blocking runs count; all runs are refused.
    let running = {
        let service = service.clone();
        tokio::spawn(async move {
            post(
                &service,
                "/v1/workflows/run",
                "app-slow",
                body("blocking", json!({})),
            )
            .await
        })
    };
    pass(10).await;
    for mode in ["blocking", "streaming"] {
        let refused = post(
            &service,
            "/v1/workflows/run",
            "app-slow",
            body(mode, json!({})),
        )
        .await;
        assert_eq!(refused.json()["code"], "invalid_param");
        assert!(
            refused.json()["message"]
                .as_str()
                .unwrap()
                .starts_with("Too many requests.")
        );
    }
    assert_eq!(running.await.unwrap().status, StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn parameters_logs_and_info_tell_of_the_app() {
    let (_, service) = emulator(Limits::default());
    let parameters = get(&service, "/v1/parameters", "app-greet").await.json();
    assert_eq!(
        parameters["user_input_form"][0]["text-input"],
        json!({ "label": "name", "variable": "name", "type": "text-input", "required": true, "options": [] })
    );
    assert_eq!(
        parameters["user_input_form"][1]["number"]["variable"],
        "times"
    );
    let info = get(&service, "/v1/info", "app-talk").await.json();
    assert_eq!(
        (&info["name"], &info["mode"]),
        (&json!("talk"), &json!("advanced-chat"))
    );
    for name in ["Ada", "Bob", "Eve"] {
        let mut body = body("blocking", json!({ "name": name, "times": "12" }));
        body["user"] = format!("u-{name}").into();
        post(&service, "/v1/workflows/run", "app-greet", body).await;
    }
    let users = async |query: &str| {
        let logs = get(&service, &format!("/v1/workflows/logs{query}"), "app-greet")
            .await
            .json();
        let users = logs["data"].as_array().unwrap().iter();
        users
            .map(|one| {
                one["created_by_end_user"]["session_id"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect::<Vec<_>>()
    };
    // The newest first.
    assert_eq!(users("").await, ["u-Eve", "u-Bob", "u-Ada"]);
    assert_eq!(users("?page=2&limit=2").await, ["u-Ada"]);
    assert_eq!(
        users("?created_by_end_user_session_id=u-Bob").await,
        ["u-Bob"]
    );
    assert_eq!(users("?keyword=Hello,%20Eve").await, ["u-Eve"]);
    assert_eq!(users("?status=failed").await, [""; 0]);
    for bad in ["page=0", "limit=0", "limit=101", "status=running"] {
        let refused = get(&service, &format!("/v1/workflows/logs?{bad}"), "app-greet").await;
        assert_eq!(refused.json()["code"], "invalid_param", "{bad}");
    }
}
