//! Long lists, and pages that would lead a client round in circles.

mod support;

use coze_emulator::{Definition, Emulator, EmulatorService};
use http::Request;
use http_body_util::Full;
use serde_json::Value;
use support::{get, send};

fn with_workflows(count: usize) -> EmulatorService {
    let builder = Emulator::builder().without_builtins();
    (0..count)
        .fold(builder, |builder, number| {
            let yaml = format!("name: flow-{number:03}\nend: {{ text: x }}");
            builder.workflow(Definition::from_yaml(&yaml).unwrap())
        })
        .build()
        .unwrap()
        .service()
}

async fn page(service: &EmulatorService, number: usize) -> Value {
    let path = format!("/v1/workflows?workspace_id=7&page_num={number}&page_size=30");
    get(service, &path).await.json()["data"].clone()
}

async fn faulty(service: &EmulatorService, path: &str, fault: &str) -> Value {
    let request = Request::get(format!("http://coze.test{path}"))
        .header("authorization", "Bearer t")
        .header("x-emulator-fault", fault)
        .body(Full::default())
        .unwrap();
    send(service, request).await.json()["data"].clone()
}

#[tokio::test]
async fn a_long_list_comes_whole_and_once() {
    let service = with_workflows(100);
    let mut names = Vec::new();
    for number in 1.. {
        let page = page(&service, number).await;
        let items = page["items"].as_array().unwrap();
        assert_eq!(items.len(), if number < 4 { 30 } else { 10 });
        names.extend(items.iter().map(|item| item["workflow_name"].clone()));
        if page["has_more"] == false {
            break;
        }
    }
    let expected: Vec<_> = (0..100).map(|number| format!("flow-{number:03}")).collect();
    assert_eq!(names, expected);
    // Beyond the end there is nothing, and nothing more.
    let beyond = page(&service, 5).await;
    assert_eq!(
        (
            beyond["items"].as_array().unwrap().len(),
            &beyond["has_more"]
        ),
        (0, &false.into())
    );
}

#[tokio::test]
async fn a_page_can_be_empty_and_still_promise_more() {
    let service = with_workflows(3);
    for path in [
        "/v1/workflows?workspace_id=7&page_num=1",
        "/v1/workflows/flow-000/versions",
        "/v1/conversations",
    ] {
        let page = faulty(&service, path, "page=empty").await;
        let items = page.get("items").or(page.get("conversations"));
        assert_eq!(items, Some(&Value::Array(Vec::new())), "{path}");
        assert_eq!(page["has_more"], true, "{path}");
    }
    let workspaces = faulty(&service, "/v1/workspaces", "page=empty").await;
    assert_eq!(workspaces["workspaces"], Value::Array(Vec::new()));
    assert!(workspaces["total_count"].as_u64().unwrap() > 1);
}

#[tokio::test]
async fn a_page_token_can_come_twice() {
    let yaml = "name: dated\nversions: [ v0.0.1, v0.0.2, v0.0.3 ]\nend: { text: x }";
    let service = support::with(yaml);
    let path = "/v1/workflows/dated/versions?page_size=1";
    let first = get(&service, path).await.json()["data"].clone();
    let token = first["next_page_token"].as_str().unwrap();
    let path = format!("{path}&page_token={token}");
    let second = faulty(&service, &path, "page=repeat").await;
    assert_eq!(
        (&second["next_page_token"], &second["has_more"]),
        (&token.into(), &true.into())
    );
    assert_eq!(second["items"][0]["version"], "v0.0.2");
    assert_ne!(
        get(&service, &path).await.json()["data"]["next_page_token"],
        token
    );
}

#[tokio::test]
async fn what_is_no_list_stays_as_it_is() {
    let service = with_workflows(1);
    let detail = faulty(&service, "/v1/workflows/nowhere", "page=empty").await;
    assert_eq!(detail, Value::Null);
}
