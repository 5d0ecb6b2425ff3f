//! Settings of a client: they hold for each of its calls, unless the call has its own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use coze_workflow::{
    Client, ErrorKind, FileSource, HttpStack, Request, RetryPolicy, json_reply,
    transport::{BodyLimits, CallOptions},
};
use http::{HeaderName, HeaderValue, header::USER_AGENT};
use serde_json::json;

type Seen = Arc<Mutex<Vec<(String, CallOptions, Option<String>, Option<String>)>>>;

/// Notes path, options and two headers of each request.
fn transport(seen: &Seen) -> HttpStack {
    let seen = Arc::clone(seen);
    HttpStack::from_fn(move |request: Request| {
        let header = |name: &HeaderName| {
            let value = request.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let options = *request.extensions().get::<CallOptions>().unwrap();
        let path = request.uri().path().to_owned();
        let team = header(&HeaderName::from_static("x-team"));
        seen.lock()
            .unwrap()
            .push((path, options, team, header(&USER_AGENT)));
        async { json_reply(r#"{"code":0,"data":"{}","execute_id":"7413"}"#) }
    })
}

#[tokio::test(start_paused = true)]
async fn the_settings_of_a_client_hold_for_each_call_unless_the_call_has_its_own() {
    let seen = Seen::default();
    let coze = Client::builder()
        .transport(transport(&seen))
        .token("pat_123")
        .deadline(Duration::from_secs(20))
        .head_timeout(Duration::from_secs(7))
        .idle_timeout(Duration::from_secs(45))
        .max_attempts(2)
        .header(
            HeaderName::from_static("x-team"),
            HeaderValue::from_static("reports"),
        )
        .user_agent(HeaderValue::from_static("reports/1.0"))
        .build()
        .unwrap();

    coze.workflow("7366").run().await.unwrap();
    let run = coze
        .workflow("7366")
        .deadline(Duration::from_secs(90))
        .start()
        .await
        .unwrap();
    drop(run.status().await);
    drop(coze.workflows("7361").all().await);
    drop(coze.upload(FileSource::bytes("a.txt", &b"a"[..])).await);

    let seen = seen.lock().unwrap();
    assert!(seen.len() >= 5, "{seen:?}");
    for (place, (path, options, team, agent)) in seen.iter().enumerate() {
        let deadline = if place == 1 { 90 } else { 20 };
        assert_eq!(
            options.deadline,
            Some(Duration::from_secs(deadline)),
            "{path}"
        );
        assert_eq!(options.head_timeout, Some(Duration::from_secs(7)), "{path}");
        assert_eq!(
            options.idle_timeout,
            Some(Duration::from_secs(45)),
            "{path}"
        );
        assert_eq!(options.max_attempts, Some(2), "{path}");
        assert_eq!(team.as_deref(), Some("reports"), "{path}");
        assert_eq!(agent.as_deref(), Some("reports/1.0"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_deadline_of_the_client_does_not_hold_for_a_poll() {
    const HOUR: Duration = Duration::from_secs(3600);
    const MINUTE: Duration = Duration::from_secs(60);
    let row = json!({"data": [{
        "execute_status": "Success",
        "output": json!({"A": "part"}).to_string(),
        "is_output_trimmed": true,
        "node_execute_status": {"A": {"node_execute_uuid": "u-a"}},
    }]});
    let seen = Arc::new(Mutex::new(Vec::new()));
    let limits = Arc::clone(&seen);
    let stack = HttpStack::from_fn(move |request: Request| {
        let options = *request.extensions().get::<CallOptions>().unwrap();
        let path = request.uri().path().to_owned();
        let body = if path.ends_with("/execute_nodes/u-a") {
            r#"{"data":{"node_output":"part and more"}}"#.to_owned()
        } else {
            row.to_string()
        };
        limits.lock().unwrap().push((path, options.deadline));
        async { json_reply(body) }
    });
    let coze = |deadline| {
        let coze = Client::builder().transport(stack.clone()).token("pat_123");
        coze.deadline(deadline).build().unwrap()
    };
    // Polled once, waited for, and waited for with less than a minute left.
    let run = coze(HOUR).attach(("7366", "7413"));
    run.status().await.unwrap();
    run.wait().await.unwrap();
    run.wait().deadline(MINUTE / 2).await.unwrap();
    let long = std::mem::take(&mut *seen.lock().unwrap());
    let limits: Vec<_> = long.iter().map(|(_, limit)| limit.unwrap()).collect();
    // The rows, and what they had only a part of.
    assert_eq!(limits[..3], [MINUTE; 3], "{long:?}");
    assert_eq!(limits.len(), 5, "{long:?}");
    assert!(
        limits[3..].iter().all(|limit| *limit < MINUTE / 2),
        "{long:?}"
    );

    // A shorter one does.
    coze(MINUTE / 6)
        .attach(("7366", "7413"))
        .status()
        .await
        .unwrap();
    assert_eq!(seen.lock().unwrap()[0].1, Some(MINUTE / 6));
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_the_stack_is_reached_from_the_builder() {
    let busy =
        HttpStack::from_fn(|_: Request| async { json_reply(r#"{"code":4009,"msg":"busy"}"#) });
    let mut policy = RetryPolicy::default();
    policy.budget = coze_workflow::transport::RetryBudget::new(0);
    let coze = Client::builder()
        .transport(busy)
        .token("pat_123")
        .stack(|stack| stack.retry(policy))
        .build()
        .unwrap();
    // There is nothing to pay a retry from.
    let error = coze.workflow("7366").run().await.unwrap_err();
    assert_eq!(error.attempts().len(), 1);

    let mut limits = BodyLimits::default();
    limits.success = 8;
    let long = HttpStack::from_fn(|_: Request| async {
        json_reply(r#"{"code":0,"data":"more than 8 bytes"}"#)
    });
    let coze = Client::builder()
        .transport(long)
        .token("pat_123")
        .body_limits(limits)
        .build()
        .unwrap();
    let error = coze.workflow("7366").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport, "{error}");

    let proxy = Client::builder()
        .token("pat_123")
        .proxy("ftp://nowhere")
        .build()
        .unwrap();
    let error = proxy.workflow("7366").run().await.unwrap_err();
    assert!(
        error.to_string().contains("proxy") && !error.may_have_run(),
        "{error}"
    );
}
