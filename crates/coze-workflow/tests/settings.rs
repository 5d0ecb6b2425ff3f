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
        assert_eq!(options.max_attempts, Some(2), "{path}");
        assert_eq!(team.as_deref(), Some("reports"), "{path}");
        assert_eq!(agent.as_deref(), Some("reports/1.0"), "{path}");
    }
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
