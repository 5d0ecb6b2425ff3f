//! The pages at `/` and at the debug URL.

mod support;

use http::{StatusCode, Uri};
use serde_json::json;
use support::{builtins, get, post, stream, with};

#[tokio::test]
async fn the_debug_url_shows_each_node_with_input_output_and_time() {
    let service = builtins();
    let body = json!({"workflow_id": "greeting", "parameters": {"name": "<b>\"Ada\"</b>"}});
    let response = post(&service, "/v1/workflow/run", body).await.json();
    let url: Uri = response["debug_url"].as_str().unwrap().parse().unwrap();
    let page = get(&service, url.path_and_query().unwrap().as_str()).await;
    assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
    let html = page.text();
    for title in ["Start", "Greeting", "End"] {
        assert!(
            html.contains(&format!("<td>{title}<br>")),
            "{title} is missing in {html}"
        );
    }
    assert!(html.contains("<b id=\"status\">Success</b>"));
    assert!(
        html.contains("Hello, &lt;b&gt;\\&quot;Ada\\&quot;&lt;/b&gt;!"),
        "{html}"
    );
    assert!(!html.contains("<b>\"Ada"), "not escaped: {html}");
    assert!(html.contains(" ms</tr>"));
}

#[tokio::test]
async fn the_front_page_lists_workflows_and_runs() {
    let service = builtins();
    assert!(get(&service, "/").await.text().contains("No run yet."));
    post(
        &service,
        "/v1/workflow/run",
        json!({"workflow_id": "greeting", "parameters": {"name": "A"}}),
    )
    .await;
    let html = get(&service, "/").await.text();
    assert!(
        html.contains("slow-report") && html.contains("/work_flow?execute_id="),
        "{html}"
    );
}

#[tokio::test]
async fn an_unknown_run_has_a_page_that_says_so() {
    let page = get(&builtins(), "/work_flow?execute_id=1").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    assert!(page.text().contains("not known"));
}

#[tokio::test]
async fn a_waiting_run_shows_its_question() {
    let service = with(
        "name: ask\nnodes: [ { question: { id: q, title: Ask, text: \"Which <city>?\" } } ]\nend: { text: x }",
    );
    let response = post(&service, "/v1/workflow/run", json!({"workflow_id": "ask"}))
        .await
        .json();
    let url: Uri = response["debug_url"].as_str().unwrap().parse().unwrap();
    let html = get(&service, url.path_and_query().unwrap().as_str())
        .await
        .text();
    let event = response["interrupt_data"]["event_id"].as_str().unwrap();
    let expected =
        format!("Waits for an answer to Ask: Which &lt;city&gt;? (event {event}, type 2)");
    assert!(html.contains(&expected), "{html}");
}

#[tokio::test]
async fn a_streamed_run_shows_the_events_that_were_sent() {
    let service = with(
        "name: tell\nnodes: [ { output: { id: o, title: Tell, content: \"<b>abcdef\", piece: 4 } } ]\nend: { variables: {} }",
    );
    let sent = stream(
        &service,
        "/v1/workflow/stream_run",
        json!({"workflow_id": "tell"}),
    )
    .await;
    let done = sent.last().unwrap().json();
    let url: Uri = done["debug_url"].as_str().unwrap().parse().unwrap();
    let html = get(&service, url.path_and_query().unwrap().as_str())
        .await
        .text();
    assert!(
        html.contains("<td>0<td>Message<td>Tell<td>&lt;b&gt;a</tr>"),
        "{html}"
    );
    let last = format!("<td>{}<td>Done<td><td></tr>", sent.len() - 1);
    assert!(html.contains(&last), "{html}");
}

#[tokio::test]
async fn a_long_loop_is_shown_in_part() {
    let service = support::with(
        "name: l\nnodes: [ { loop: { id: l, over: 600, nodes: [ { text: { id: a, template: a } }, { text: { id: b, template: b } } ], output: x } } ]\nend: { text: \"{{ l.items | length }}\" }",
    );
    let run = post(&service, "/v1/workflow/run", json!({"workflow_id": "l"}))
        .await
        .json();
    assert!(
        run["data"].as_str().unwrap().contains("\"data\":\"600\""),
        "{run}"
    );
    let url = run["debug_url"].as_str().unwrap();
    let page = get(&service, url.strip_prefix("http://coze.test").unwrap())
        .await
        .text();
    // The start, the loop, 1,200 nodes in it and the end.
    assert_eq!(page.matches("<td>text<td>").count(), 998);
    assert!(page.contains("<p>and 203 more</p>"));
}
