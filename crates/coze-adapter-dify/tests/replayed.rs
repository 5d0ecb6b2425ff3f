//! Each recorded exchange at its recorded times: what the adapter makes of it, and when.
#![expect(clippy::unwrap_used, reason = "the tests assert by it")]

mod support;

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use coze_adapter_dify::Dify;
use expect_test::expect_file;
use serde_json::Value;
use support::{Exchange, exchanges, judge};
use tokio::time::Instant;

const HEAD: &str = "\
# What the adapter makes of recorded exchanges

Real exchanges with a Dify 1.13 server, by the outcome that `coze-adapter-dify` tells. Each is played at its recorded
times, with what the server was recorded to say afterwards where a stream broke off. A test writes this page:
`UPDATE_EXPECT=1 cargo test -p coze-adapter-dify --test replayed`.

| outcome | exchanges |
|---|---|
";

#[tokio::test(start_paused = true)]
async fn each_exchange_has_its_outcome_at_its_time() {
    let all = exchanges();
    assert!(all.len() >= 318, "{}", all.len());
    let mut outcomes: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for exchange in all.values() {
        let (builder, script) = judge::client(&all, exchange);
        let dify = builder.blocking_mode(!exchange.is_stream).build().unwrap();
        let began = Instant::now();
        let result = judge::act(&dify, exchange).await;
        let took = began.elapsed();
        if let Ok(Some(run)) = &result {
            check_run(exchange, run);
        }
        let name = &exchange.name;
        if exchange.is_stream
            && let Some((at, _)) = exchange.last_event()
        {
            // The body goes on for a second after the event; nobody waits for it.
            assert!(
                took < at + Duration::from_millis(20),
                "{name}: {took:?}, {at:?}"
            );
        }
        let sent = script.requests();
        let starts = sent
            .iter()
            .filter(|sent| sent.method() == "POST" && sent.uri().path().ends_with("/run"));
        let starts = starts.count();
        let most = if name.starts_with("limit-") { 3 } else { 1 };
        assert!(starts <= most, "{name} was started {starts} times");
        let words = judge::words(&result);
        let words = if judge::is_called(exchange) {
            words
        } else {
            format!("no call of the adapter; read as one: {words}")
        };
        outcomes.entry(words).or_default().push(name);
    }
    let mut page = HEAD.to_owned();
    for (outcome, names) in &outcomes {
        let names: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
        writeln!(page, "| {outcome} | {} |", names.join(", ")).unwrap();
    }
    page += "| a table, not an exchange: `stops::both_outcomes_of_a_stop_are_stopped` | `stop-outcomes` |\n";
    page += "| a closed connection: `sockets::a_connection_that_the_server_closed_while_idle_is_replaced` | `keep-alive-idle-close` |\n";
    expect_file!["../../../docs/design/dify-recordings.md"].assert_eq(&page);
}

/// Outputs are those of the server, with all digits of their numbers.
fn check_run(exchange: &Exchange, run: &coze_engine::RunSnapshot) {
    let name = &exchange.name;
    let told = match exchange.last_event() {
        Some((_, event)) => event["data"].clone(),
        None => match exchange.json() {
            Value::Object(mut json) if json.contains_key("task_id") => json.remove("data").unwrap(),
            json => json,
        },
    };
    if !run.status.is_success() || judge::afterwards(name).len() > 1 {
        return;
    }
    assert_eq!(run.output, told["outputs"], "{name}");
    let again: Value = serde_json::from_str(&run.output_text).unwrap();
    assert_eq!(again, run.output, "{name}");
    assert_eq!(
        run.id.as_ref().unwrap().run,
        told["id"].as_str().unwrap(),
        "{name}"
    );
    assert_eq!(run.usage.steps, told["total_steps"].as_u64(), "{name}");
    assert_eq!(
        run.status_word.as_deref(),
        told["status"].as_str(),
        "{name}"
    );
    assert_eq!(run.raw.get("outputs"), None, "{name}");
}

#[tokio::test(start_paused = true)]
async fn numbers_keep_their_digits() {
    let all = exchanges();
    for (name, digits) in [
        ("blocking-number-bigint", "1.2345678901234568e+29"),
        ("stream-number-int64-over", "9223372036854775808"),
        ("stream-number-minus-zero", "-0.0"),
    ] {
        let exchange = &all[name];
        let (builder, _) = judge::client(&all, exchange);
        let dify: Dify = builder.blocking_mode(!exchange.is_stream).build().unwrap();
        let run = judge::act(&dify, exchange).await.unwrap().unwrap();
        assert!(
            run.output_text.contains(digits),
            "{name}: {}",
            run.output_text
        );
    }
}
