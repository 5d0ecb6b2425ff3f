//! Lists, descriptions and conversations: what goes out, and what the pages become.

mod script;

use std::{pin::Pin, task::Poll, time::Duration};

use coze_workflow::{
    Client, ErrorKind, HttpStack, Outcome, Request, json_reply,
    models::{ListWorkflows, PublishStatus, WorkflowMode},
    testing::Script,
};
use futures_core::Stream;

/// A client that gets one response after another, and what it asked.
fn scripted(responses: &'static [&'static str]) -> (Client, Script) {
    script::client(|number| match responses[number - 1] {
        "lost" => script::broken(Outcome::Unknown),
        response => response.into(),
    })
}

/// Method, URI and body of each request.
fn asked(script: &Script) -> Vec<String> {
    let line = |(target, body)| format!("{target} {body}").trim_end().to_owned();
    script::sent(script).into_iter().map(line).collect()
}

async fn next<S: Stream + Unpin>(stream: &mut S) -> Option<S::Item> {
    std::future::poll_fn(|cx| Pin::new(&mut *stream).poll_next(cx)).await
}

const TWO: &str = r#"{"data":{"has_more":true,"items":[{"workflow_id":"1"},{"workflow_id":"2"}]}}"#;
const LAST: &str = r#"{"data":{"has_more":false,"items":[{"workflow_id":3}]}}"#;

#[tokio::test]
async fn items_and_pages_ask_for_what_is_wanted_and_no_more() {
    let (coze, seen) = scripted(&[TWO, LAST]);
    let mut items = coze.workflows("73").items();
    assert!(seen.requests().is_empty());
    for id in ["1", "2"] {
        let item = items.try_next().await.unwrap().unwrap();
        assert_eq!(item.workflow_id.unwrap(), id);
    }
    assert_eq!(seen.requests().len(), 1);
    assert_eq!(
        next(&mut items)
            .await
            .unwrap()
            .unwrap()
            .workflow_id
            .unwrap(),
        "3"
    );
    assert!(items.try_next().await.unwrap().is_none());
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(
        asked(&seen),
        [
            "GET /v1/workflows?workspace_id=73&page_num=1&page_size=30",
            "GET /v1/workflows?workspace_id=73&page_num=2&page_size=30"
        ]
    );

    let (coze, _) = scripted(&[TWO, LAST]);
    let mut pages = coze.workflows("73").pages();
    let page = pages.try_next().await.unwrap().unwrap();
    assert_eq!(
        (page.get_ref().items.len(), page.get_ref().has_more),
        (2, true)
    );
    assert_eq!(page.raw(), TWO);
    assert_eq!(
        next(&mut pages)
            .await
            .unwrap()
            .unwrap()
            .get_ref()
            .items
            .len(),
        1
    );
    assert!(next(&mut pages).await.is_none());

    let (coze, _) = scripted(&[TWO, LAST]);
    assert_eq!(coze.workflows("73").all().await.unwrap().len(), 3);
}

#[tokio::test]
async fn every_parameter_of_the_lists_reaches_the_wire() {
    let empty = r#"{"data":{"items":null,"workspaces":null}}"#;
    let (coze, seen) = scripted(Box::leak(Box::new([empty; 4])));
    let list = coze
        .workflows("73")
        .mode(WorkflowMode::Chatflow)
        .app_id("7481")
        .publish_status(PublishStatus::All)
        .page_size(5)
        .from_page(2);
    assert!(list.all().await.unwrap().is_empty());
    let list = coze
        .workflow("7538")
        .versions()
        .publish_status("unpublished_draft")
        .with_shapes(true)
        .page_size(1)
        .from_token("17/52");
    assert!(list.all().await.unwrap().is_empty());
    let list = coze
        .workspaces()
        .enterprise_id("volcano_1")
        .user("385", "386")
        .page_size(2)
        .from_page(3);
    assert!(list.all().await.unwrap().is_empty());
    let page = coze.list(ListWorkflows::new("73", 9)).page().await.unwrap();
    assert!(page.get_ref().items.is_empty());
    assert_eq!(
        asked(&seen),
        [
            "GET /v1/workflows?workspace_id=73&page_num=2&page_size=5&workflow_mode=chatflow&app_id=7481&publish_status=all",
            "GET /v1/workflows/7538/versions?publish_status=unpublished_draft&page_size=1&page_token=17%2F52&include_input_output=true",
            "GET /v1/workspaces?page_num=3&page_size=2&enterprise_id=volcano_1&user_id=386&coze_account_id=385",
            "GET /v1/workflows?workspace_id=73&page_num=9",
        ]
    );
}

#[tokio::test]
async fn what_no_server_takes_is_refused_before_it_is_sent() {
    let (coze, seen) = scripted(&[]);
    let mut errors = vec![
        coze.workflows("").all().await.unwrap_err(),
        coze.workflows("1").page_size(31).all().await.unwrap_err(),
        coze.workflows("1").from_page(0).page().await.unwrap_err(),
        coze.workflow("1")
            .versions()
            .page_size(0)
            .all()
            .await
            .unwrap_err(),
        coze.workspaces().page_size(51).all().await.unwrap_err(),
    ];
    let mut half = coze_workflow::models::ListWorkspaces::new();
    half.user_id = Some("1".into());
    errors.push(coze.list(half).all().await.unwrap_err());
    let says = [
        "workspace id",
        "1 to 30",
        "from 1",
        "1 to 30",
        "1 to 50",
        "together",
    ];
    for (error, say) in errors.iter().zip(says) {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(error.to_string().contains(say), "{error}");
    }
    // Once, and then the list is over.
    let mut items = coze.workflows("").items();
    assert!(items.try_next().await.is_err());
    assert!(items.try_next().await.unwrap().is_none());
    assert!(seen.requests().is_empty());
}

#[tokio::test]
async fn an_empty_page_that_promises_more_is_an_error_told_once() {
    let empty = r#"{"data":{"has_more":true,"items":null},"detail":{"logid":"2026"}}"#;
    let (coze, seen) = scripted(Box::leak(Box::new([TWO, empty])));
    let mut all = Vec::new();
    let mut items = coze.workflows("73").items();
    let error = items.collect_into(&mut all).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_eq!(
        (error.operation(), error.log_id()),
        ("list_workflows", Some("2026"))
    );
    // What was read before stays.
    assert_eq!(all.len(), 2);
    assert!(items.try_next().await.unwrap().is_none());
    assert_eq!(seen.requests().len(), 2);
}

#[tokio::test]
async fn a_token_that_comes_twice_or_not_at_all_is_an_error_after_its_page() {
    let page = |token: &str| -> &'static str {
        let page = format!(
            r#"{{"data":{{"has_more":true,"next_page_token":{token},"items":[{{"version":"v1"}}]}}}}"#
        );
        Box::leak(page.into_boxed_str())
    };
    let over = r#"{"data":{"has_more":false,"next_page_token":"a","items":[{"version":"v1"}]}}"#;
    for (answers, read, ok) in [
        (vec![page("\"a\""), page("\"b\""), over], 3, true),
        (vec![page("\"a\""), page("\"a\"")], 2, false),
        (vec![page("\"a\""), page("\"b\""), page("\"a\"")], 3, false),
        (vec![page("\"\"")], 1, false),
        (vec![page("null")], 1, false),
    ] {
        let calls = answers.len();
        let (coze, seen) = scripted(Box::leak(answers.into_boxed_slice()));
        let mut all = Vec::new();
        let mut items = coze.workflow("75").versions().items();
        let result = items.collect_into(&mut all).await;
        assert_eq!((all.len(), result.is_ok()), (read, ok));
        if let Err(error) = result {
            assert_eq!(error.kind(), ErrorKind::Paging);
        }
        assert!(items.try_next().await.unwrap().is_none());
        assert_eq!(seen.requests().len(), calls);
    }
    // The token that the list began with counts as read.
    let (coze, _) = scripted(Box::leak(Box::new([page("\"a\"")])));
    let mut items = coze.workflow("75").versions().from_token("a").items();
    assert!(items.try_next().await.unwrap().is_some());
    assert_eq!(
        items.try_next().await.unwrap_err().kind(),
        ErrorKind::Paging
    );
}

#[tokio::test]
async fn a_numbered_page_that_comes_twice_is_an_error_after_it() {
    let page = |name: &str, id: u32| -> &'static str {
        let page = format!(
            r#"{{"data":{{"has_more":true,"items":[{{"workflow_id":"{name}"}}]}},"detail":{{"logid":"{id}"}}}}"#
        );
        Box::leak(page.into_boxed_str())
    };
    for pages in [
        vec![page("a", 1), page("a", 2)],
        vec![page("a", 1), page("b", 2), page("a", 3)],
    ] {
        let calls = pages.len();
        let (coze, seen) = scripted(Box::leak(pages.into_boxed_slice()));
        let mut all = Vec::new();
        let mut items = coze.workflows("73").items();
        let error = items.collect_into(&mut all).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Paging);
        assert_eq!(error.log_id(), Some(calls.to_string().as_str()));
        assert_eq!((all.len(), seen.requests().len()), (calls, calls));
        assert!(items.try_next().await.unwrap().is_none());
    }
    // A total that no page brings nearer.
    let page = r#"{"data":{"total_count":9,"workspaces":[{"id":"1"}]}}"#;
    let (coze, seen) = scripted(Box::leak(Box::new([page, page])));
    let error = coze.workspaces().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert_eq!(seen.requests().len(), 2);
}

#[tokio::test]
async fn a_list_is_collected_up_to_32_mib_and_no_further() {
    let long = "x".repeat(4 * 1024 * 1024);
    let stack = HttpStack::from_fn(move |request: Request| {
        let query = request.uri().query().unwrap().to_owned();
        std::future::ready(json_reply(format!(
            r#"{{"data":{{"has_more":true,"items":[{{"workflow_id":"{query}","description":"{long}"}}]}}}}"#
        )))
    });
    let coze = Client::new(stack);
    let error = coze.workflows("73").all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    assert!(error.to_string().contains("one by one"), "{error}");
}

#[tokio::test]
async fn a_failure_ends_a_list_after_it_was_told_once() {
    let (coze, seen) = scripted(&[TWO, r#"{"code":4101,"msg":"no"}"#]);
    let mut pages = coze.workflows("73").pages();
    assert!(pages.try_next().await.unwrap().is_some());
    assert_eq!(
        next(&mut pages).await.unwrap().unwrap_err().code(),
        Some(4101)
    );
    assert!(next(&mut pages).await.is_none());
    assert_eq!(seen.requests().len(), 2);
}

#[tokio::test]
async fn workspaces_end_with_their_total() {
    let page = r#"{"data":{"total_count":3,"workspaces":[{"id":"1"},{"id":"2"}]}}"#;
    let last = r#"{"data":{"total_count":"3","workspaces":[{"id":"3"}]}}"#;
    let empty = r#"{"data":{"total_count":3,"workspaces":[]}}"#;
    let (coze, _) = scripted(Box::leak(Box::new([page, last])));
    assert_eq!(coze.workspaces().all().await.unwrap().len(), 3);
    // The service gave two a page although fifty were asked for, and then nothing for the third.
    let (coze, _) = scripted(Box::leak(Box::new([page, empty])));
    let error = coze.workspaces().all().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Paging);
    // From a later page on, what stands before it counts.
    let (coze, seen) = scripted(Box::leak(Box::new([last])));
    let list = coze.workspaces().page_size(2).from_page(2);
    assert_eq!(list.all().await.unwrap().len(), 1);
    assert_eq!(seen.requests().len(), 1);
}

#[tokio::test]
async fn headers_deadline_and_a_dropped_wait_are_kept_from_page_to_page() {
    let stack = HttpStack::from_fn(|request: Request| async move {
        assert_eq!(request.headers()["x-trace"], "7");
        let options = request.extensions().get::<coze_transport::CallOptions>();
        let deadline = options.unwrap().deadline.unwrap();
        assert_eq!(deadline, Duration::from_secs(5));
        let first = request.uri().query().unwrap().contains("page_num=1&");
        tokio::task::yield_now().await;
        json_reply(if first { TWO } else { LAST })
    });
    let mut items = Client::new(stack)
        .workflows("73")
        .header(
            http::HeaderName::from_static("x-trace"),
            "7".parse().unwrap(),
        )
        .deadline(Duration::from_secs(5))
        .items();
    let (mut read, mut given_up) = (0, 0);
    loop {
        // Each wait is polled once and then dropped.
        let mut wait = Box::pin(items.try_next());
        let polled = std::future::poll_fn(|cx| Poll::Ready(wait.as_mut().poll(cx))).await;
        match polled {
            Poll::Ready(Ok(Some(_))) => read += 1,
            Poll::Ready(end) => break assert!(end.unwrap().is_none()),
            Poll::Pending => given_up += 1,
        }
    }
    assert_eq!((read, given_up > 0), (3, true));
}

#[tokio::test]
async fn a_conversation_is_made_with_all_its_parameters_and_is_no_run() {
    let (coze, seen) = scripted(&[
        r#"{"data":{"id":"737"}}"#,
        r#"{"data":{"id":"738"}}"#,
        "lost",
    ]);
    let made = coze
        .create_conversation()
        .bot_id("73")
        .name("travel")
        .meta_data([("uuid", "x")])
        .connector_id("1024")
        .await
        .unwrap();
    assert_eq!(made.get_ref().id.as_ref().unwrap(), &"737");
    coze.create_conversation().await.unwrap();
    let error = coze.create_conversation().await.unwrap_err();
    assert_eq!(error.outcome(), Outcome::Unknown);
    assert!(!error.may_have_run());
    let seen = asked(&seen);
    assert_eq!(
        seen[0],
        r#"POST /v1/conversation/create {"bot_id":"73","name":"travel","meta_data":{"uuid":"x"},"connector_id":"1024"}"#
    );
    assert_eq!(seen[1], "POST /v1/conversation/create {}");
}
