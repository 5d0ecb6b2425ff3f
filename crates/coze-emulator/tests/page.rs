//! The page at `/` and at the debug URL: its files, and what it may load. What it does is tried in a browser.

mod support;

use std::{collections::BTreeSet, fs, path::Path};

use http::{StatusCode, Uri};
use serde_json::json;
use support::{builtins, get, post};

/// Every file of the page with its text.
fn files() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page/static");
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect();
    files.sort();
    files
}

/// What stands between two texts, each time.
fn between<'a>(text: &'a str, open: &'a str, close: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = text.split(open).skip(1);
    parts.filter_map(move |part| part.split(close).next())
}

#[tokio::test]
async fn every_file_that_the_page_names_is_served_and_none_is_elsewhere() {
    let service = builtins();
    let document = get(&service, "/").await;
    assert_eq!(document.headers["content-type"], "text/html; charset=utf-8");
    let mut names: BTreeSet<String> = between(&document.text(), "/_emulator/page/", "\"")
        .map(str::to_owned)
        .collect();
    for (name, text) in files() {
        names.extend(between(&text, "from \"./", "\"").map(str::to_owned));
        let elsewhere = between(&text, "http", "\"").filter(|rest| rest.contains("://"));
        let elsewhere: Vec<_> = elsewhere
            .filter(|rest| !rest.ends_with("www.w3.org/2000/svg"))
            .collect();
        assert!(elsewhere.is_empty(), "{name} names {elsewhere:?}");
    }
    assert!(
        names.contains("app.js") && names.contains("graph.js"),
        "{names:?}"
    );
    for name in names {
        let file = get(&service, &format!("/_emulator/page/{name}")).await;
        assert_eq!(file.status, StatusCode::OK, "{name}");
        let kind = file.headers["content-type"].to_str().unwrap();
        let expected = if Path::new(&name).extension().unwrap() == "css" {
            "text/css"
        } else {
            "text/javascript"
        };
        assert!(kind.starts_with(expected), "{name} is {kind}");
    }
    let missing = get(&service, "/_emulator/page/none.js").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_may_load_and_send_nothing_elsewhere_and_stand_in_no_frame() {
    let document = get(&builtins(), "/").await;
    let policy = document.headers["content-security-policy"]
        .to_str()
        .unwrap();
    for part in [
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "frame-ancestors 'none'",
    ] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe-eval") && !policy.contains("script-src 'self' 'unsafe"));
    assert_eq!(document.headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn the_debug_url_is_a_page_of_a_run_that_is_kept() {
    let service = builtins();
    let body = json!({"workflow_id": "greeting", "parameters": {"name": "Ada"}});
    let response = post(&service, "/v1/workflow/run", body).await.json();
    let url: Uri = response["debug_url"].as_str().unwrap().parse().unwrap();
    let page = get(&service, url.path_and_query().unwrap().as_str()).await;
    assert_eq!(page.status, StatusCode::OK);
    let unknown = get(&service, "/work_flow?execute_id=1").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    // It says there what is the matter.
    assert_eq!(unknown.text(), page.text());
}

#[test]
fn every_text_of_the_page_has_its_translation_and_every_translation_a_use() {
    let files = files();
    let text = |wanted: &str| &files.iter().find(|(name, _)| name == wanted).unwrap().1;
    let words = text("words.js");
    let table = between(words, "const CHINESE = {", "};").next().unwrap();
    let known: BTreeSet<_> = table
        .lines()
        .filter_map(|line| Some(line.trim().split_once(": \"")?.0.trim_matches('"')))
        .collect();
    let mut used = BTreeSet::new();
    for (_, source) in &files {
        used.extend(between(source, " t(\"", "\""));
        for call in ["(t(\"", "{t(\"", "[t(\"", "fact(\"", "value(\""] {
            used.extend(between(source, call, "\""));
        }
    }
    let missing: Vec<_> = used
        .iter()
        .filter(|text| !known.contains(**text) && !text.is_empty())
        .collect();
    assert!(missing.is_empty(), "not translated: {missing:?}");
    let everything: String = files
        .iter()
        .filter(|(name, _)| name != "words.js")
        .map(|(_, source)| source.as_str())
        .collect();
    let idle: Vec<_> = known
        .iter()
        .filter(|text| !everything.contains(&format!("\"{text}\"")))
        .collect();
    // Statuses come from the emulator.
    assert!(idle.is_empty(), "translated for nothing: {idle:?}");
}
