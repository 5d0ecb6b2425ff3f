//! Dify's dialect: forms, refusals and what is known of an app.

mod support;

use coze_emulator::Limits;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{
    dify::{body, emulator, event, frames, get, post, request},
    pass, send,
};

#[tokio::test(start_paused = true)]
async fn a_question_is_a_form_whose_sending_lets_the_run_go_on() {
    let (_, service) = emulator(Limits::default());
    let (frames, _) = frames(&service, "app-ask", &json!({})).await;
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
async fn refusals_have_a_status_and_a_code_in_words() {
    let (_, service) = emulator(Limits::default());
    let good = body("blocking", &json!({ "name": "Ada" }));
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
}

#[tokio::test(start_paused = true)]
async fn too_many_blocking_runs_at_a_time_refuse_any_run() {
    let mut limits = Limits::default();
    limits.active_runs = Some(1);
    let (_, service) = emulator(limits);
    let running = {
        let service = service.clone();
        tokio::spawn(async move {
            post(
                &service,
                "/v1/workflows/run",
                "app-slow",
                body("blocking", &json!({})),
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
            body(mode, &json!({})),
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
        let mut body = body("blocking", &json!({ "name": name, "times": "12" }));
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
