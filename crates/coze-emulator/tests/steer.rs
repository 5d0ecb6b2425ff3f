//! What the control API changes.

mod support;

use coze_emulator::{Definition, Emulator, EmulatorService};
use http::StatusCode;
use serde_json::{Value, json};
use support::{Response, builtins as service, change, control, get, pass, post, read};

const RUN: &str = "/v1/workflow/run";

async fn greet(service: &EmulatorService, name: &str) -> Response {
    let body = json!({"workflow_id": "greeting", "parameters": {"name": name}});
    post(service, RUN, body).await
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
    let refused = control(&service, "POST", "faults", &json!({"fault": "stutter"})).await;
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
    let refused = control(&service, "POST", "clock", &json!({"sped": 2})).await;
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
        let refused = control(&service, "PATCH", "limits", &wrong).await;
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
    let unknown = control(&service, "DELETE", "apps/a", &Value::Null).await;
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
    let calls = read(&service, "calls").await;
    assert_eq!(
        (&calls["counts"], &calls["calls"]),
        (&json!({}), &json!([]))
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
    let refused = control(&other, "PUT", "snapshot", &json!({"version": 1})).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(
        refused.text().contains("is not a snapshot"),
        "{}",
        refused.text()
    );
    let mut newer = snapshot;
    newer["version"] = 2.into();
    let refused = control(&other, "PUT", "snapshot", &newer).await;
    assert!(refused.text().contains("version 2"), "{}", refused.text());
}
