//! What an error says to do, and what stands in a report.

use std::collections::BTreeMap;

use coze_emulator::{Definition, Emulator, Limits};
use coze_transport::{Outcome, ResponseBody, TransportError};
use coze_workflow::{Client, Dialect, Error, ErrorKind, HttpStack, Region, json_reply, models};

fn over(emulator: &Emulator, token: &str, dialect: Dialect) -> Client {
    Client::builder()
        .dialect(dialect)
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token(token)
        .build()
        .unwrap()
}

fn emulator(dialect: coze_emulator::Dialect) -> Emulator {
    let mut limits = Limits::default();
    limits.paid_plan = false;
    let draft = Definition::builder("draft")
        .id("7400000000000000888")
        .returns("n", 1)
        .unpublished();
    Emulator::builder()
        .dialect(dialect)
        .limits(limits)
        .workflow(draft.build().unwrap())
        .other_region_tokens("cn_")
        .build()
        .unwrap()
}

/// The hint of an error, which must be there.
fn hint(error: &Error) -> String {
    error.hint().unwrap_or_default().into_owned()
}

#[tokio::test]
async fn the_common_mistakes_are_told_in_plain_words_on_the_cloud() {
    let emulator = emulator(coze_emulator::Dialect::Cloud);
    let coze = over(&emulator, "pat_1", Dialect::Cloud);

    let missing = coze.workflow("greeting").run().await.unwrap_err();
    assert_eq!(missing.code(), Some(4000));
    assert!(hint(&missing).contains("`name`"), "{}", hint(&missing));

    let draft = coze.workflow("draft").run().await.unwrap_err();
    assert_eq!(draft.code(), Some(4200));
    assert!(hint(&draft).contains("publish"), "{}", hint(&draft));

    let free = coze.workflow("greeting").parameter("name", "Ada").start();
    let free = free.await.unwrap_err();
    assert_eq!(free.code(), Some(6003));
    assert!(hint(&free).contains("stream()"), "{}", hint(&free));
    assert!(!free.may_have_run());

    let unknown = coze
        .attach(("greeting", "7399"))
        .status()
        .await
        .unwrap_err();
    assert_eq!(unknown.code(), Some(4314));
    assert!(hint(&unknown).contains("id"), "{}", hint(&unknown));
    let node = coze.attach(("greeting", "7399")).node_output("u");
    assert!(hint(&node.await.unwrap_err()).contains("24 hours"));

    let stranger = over(&emulator, "cn_1", Dialect::Cloud);
    let error = stranger.workflow("greeting").run().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::Auth, Some(700_012_006))
    );
    assert!(hint(&error).contains("coze.cn") && hint(&error).contains("coze.com"));
    assert_eq!(emulator.runs_started_in_all(), 0);
}

#[tokio::test]
async fn and_on_a_self_hosted_server() {
    let emulator = emulator(coze_emulator::Dialect::Studio);
    let coze = over(&emulator, "pat_1", Dialect::Studio);
    let missing = coze
        .workflow("7400000000000000101")
        .run()
        .await
        .unwrap_err();
    assert!(hint(&missing).contains("`name`"), "{}", hint(&missing));
    let draft = coze
        .workflow("7400000000000000888")
        .run()
        .await
        .unwrap_err();
    assert_eq!(draft.code(), Some(6031));
    assert!(hint(&draft).contains("Publish"), "{}", hint(&draft));
}

#[tokio::test]
async fn a_token_of_the_other_region_is_told_by_the_region_that_was_called() {
    for (region, other) in [(Region::Com, Region::Cn), (Region::Cn, Region::Com)] {
        for body in [
            r#"{"code":4100,"msg":"authentication is invalid"}"#,
            r#"{"code":700012006,"msg":"access token invalid"}"#,
        ] {
            let stack = HttpStack::from_fn(move |_| async move { json_reply(body) });
            let coze = Client::builder().region(region).transport(stack);
            let coze = coze.token("pat_1").build().unwrap();
            let error = coze.workspaces().all().await.unwrap_err();
            let hint = hint(&error);
            assert!(
                hint.contains(&format!("token for {}", region.base_url())),
                "{hint}"
            );
            assert!(hint.contains(other.base_url()), "{hint}");
            assert!(error.report().contains(region.base_url()));
        }
    }
}

#[tokio::test]
async fn what_takes_too_long_is_sent_to_start_and_stream() {
    let stack = HttpStack::from_fn(|_| async {
        let mut page = http::Response::new(ResponseBody::full("<html>Gateway Time-out".into()));
        *page.status_mut() = http::StatusCode::GATEWAY_TIMEOUT;
        Ok::<_, TransportError>(page)
    });
    let coze = Client::new(stack);
    let error = coze.workflow("1").run().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Http);
    assert!(error.may_have_run());
    assert!(
        hint(&error).contains("start() or stream()"),
        "{}",
        hint(&error)
    );
    // Nobody else: what goes on in the background or comes as a stream already cannot be sent there.
    let chat = coze.workflow("1").chat("Hi").await.unwrap_err();
    let stream = coze.workflow("1").stream().await.unwrap_err();
    let history = coze.attach(("1", "2")).status().await.unwrap_err();
    let spaces = coze.workspaces().all().await.unwrap_err();
    for (error, runs) in [
        (chat, true),
        (stream, true),
        (history, false),
        (spaces, false),
    ] {
        assert_eq!(error.kind(), ErrorKind::Http, "{error}");
        assert_eq!(error.may_have_run(), runs, "{error}");
        let hint = hint(&error);
        assert!(hint.contains("gateway gave up"), "{error}: {hint}");
        assert!(!hint.contains("start()"), "{error}: {hint}");
    }

    let stack = HttpStack::from_fn(|_| async {
        let kind = coze_transport::ErrorKind::Closed;
        Err::<coze_workflow::Response, _>(TransportError::new(kind, Outcome::Unknown, "it broke"))
    });
    let coze = Client::new(stack);
    let error = coze.workflow("1").run().await.unwrap_err();
    assert!(hint(&error).contains("history") && hint(&error).contains("start() or stream()"));
    assert!(coze.workspaces().all().await.unwrap_err().hint().is_none());
}

#[tokio::test]
async fn a_permission_that_is_missing_is_named() {
    let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"code":4101,"msg":"no"}"#) });
    let coze = Client::new(stack);
    for (error, scope) in [
        (
            coze.workflows("1").all().await.unwrap_err(),
            "`listWorkflow`",
        ),
        (coze.workflow("1").run().await.unwrap_err(), "`run`"),
        (coze.file("1").await.unwrap_err(), "`retrieveFile`"),
    ] {
        assert!(hint(&error).contains(scope), "{}", hint(&error));
    }
    // A message that only mentions quotes names no input.
    for (message, named) in [
        ("Missing required parameter 'city'", true),
        ("field \\\"city\\\" is required", true),
        ("The field in 'parameters' is missing", false),
        ("'bot_id' and 'app_id' exclude each other", false),
        ("Missing parameters", false),
        ("required: 'two words'", false),
    ] {
        let body = format!(r#"{{"code":4000,"msg":"{message}"}}"#);
        let stack = HttpStack::from_fn(move |_| {
            let body = body.clone();
            async move { json_reply(body) }
        });
        let error = Client::new(stack).workflow("1").run().await.unwrap_err();
        assert_eq!(
            hint(&error).contains("`city`"),
            named,
            "{message}: {}",
            hint(&error)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_holds_all_that_is_known_and_no_token() {
    let stack = HttpStack::from_fn(|_| async {
        let body = r#"{"code":4009,"msg":"busy, Bearer pat_canary","debug_url":"https://www.coze.cn/work_flow?x=1"}"#;
        let mut answer = json_reply(body)?;
        let headers = answer.headers_mut();
        headers.insert("x-tt-logid", "2026ABC".parse()?);
        headers.insert("retry-after", "7".parse()?);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(answer)
    });
    let coze = Client::builder().transport(stack).token("pat_canary");
    let coze = coze.region(Region::Cn).build().unwrap();
    let error = coze.workflow("7366").run().await.unwrap_err();
    let report = error.report();
    let rows: BTreeMap<&str, &str> = report
        .lines()
        .skip(1)
        .filter_map(|line| line.trim().split_once(": "))
        .collect();
    for (row, say) in [
        ("kind", "Api"),
        ("code", "4009"),
        ("http status", "200"),
        ("log id", "2026ABC"),
        ("debug url", "https://www.coze.cn/work_flow?x=1"),
        ("outcome", "no run was started"),
        ("attempts", "3"),
        ("attempt 1", "log id 2026ABC"),
        ("attempt 3", "HTTP 200"),
        ("retry after, s", "7"),
        ("region", "https://api.coze.cn"),
        ("client", "coze-workflow/"),
        ("body", "busy"),
    ] {
        assert!(
            rows.get(row).is_some_and(|text| text.contains(say)),
            "{row} in:\n{report}"
        );
    }
    assert!(rows.contains_key("hint"), "{report}");
    assert!(report.starts_with("run_workflow: the service responded with code 4009: busy"));
    assert!(!report.contains("canary"), "{report}");
    // The raw body is there for those who want it, on success as well.
    let stack = HttpStack::from_fn(|_| async { json_reply(r#"{"data":[],"unknown":1}"#) });
    let reply = Client::new(stack)
        .call(models::GetRunHistory::new("1", "2"))
        .await
        .unwrap();
    assert_eq!(reply.raw(), r#"{"data":[],"unknown":1}"#);
}
