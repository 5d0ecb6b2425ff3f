//! What goes out on the wire and what an answer becomes, over a scripted server.

mod script;

use std::time::Duration;

use coze_workflow::{Client, ErrorKind, Outcome, models, testing::SentRequest};
use script::{broken, client, sent};
use tokio::time::Instant;

#[tokio::test]
async fn a_run_is_written_as_documented() {
    let (coze, seen) = client(|_| r#"{"data":"{}"}"#.into());
    let run = coze
        .workflow("7366")
        .parameter("id", 9_007_199_254_740_993_i64)
        .parameter("city", "Lyon")
        .bot_id("73")
        .ext("user_id", "u-17")
        .version("v0.0.5")
        .connector_id("1024");
    run.run().await.unwrap();
    let seen = sent(&seen);
    let (target, body) = &seen[0];
    assert_eq!(target, "POST /v1/workflow/run");
    let body: serde_json::Value = serde_json::from_str(body).unwrap();
    assert_eq!(
        body,
        serde_json::json!({"workflow_id": "7366", "bot_id": "73", "ext": {"user_id": "u-17"},
            "parameters": {"id": 9_007_199_254_740_993_i64, "city": "Lyon"},
            "workflow_version": "v0.0.5", "connector_id": "1024"})
    );
}

#[tokio::test]
async fn a_request_above_20_mb_is_refused_before_anything_is_sent() {
    let (coze, seen) = client(|_| r#"{"data":"done"}"#.into());
    let run = |size| coze.workflow("1").parameter("x", "x".repeat(size));
    for refused in [
        run(20 << 20).run().await.unwrap_err(),
        run(20 << 20).stream().await.unwrap_err(),
    ] {
        assert_eq!(refused.kind(), ErrorKind::Build);
        assert!(!refused.may_have_run() && refused.to_string().contains("20 MB"));
    }
    assert_eq!(seen.requests().len(), 0);
    run((20 << 20) - 100).run().await.unwrap();
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn bad_input_is_refused_before_anything_is_sent() {
    let (coze, seen) = client(|_| "{}".into());
    let nan = coze
        .workflow("1")
        .parameter("x", f64::NAN)
        .run()
        .await
        .unwrap_err();
    let both = coze
        .workflow("1")
        .bot_id("1")
        .app_id("2")
        .run()
        .await
        .unwrap_err();
    let escape = coze.attach(("../admin", "1")).status().await.unwrap_err();
    let with = async |name: http::HeaderName| {
        let call = coze.call(models::RunWorkflow::new("1"));
        let call = call.header(name, "x".parse().unwrap());
        call.await.unwrap_err()
    };
    let authorization = with(http::header::AUTHORIZATION).await;
    // A second one beside that of the body; a server that is asked to wait for the body.
    let content_type = with(http::header::CONTENT_TYPE).await;
    let expect = with(http::header::EXPECT).await;
    for (error, say) in [
        (&nan, "`x`"),
        (&both, "exclude"),
        (&escape, "path"),
        (&authorization, "`authorization`"),
        (&content_type, "`content-type`"),
        (&expect, "`expect`"),
    ] {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(!error.may_have_run());
        let mut text = error.to_string();
        if let Some(source) = error.cause() {
            text.push_str(&source.to_string());
        }
        assert!(text.contains(say), "{text}");
    }
    assert!(seen.requests().is_empty());
}

#[tokio::test]
async fn whether_a_run_may_have_been_started_is_told() {
    for (outcome, may) in [(Outcome::NotAccepted, false), (Outcome::Unknown, true)] {
        let (coze, seen) = client(move |_| broken(outcome));
        let error = coze.workflow("1").run().await.unwrap_err();
        assert_eq!(error.may_have_run(), may);
        assert_eq!(error.is_retryable(), !may);
        assert_eq!(seen.requests().len(), 1);
        // Reading twice does no harm, whatever became of the first.
        let error = coze.attach(("1", "2")).status().await.unwrap_err();
        assert!(!error.may_have_run() && error.is_retryable());
    }
    for (body, may, outcome) in [
        (r#"{"code":4000,"msg":"bad"}"#, false, Outcome::NotAccepted),
        (r#"{"code":5000,"msg":"oh"}"#, true, Outcome::Unknown),
        (
            r#"{"code":4000,"debug_url":"https://h/?execute_id=1"}"#,
            true,
            Outcome::Accepted,
        ),
        (r#"{"code":123456789}"#, true, Outcome::Unknown),
    ] {
        let (coze, _) = client(move |_| body.into());
        let error = coze.workflow("1").run().await.unwrap_err();
        assert_eq!(
            (error.may_have_run(), error.outcome()),
            (may, outcome),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_interrupt_is_an_error_that_carries_it() {
    let (coze, _) = client(|_| {
        r#"{"code":0,"execute_id":"75","interrupt_data":{"event_id":"75/90","type":2,"data":""}}"#
            .into()
    });
    let error = coze.workflow("1").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.execute_id(), Some("75"));
    let interrupt = error.interrupt().unwrap();
    assert_eq!(interrupt.event_id.as_ref().unwrap(), &"75/90");
    assert_eq!(interrupt.r#type, Some(models::InterruptType::Question));
}

#[tokio::test(start_paused = true)]
async fn a_wait_asks_less_and_less_often_and_outlasts_passing_failures() {
    let (coze, seen) = client(|call| match call {
        1 => r#"{"code":4314,"msg":"no record"}"#.into(),
        2 => r#"{"data":[]}"#.into(),
        3 | 5 => broken(Outcome::Unknown),
        30 => r#"{"data":[{"execute_status":"Success","output":"{\"Output\":\"done\"}"}]}"#.into(),
        _ => r#"{"data":[{"execute_status":"Running"}]}"#.into(),
    });
    let begin = Instant::now();
    let output = coze.attach(("1", "2")).wait().await.unwrap();
    assert_eq!(output.text(), "done");
    assert_eq!(seen.requests().len(), 30);
    let mean = begin.elapsed() / 30;
    assert!(
        mean > Duration::from_secs(18) && mean < Duration::from_secs(30),
        "{mean:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_by_its_deadline_and_names_the_run() {
    let (coze, _) = client(|_| r#"{"data":[{"execute_status":"Running"}]}"#.into());
    let begin = Instant::now();
    let run = coze.attach(("1", "7413"));
    let limit = Duration::from_secs(100);
    let error = run.wait().deadline(limit).await.unwrap_err();
    assert_eq!(begin.elapsed(), limit);
    assert_eq!(
        (error.kind(), error.execute_id()),
        (ErrorKind::Timeout, Some("7413"))
    );
    assert!(error.may_have_run() && error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn a_wait_gives_up_on_lasting_failures() {
    let (coze, seen) = client(|_| broken(Outcome::Unknown));
    let error = coze.attach(("1", "2")).wait().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert_eq!(seen.requests().len(), 10);
    // A run that stays unknown was never there.
    let (coze, seen) = client(|_| r#"{"code":4314,"msg":"no record"}"#.into());
    let error = coze.attach(("1", "2")).wait().await.unwrap_err();
    assert_eq!(error.code(), Some(4314));
    assert!(seen.requests().len() > 2);
}

#[tokio::test(start_paused = true)]
async fn each_way_a_run_can_end_is_told_apart() {
    for (row, kind, code, text) in [
        (
            r#"{"data":[{"execute_status":"Fail","error_code":"5003","error_message":"node 7"}]}"#,
            ErrorKind::Api,
            Some(5003),
            "node 7",
        ),
        (
            r#"{"data":[{"execute_status":"Cancel"}]}"#,
            ErrorKind::Cancelled,
            None,
            "cancelled",
        ),
        (
            r#"{"data":[{"execute_status":"<UNSET>"}]}"#,
            ErrorKind::Interrupted,
            None,
            "waits",
        ),
        (
            r#"{"data":[{"execute_status":"Running","interrupt_data":{"event_id":"1/2","type":5}}]}"#,
            ErrorKind::Interrupted,
            None,
            "waits",
        ),
    ] {
        let (coze, seen) = client(move |_| row.into());
        let error = coze.attach(("1", "2")).wait().await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (kind, code));
        assert!(error.to_string().contains(text), "{error}");
        assert_eq!(seen.requests().len(), 1);
    }
}

/// Requests of a client for `base`, as their targets.
async fn targets(base: &str) -> Vec<String> {
    let (stack, seen) = script::stack(|_| r#"{"data":{"items":[]}}"#.into());
    let coze = Client::builder().base_url(base).transport(stack);
    let coze = coze.build().unwrap();
    coze.workflow("7366").run().await.unwrap();
    let list = coze.workflows("a b&c=d/?#é").app_id("%2F");
    list.all().await.unwrap();
    let requests = seen.requests();
    let uri = |request: &SentRequest| request.http().uri().to_string();
    requests.iter().map(uri).collect()
}

#[tokio::test]
async fn a_base_url_may_end_in_a_slash_and_have_a_prefix_and_values_are_encoded() {
    let query = "?workspace_id=a%20b%26c%3Dd%2F%3F%23%C3%A9&page_num=1&page_size=30&app_id=%252F";
    for (base, stem) in [
        ("https://h", "https://h"),
        ("https://h/", "https://h"),
        ("https://h:8443/coze/api", "https://h:8443/coze/api"),
        ("https://h/coze/api///", "https://h/coze/api"),
    ] {
        let run = format!("{stem}/v1/workflow/run");
        let list = format!("{stem}/v1/workflows{query}");
        assert_eq!(targets(base).await, [run, list]);
    }
}

#[tokio::test]
async fn what_the_caller_passed_is_not_changed() {
    let (stack, seen) = script::stack(|_| r#"{"data":"x"}"#.into());
    let coze = Client::builder().base_url("https://h").transport(stack);
    let coze = coze.token("pat_1").build().unwrap();
    let inputs = serde_json::json!({"id": 9_007_199_254_740_993_u64, "list": [1]});
    let before = inputs.clone();
    let own = http::HeaderName::from_static("x-own");
    let workflow = coze.workflow("7366").parameters(&inputs).unwrap();
    let workflow = workflow.header(own, "7".parse().unwrap());
    // The same workflow again sends the same, whatever was added to a copy of it.
    workflow.clone().parameter("more", 1).run().await.unwrap();
    workflow.clone().run().await.unwrap();
    workflow.run().await.unwrap();
    assert_eq!(inputs, before);
    let bodies: Vec<_> = sent(&seen).into_iter().map(|(_, body)| body).collect();
    assert!(bodies[0].contains("more") && !bodies[1].contains("more"));
    assert_eq!(bodies[1], bodies[2]);
    assert!(bodies[1].contains("9007199254740993"));
    for request in seen.requests() {
        let own: Vec<_> = request.http().headers().get_all("x-own").iter().collect();
        assert_eq!(own, ["7"]);
    }
}
