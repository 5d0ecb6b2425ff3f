//! The tables of `docs/design/engines.md` are what the engines do.

use std::{collections::BTreeMap, sync::Arc};

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_workflow::{
    BoxError, Client, Dialect, HttpStack,
    engine::{Capabilities, Engine, EngineError, RunId, RunRequest, RunSnapshot, RunStatus},
    json_reply,
};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../../../docs/design/engines.md");

/// The rows of the table below a heading: the first cell, and the others by the name of their engine.
fn table(heading: &str) -> Vec<(String, BTreeMap<String, String>)> {
    let (_, section) = PAGE.split_once(&format!("\n## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim().trim_matches('|');
        let cells = line.split('|').map(|cell| cell.trim().replace('`', ""));
        cells.collect()
    };
    let mut lines = section.lines().filter(|line| line.starts_with('|'));
    let names = cells(lines.next().unwrap());
    let rows = lines.skip(1).map(cells).map(|row| {
        let others = names.iter().cloned().zip(row.iter().cloned()).skip(1);
        (row[0].clone(), others.collect())
    });
    rows.collect()
}

/// An engine whose server responds to everything with this.
fn engine(name: &str, body: &Value) -> Arc<dyn Engine> {
    refusing(name, 200, body)
}

/// The same with an HTTP status.
fn refusing(name: &str, status: u16, body: &Value) -> Arc<dyn Engine> {
    let body = body.to_string();
    let stack = HttpStack::from_fn(move |_| {
        let body = body.clone();
        async move {
            let mut response = json_reply(body)?;
            *response.status_mut() = status.try_into()?;
            Ok::<_, BoxError>(response)
        }
    });
    match name {
        "cloud" => Arc::new(Client::new(stack)),
        "studio" => Arc::new(Client::new(stack).with_dialect(Dialect::Studio)),
        "dify" => Arc::new(Dify::builder().transport(stack).build().unwrap()),
        "runs" => Arc::new(runs(stack)),
        _ => panic!("there is no engine `{name}`"),
    }
}

fn runs(stack: HttpStack) -> Runs {
    let builder = Runs::builder().base_url("http://runs.test");
    builder.transport(stack).build().unwrap()
}

async fn status(name: &str, body: &Value) -> RunSnapshot {
    let run = RunId::new("7366", "7413");
    engine(name, body).status(&run).await.unwrap()
}

/// The least that a server says of a run.
fn record(name: &str, word: &str) -> Value {
    match name {
        "cloud" | "studio" => json!({"data": [{"execute_status": word}]}),
        "dify" => json!({"id": "7413", "status": word}),
        "runs" => json!({"run_id": "7413", "workflow_id": "7366", "status": word}),
        _ => panic!("there is no engine `{name}`"),
    }
}

/// The words of the engine for a run that succeeded, and for one that failed.
fn ends(name: &str) -> (&'static str, &'static str) {
    match name {
        "cloud" | "studio" => ("Success", "Fail"),
        "dify" => ("succeeded", "failed"),
        "runs" => ("completed", "failed"),
        _ => panic!("there is no engine `{name}`"),
    }
}

#[tokio::test]
async fn statuses_are_read_as_the_table_says() {
    let mut read = 0;
    for (told, words) in table("Statuses") {
        for (name, word) in words {
            if word == "–" {
                continue;
            }
            let run = status(&name, &record(&name, &word)).await;
            assert_eq!(format!("{:?}", run.status), told, "{name}: {word}");
            assert_eq!(run.status_word.as_deref(), Some(word.as_str()));
            read += 1;
        }
    }
    assert!(read >= 10, "{read}");
    for name in table("Statuses")[0].1.keys() {
        let run = status(name, &record(name, "Dreaming")).await;
        assert_eq!(run.status, RunStatus::Unknown("Dreaming".into()));
        assert!(!run.status.is_terminal());
    }
}

#[tokio::test]
async fn fields_are_found_where_the_table_says() {
    let mut found = 0;
    for (member, places) in table("Fields") {
        for (name, place) in places {
            if place == "–" {
                continue;
            }
            let (succeeded, failed) = ends(&name);
            let word = if member.starts_with("failure") {
                failed
            } else {
                succeeded
            };
            let without = record(&name, word);
            let mut with = without.clone();
            put(&mut with, &place, sample(&name, &member));
            let (without, with) = (status(&name, &without).await, status(&name, &with).await);
            assert_eq!(shown(&member, &without), None, "{name}: {member}");
            let wanted = match sample(&name, &member) {
                Value::String(time) if time.ends_with('Z') => "1767225600".to_owned(),
                Value::String(text) => text,
                number => number.to_string(),
            };
            assert_eq!(
                shown(&member, &with),
                Some(wanted),
                "{name}: {member}: {with:?}"
            );
            found += 1;
        }
    }
    assert!(found >= 15, "{found}");
}

#[tokio::test(start_paused = true)]
async fn refusals_mean_what_the_table_says() {
    type Predicate = fn(&EngineError) -> bool;
    let predicates: [(&str, Predicate); 6] = [
        ("is_rate_limited", EngineError::is_rate_limited),
        ("is_invalid_input", EngineError::is_invalid_input),
        ("is_permission", EngineError::is_permission),
        ("is_quota", EngineError::is_quota),
        ("is_not_found", EngineError::is_not_found),
        ("is_not_published", EngineError::is_not_published),
    ];
    let rows = table("What a refusal means");
    let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, predicates.map(|(name, _)| name));
    let codes = codes();
    assert!(codes.len() > 50, "{}", codes.len());
    let words = rows.iter().flat_map(|(_, cells)| cells["dify"].split(", "));
    let dify: Vec<_> = words.filter(|word| !word.contains(' ')).collect();
    let dify: Vec<_> = dify.into_iter().map(str::to_owned).collect();
    assert!(dify.len() > 10, "{dify:?}");
    for ((_, cells), (predicate, is_true)) in rows.iter().zip(predicates) {
        for (name, cell) in cells {
            if let Some(class) = cell.strip_prefix("class ") {
                for (code, of) in &codes {
                    let error = refused(name, 200, &json!({"code": code, "msg": "no"})).await;
                    assert_eq!(is_true(&error), of == class, "{name}: {predicate}: {code}");
                }
            }
            let own: Vec<_> = cell.split(", ").collect();
            for code in dify.iter().filter(|_| name == "dify") {
                let body = json!({"code": code, "message": "no", "status": 400});
                let error = refused(name, 400, &body).await;
                let is_this = own.contains(&code.as_str());
                assert_eq!(is_true(&error), is_this, "{name}: {predicate}: {code}");
            }
            for status in [400, 403, 404, 429, 500] {
                let wanted = cell.strip_prefix("HTTP ");
                let body = json!({"error": {"code": "NO", "message": "no"}});
                if wanted.is_some() {
                    let error = refused(name, status, &body).await;
                    let is_this = wanted == Some(&status.to_string());
                    assert_eq!(is_true(&error), is_this, "{name}: {predicate}: {status}");
                }
            }
        }
    }
}

async fn refused(name: &str, status: u16, body: &Value) -> EngineError {
    let engine = refusing(name, status, body);
    engine.run(RunRequest::new("7366")).await.unwrap_err()
}

/// The codes of Coze, each with its class.
fn codes() -> Vec<(i64, String)> {
    let page = include_str!("../../../docs/api/errors.md");
    let rows = page.lines().filter_map(|line| {
        let mut cells = line.split('|').map(str::trim).skip(1);
        let code = cells.next()?.trim_matches('`').parse().ok()?;
        Some((code, cells.nth(1)?.to_owned()))
    });
    rows.collect()
}

#[test]
fn capabilities_are_those_of_the_table() {
    let all = [
        ("START", Capabilities::START),
        ("STREAM", Capabilities::STREAM),
        ("RESUME", Capabilities::RESUME),
        ("CANCEL", Capabilities::CANCEL),
        ("UPLOAD", Capabilities::UPLOAD),
        ("SCHEMA", Capabilities::SCHEMA),
        ("VERSION", Capabilities::VERSION),
    ];
    let rows = table("Capabilities");
    let names: Vec<_> = rows.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, all.map(|(name, _)| name));
    for ((_, cells), (name, capability)) in rows.iter().zip(all) {
        for (kind, told) in cells {
            let can = engine(kind, &json!({})).capabilities().contains(capability);
            assert_eq!(can, told == "yes", "{kind}: {name}");
        }
    }
}

/// A value for a member of a snapshot.
fn sample(engine: &str, member: &str) -> Value {
    match member {
        "created" | "finished" if engine == "runs" => json!("2026-01-01T00:00:00Z"),
        "created" | "finished" => json!(1_767_225_600),
        "output" if ["dify", "runs"].contains(&engine) => json!({"x": 1}),
        "failure.code" if engine == "runs" => json!("FAILED"),
        "failure.code" => json!(5000),
        _ if member.starts_with("usage") => json!(98),
        // A URL and a text alike.
        _ => json!("https://h/x?y=1"),
    }
}

/// Puts a value where a path like `data.0.output` leads.
fn put(body: &mut Value, path: &str, value: Value) {
    let mut at = body;
    for step in path.split('.') {
        at = match step.parse::<usize>() {
            Ok(index) => &mut at[index],
            Err(_) => &mut at[step],
        };
    }
    *at = value;
}

/// A member as text; none where the engine told none.
fn shown(member: &str, run: &RunSnapshot) -> Option<String> {
    let seconds = |time: Option<std::time::SystemTime>| {
        let since = time?.duration_since(std::time::UNIX_EPOCH);
        Some(since.unwrap().as_secs().to_string())
    };
    let failure = run.failure.as_ref();
    let count = |count: Option<u64>| count.map(|count| count.to_string());
    let text = match member {
        "output" => Some(run.output_text.clone()).filter(|text| text != "{}"),
        "failure.code" => failure.and_then(|failure| failure.code.clone()),
        "failure.message" => failure.map(|failure| failure.message.clone()),
        "usage.tokens" => count(run.usage.tokens),
        "usage.input_tokens" => count(run.usage.input_tokens),
        "usage.output_tokens" => count(run.usage.output_tokens),
        "usage.steps" => count(run.usage.steps),
        "created" => seconds(run.created),
        "finished" => seconds(run.finished),
        "log_id" => run.log_id.clone(),
        "debug_url" => run.debug_url.clone(),
        _ => panic!("there is no member `{member}`"),
    };
    text.filter(|text| !text.is_empty())
}
