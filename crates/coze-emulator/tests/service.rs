//! The emulator as a service in this process.

mod support;

use std::time::Duration;

use coze_emulator::Emulator;
use http::Request;
use http_body_util::Full;
use serde_json::json;
use support::{builtins, post};

const RUN: &str = "/v1/workflow/run";

#[tokio::test]
async fn the_same_seed_and_clock_give_the_same_bytes() {
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let service = Emulator::builder()
            .seed(1)
            .unix_time(Duration::from_secs(1_767_225_600))
            .base_url("http://emulator/")
            .build()
            .unwrap()
            .service();
        let response = post(
            &service,
            RUN,
            json!({"workflow_id": "greeting", "parameters": {"name": "A"}}),
        )
        .await;
        bodies.push(response.text());
    }
    assert_eq!(bodies[0], bodies[1]);
    assert!(
        bodies[0].contains("\"http://emulator/work_flow?"),
        "{}",
        bodies[0]
    );
}

#[test]
fn the_service_fits_a_client_stack() {
    // What an erased client stack asks of the service at its bottom.
    fn fits<S>(_: S)
    where
        S: tower_service::Service<
                Request<Full<bytes::Bytes>>,
                Response = http::Response<axum::body::Body>,
            > + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
    }
    fits(builtins());
}

#[tokio::test]
async fn what_a_run_was_started_with_is_known() {
    let emulator = Emulator::builder().build().unwrap();
    let service = emulator.service();
    for name in ["Ada", "Grace"] {
        let body = json!({"workflow_id": "greeting", "parameters": {"name": name}});
        post(&service, RUN, body).await;
    }
    let ids = emulator.execute_ids("greeting");
    let inputs: Vec<_> = ids.iter().filter_map(|id| emulator.inputs(id)).collect();
    assert_eq!(json!(inputs), json!([{"name": "Ada"}, {"name": "Grace"}]));
    assert_eq!(emulator.inputs("1"), None);
    assert!(emulator.execute_ids("nowhere").is_empty());
}
