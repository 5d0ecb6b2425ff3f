//! One workflow over many inputs: order, concurrency, failures, stopping.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use coze_workflow::{Client, HttpStack, Map, Request, json_reply};
use http_body_util::BodyExt;
use serde_json::{Value, json};

/// Replies with the input `n` after `n` seconds; 13 is refused. Counts the most requests at once, and all of them.
#[derive(Clone, Default)]
struct Counts {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    all: Arc<AtomicUsize>,
}

fn client(counts: &Counts) -> Client {
    let counts = counts.clone();
    Client::new(HttpStack::from_fn(move |request: Request| {
        let counts = counts.clone();
        async move {
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let body: Value = serde_json::from_slice(&body)?;
            let n = body["parameters"]["n"].as_u64().unwrap();
            let now = counts.now.fetch_add(1, Ordering::Relaxed) + 1;
            counts.most.fetch_max(now, Ordering::Relaxed);
            counts.all.fetch_add(1, Ordering::Relaxed);
            tokio::time::timeout(Duration::from_secs(n), std::future::pending::<()>())
                .await
                .unwrap_err();
            counts.now.fetch_sub(1, Ordering::Relaxed);
            json_reply(if n == 13 {
                r#"{"code":4000,"msg":"no"}"#.to_owned()
            } else {
                json!({ "data": n.to_string() }).to_string()
            })
        }
    }))
}

async fn results<I>(mut runs: Map<I>) -> Vec<(u64, Option<String>)>
where
    I: Iterator<Item = Value>,
{
    let mut results = Vec::new();
    while let Some((input, result)) = runs.next().await {
        let text = result.ok().map(|output| output.text());
        results.push((input["n"].as_u64().unwrap(), text));
    }
    results
}

fn inputs<const N: usize>(numbers: [u64; N]) -> [Value; N] {
    numbers.map(|n| json!({ "n": n }))
}

#[tokio::test(start_paused = true)]
async fn results_come_in_order_or_as_runs_end_and_a_failure_ends_nothing_else() {
    let counts = Counts::default();
    let workflow = client(&counts).workflow("7366");
    let some = |n: u64| (n, Some(n.to_string()));

    let ordered = workflow.clone().map(inputs([5, 1, 13, 2])).concurrency(3);
    assert_eq!(
        results(ordered).await,
        [some(5), some(1), (13, None), some(2)]
    );
    assert_eq!(counts.most.load(Ordering::Relaxed), 3);

    let unordered = workflow.map(inputs([5, 1, 3])).concurrency(3).unordered();
    assert_eq!(results(unordered).await, [some(1), some(3), some(5)]);
}

#[tokio::test(start_paused = true)]
async fn a_map_that_is_stopped_begins_no_run_and_hands_over_those_under_way() {
    let counts = Counts::default();
    let workflow = client(&counts).workflow("7366");
    let mut runs = workflow.map(inputs([1, 2, 3, 4, 5])).concurrency(2);
    let (first, _) = runs.next().await.unwrap();
    assert_eq!(first["n"], 1);
    let rest: Vec<_> = runs.stop().unwrap().collect();
    let ended = results(runs).await;
    assert_eq!((ended.len(), rest.len()), (1, 3));
    assert_eq!(counts.all.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_result_can_be_cancelled_without_losing_it() {
    let counts = Counts::default();
    let mut runs = client(&counts).workflow("7366").map(inputs([5, 6]));
    assert!(
        tokio::time::timeout(Duration::from_secs(1), runs.next())
            .await
            .is_err()
    );
    assert_eq!(results(runs).await.len(), 2);
    assert_eq!(counts.all.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn an_input_that_cannot_be_sent_is_the_result_of_that_input() {
    let counts = Counts::default();
    let mut runs = client(&counts)
        .workflow("7366")
        .map([json!(["no", "names"])]);
    let (_, result) = runs.next().await.unwrap();
    assert!(!result.unwrap_err().may_have_run());
    assert_eq!(counts.all.load(Ordering::Relaxed), 0);
}
