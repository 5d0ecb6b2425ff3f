//! Uploads.

mod support;

use std::time::Duration;

use coze_emulator::{Emulator, EmulatorService};
use http::Request;
use http_body_util::Full;
use serde_json::json;
use support::{Response, get, send};

async fn upload(service: &EmulatorService, content_type: &str, body: &str) -> Response {
    let request = Request::post("http://coze.test/v1/files/upload")
        .header("authorization", "Bearer t")
        .header("content-type", content_type)
        .body(Full::new(body.to_owned().into()))
        .unwrap();
    send(service, request).await
}

fn part(name: &str, content: &str) -> String {
    format!("--b\r\ncontent-disposition: form-data; {name}\r\n\r\n{content}\r\n")
}

const FORM: &str = "multipart/form-data; boundary=b";

#[tokio::test]
async fn an_upload_is_kept_and_described() {
    let emulator = Emulator::builder()
        .unix_time(Duration::from_secs(1_715_847_583))
        .build()
        .unwrap();
    let service = emulator.service();
    let body = part("name=\"file\"; filename=\"a.txt\"", "he\r\nllo") + "--b--\r\n";
    let response = upload(&service, FORM, &body).await.json();
    assert_eq!(response["code"], 0, "{response}");
    let id = response["data"]["id"].as_str().unwrap();
    let expected = json!({"id": id, "bytes": 7, "file_name": "a.txt", "created_at": 1_715_847_583});
    assert_eq!(response["data"], expected);
    assert_eq!(
        get(&service, &format!("/v1/files/retrieve?file_id={id}"))
            .await
            .json()["data"],
        expected
    );
    assert_eq!(&emulator.file(id).unwrap()[..], b"he\r\nllo");
    assert_eq!(
        get(&service, "/v1/files/retrieve?file_id=1").await.json()["code"],
        4200
    );
    assert_eq!(
        get(&service, "/v1/files/retrieve").await.json()["code"],
        4000
    );
}

#[tokio::test]
async fn forms_without_one_file_are_refused() {
    let service = Emulator::builder().build().unwrap().service();
    let file = part("name=\"file\"; filename=\"a\"", "x");
    let cases = [
        (FORM, part("name=\"note\"", "x") + "--b--\r\n", 4300),
        ("application/json", "{}".to_owned(), 4300),
        (FORM, format!("{file}{file}--b--\r\n"), 4301),
        (FORM, file, 4304),
    ];
    for (content_type, body, code) in cases {
        assert_eq!(
            upload(&service, content_type, &body).await.json()["code"],
            code,
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_file_may_be_larger_than_other_bodies() {
    let service = Emulator::builder().build().unwrap().service();
    let size = 21 * 1024 * 1024;
    let body = part("name=\"file\"; filename=\"a\"", &"x".repeat(size)) + "--b--\r\n";
    assert_eq!(
        upload(&service, FORM, &body).await.json()["data"]["bytes"],
        size
    );
}
