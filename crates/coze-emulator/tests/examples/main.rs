//! The examples of the documentation's pages, reproduced field for field.
//!
//! Values differ, names and JSON kinds may not: every field of an example is in the emulator's response.

mod compare;
mod conversations;
#[path = "../support/jwt.rs"]
mod jwt;
mod oauth;
mod pages;
mod responses;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use serde_json::Value;

/// Examples that no response of the emulator corresponds to, and why.
const NOT_PLAYED: [(&str, &str); 1] = [(
    "shared Object WorkflowBasic mixed dates",
    "test data of an old SDK: no server is known to respond with an id that is a number and without a creator",
)];

/// The examples of messages have a text where their pages declare a number, which an official SDK insists on.
const DECLARED_NUMBER: (&str, &str) = (".updated_at", "is a number, not a string");

#[tokio::test(start_paused = true)]
async fn each_example_of_a_played_operation_is_reproduced() {
    let Some(examples) = pages::read() else {
        println!("skipped: the pages of the documentation are not here");
        return;
    };
    let mut responses: BTreeMap<String, Value> = responses::all().await;
    responses.extend(oauth::all().await);
    responses.extend(conversations::all().await);
    let mut wrong = Vec::new();
    let mut declared = 0;
    for (name, example) in &examples {
        let Some(response) = responses.remove(name) else {
            if !NOT_PLAYED.iter().any(|(not_played, _)| not_played == name) {
                wrong.push(format!("{name}: nothing is compared with it"));
            }
            continue;
        };
        for (path, problem) in compare::missing(example, &response) {
            let of_message = name.starts_with("conversation/") && name.contains("message");
            if of_message && path.ends_with(DECLARED_NUMBER.0) && problem == DECLARED_NUMBER.1 {
                declared += 1;
                continue;
            }
            wrong.push(format!("{name}: {path} {problem} in {response}"));
        }
    }
    // A list that outlives its reasons would hide what it no longer excuses.
    for (name, _) in NOT_PLAYED {
        if !examples.contains_key(name) {
            wrong.push(format!("{name}: not played, but no such example"));
        }
    }
    assert!(declared > 0, "no example has a text for a number any more");
    for name in responses.keys() {
        wrong.push(format!("{name}: no such example"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} examples, {} of them not played",
        examples.len(),
        NOT_PLAYED.len()
    );
}
