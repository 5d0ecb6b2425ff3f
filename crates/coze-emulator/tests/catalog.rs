//! List, description, versions, collaborators.

mod support;

use std::time::Duration;

use coze_emulator::{Definition, Emulator, EmulatorService};
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use support::{builtins, get, post, send, with};

const COUNT: &str = r#"
id: "7493"
name: count
app_id: "0"
versions: [v0.0.1, v0.0.2, v0.1.0]
inputs:
  n: { type: integer, default: 3 }
  rows: { type: array, required: true, description: Rows, items: { type: object, properties: { a: { type: string } } } }
end: { text: "n is {{ n }}" }
"#;

fn dated(yaml: &str) -> EmulatorService {
    Emulator::builder()
        .without_builtins()
        .unix_time(Duration::from_secs(1_752_060_786))
        .workflow(Definition::from_yaml(yaml).unwrap())
        .build()
        .unwrap()
        .service()
}

#[tokio::test]
async fn the_list_pages_and_filters() {
    let service = with("name: draft\npublished: false\nend: { text: x }");
    let names = |body: &Value| -> Vec<String> {
        let items = body["data"]["items"].as_array().unwrap();
        items
            .iter()
            .map(|item| item["workflow_name"].as_str().unwrap().to_owned())
            .collect()
    };
    let page = |query: &str| format!("/v1/workflows?workspace_id=any&{query}");
    let first = get(&service, &page("page_num=1&page_size=2")).await.json();
    assert_eq!(
        (names(&first), &first["data"]["has_more"]),
        (vec!["greeting".into(), "weather".into()], &json!(true))
    );
    let second = get(&service, &page("page_num=2&page_size=2")).await.json();
    assert_eq!(
        (names(&second), &second["data"]["has_more"]),
        (vec!["slow-report".into()], &json!(false))
    );
    let beyond = get(&service, &page("page_num=9")).await.json();
    assert_eq!(beyond["data"], json!({"has_more": false, "items": []}));
    assert_eq!(
        names(
            &get(
                &service,
                &page("page_num=1&publish_status=unpublished_draft")
            )
            .await
            .json()
        ),
        ["draft"]
    );
    assert_eq!(
        names(
            &get(&service, &page("page_num=1&publish_status=all"))
                .await
                .json()
        )
        .len(),
        4
    );
    assert_eq!(
        names(
            &get(&service, &page("page_num=1&workflow_mode=chatflow"))
                .await
                .json()
        )
        .len(),
        0
    );
    for query in [
        "page_num=0",
        "page_num=x",
        "page_num=1&publish_status=no",
        "page_num=1&workflow_mode=no",
        "",
    ] {
        assert_eq!(
            get(&service, &page(query)).await.json()["code"],
            4000,
            "{query}"
        );
    }
    assert_eq!(
        get(&service, "/v1/workflows?page_num=1").await.json()["code"],
        4000
    );
}

#[tokio::test]
async fn an_entry_of_the_list_has_the_documented_shape() {
    let body = get(
        &dated(COUNT),
        "/v1/workflows?workspace_id=1&page_num=1&page_size=100",
    )
    .await
    .json();
    assert_eq!(
        body["data"]["items"][0],
        json!({"workflow_id": "7493", "workflow_name": "count", "description": "", "icon_url": "", "app_id": "0",
               "created_at": "1752060786", "updated_at": "1752060786",
               "creator": {"id": "7300000000000000002", "name": "emulator"}})
    );
}

#[tokio::test]
async fn a_description_holds_input_and_output_when_asked() {
    let service = dated(COUNT);
    let plain = get(&service, "/v1/workflows/7493").await.json();
    assert_eq!(
        plain["data"]
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["workflow_detail"]
    );
    let full = get(&service, "/v1/workflows/count?include_input_output=true")
        .await
        .json();
    assert_eq!(
        full["data"]["input"]["parameters"],
        json!({
            "n": {"type": "integer", "required": false, "description": "", "default_value": "3"},
            "rows": {"type": "array", "required": true, "description": "Rows", "default_value": "",
                     "items": {"type": "object", "required": false, "description": "", "default_value": "",
                               "properties": {"a": {"type": "string", "required": false, "description": "", "default_value": ""}}}}
        })
    );
    assert_eq!(
        full["data"]["output"],
        json!({"parameters": {"n": {"type": "string"}}, "terminate_plan": "use_answer_content", "content": "n is {{ n }}"})
    );
    let weather = get(
        &builtins(),
        "/v1/workflows/weather?include_input_output=true",
    )
    .await
    .json();
    assert_eq!(
        weather["data"]["output"]["terminate_plan"],
        "return_variables"
    );
    assert_eq!(
        weather["data"]["output"]["parameters"]["temperature"]["type"],
        "number"
    );
    assert_eq!(get(&service, "/v1/workflows/1").await.json()["code"], 4200);
}

#[tokio::test]
async fn versions_come_newest_first_page_by_page() {
    let service = dated(COUNT);
    let mut token = String::new();
    let mut found = Vec::new();
    loop {
        let path = format!("/v1/workflows/7493/versions?page_size=2&page_token={token}");
        let data = get(&service, &path).await.json()["data"].clone();
        for item in data["items"].as_array().unwrap() {
            assert_eq!(
                (&item["workflow_id"], &item["created_at"]),
                (&json!("7493"), &json!("1752060786"))
            );
            found.push(item["version"].as_str().unwrap().to_owned());
        }
        token = data["next_page_token"].as_str().unwrap().to_owned();
        if data["has_more"] == false {
            break;
        }
    }
    assert_eq!(found, ["v0.1.0", "v0.0.2", "v0.0.1"]);
    assert_eq!(
        get(&service, "/v1/workflows/7493/versions?page_token=7")
            .await
            .json()["code"],
        4000
    );
    let with_io = get(
        &service,
        "/v1/workflows/7493/versions?include_input_output=true",
    )
    .await
    .json();
    assert!(with_io["data"]["items"][0]["input"]["parameters"]["rows"].is_object());
}

#[tokio::test]
async fn collaborators_need_the_mode_and_go_one_at_a_time() {
    let service = builtins();
    let base = "/v1/workflows/greeting";
    let add = |ids: &[&str]| {
        let users: Vec<_> = ids.iter().map(|id| json!({"user_id": id})).collect();
        json!({"collaborators": users})
    };
    let people = format!("{base}/collaborators");
    let mode = format!("{base}/collaboration_mode");
    assert_eq!(
        post(&service, &people, add(&["1"])).await.json()["code"],
        4000
    );
    assert_eq!(
        post(&service, &mode, json!({"collaboration_mode": "many"}))
            .await
            .json()["code"],
        4000
    );
    assert_eq!(
        post(
            &service,
            &mode,
            json!({"collaboration_mode": "collaboration"})
        )
        .await
        .json()["code"],
        0
    );
    assert_eq!(
        post(&service, &people, add(&["1", "2"])).await.json()["code"],
        4000
    );
    let added = post(&service, &people, add(&["1"])).await;
    assert_eq!(
        added.json(),
        json!({"code": 0, "msg": "", "detail": {"logid": added.log_id()}})
    );
    assert_eq!(
        post(&service, &people, add(&["1"])).await.json()["code"],
        4201
    );
    assert_eq!(
        post(&service, &mode, json!({"collaboration_mode": "single"}))
            .await
            .json()["code"],
        4000
    );
    let mut codes = Vec::new();
    for _ in 0..2 {
        let request = Request::delete(format!("http://coze.test{people}/1"))
            .header("authorization", "Bearer t");
        codes.push(
            send(&service, request.body(Full::default()).unwrap())
                .await
                .json()["code"]
                .clone(),
        );
    }
    assert_eq!(codes, [json!(0), json!(4200)]);
    assert_eq!(
        post(&service, &mode, json!({"collaboration_mode": "single"}))
            .await
            .json()["code"],
        0
    );
    let of_app = with("name: a\napp_id: \"9\"\nend: { text: x }");
    let refused = post(
        &of_app,
        "/v1/workflows/a/collaboration_mode",
        json!({"collaboration_mode": "collaboration"}),
    )
    .await;
    assert_eq!(refused.json()["code"], 4000);
}
