//! The examples of the documentation's pages, reproduced field for field.
//!
//! Values differ, names and JSON kinds may not: every field of an example is in the emulator's answer.

mod answers;
mod compare;
#[path = "../support/jwt.rs"]
mod jwt;
mod oauth;
mod pages;
#[path = "../support/mod.rs"]
mod support;

use std::collections::BTreeMap;

use serde_json::Value;

/// Examples that no answer of the emulator stands for, and why.
const NOT_PLAYED: [(&str, &str); 6] = [
    (
        "files/upload Response self-hosted",
        "uploads of the self-hosted server are not played",
    ),
    (
        "shared Object WorkflowBasic mixed dates",
        "no answer but an old SDK's test data",
    ),
    (
        "workflow/chat-events Event conversation.chat.failed without a chat",
        "chats of the self-hosted server are not played",
    ),
    (
        "workflow/chat-events Event error self-hosted",
        "chats of the self-hosted server are not played",
    ),
    (
        "workflow/chat-events Event done word",
        "the older ending; the emulator sends the newer one with the page",
    ),
    (
        "workflow/stream-events Event Done empty",
        "the older ending; the emulator sends the newer one with the page",
    ),
];

/// Fields of examples that the answers lack, and why.
const EXCEPTIONS: [(&str, &str, &str); 4] = [
    (
        "workflow/run Response older",
        "$.cost",
        "the form before `usage`, which the emulator sends",
    ),
    (
        "workflow/run Response older",
        "$.token",
        "the form before `usage`, which the emulator sends",
    ),
    (
        "oauth/jwt Response token",
        "$.refresh_token",
        "the tokens page says that a JWT gets none",
    ),
    (
        "oauth/jwt-account Response token",
        "$.refresh_token",
        "the tokens page says that a JWT gets none",
    ),
];

#[tokio::test(start_paused = true)]
async fn each_example_of_a_played_operation_is_reproduced() {
    let Some(examples) = pages::read() else {
        println!("skipped: the pages of the documentation are not here");
        return;
    };
    let mut answers: BTreeMap<String, Value> = answers::all().await;
    answers.extend(oauth::all().await);
    let mut wrong = Vec::new();
    let mut excused = Vec::new();
    for (name, example) in &examples {
        let Some(answer) = answers.remove(name) else {
            if !NOT_PLAYED.iter().any(|(not_played, _)| not_played == name) {
                wrong.push(format!("{name}: nothing is compared with it"));
            }
            continue;
        };
        for (path, problem) in compare::missing(example, &answer) {
            let excuse = EXCEPTIONS
                .iter()
                .position(|(example, at, _)| example == name && *at == path);
            match excuse {
                Some(excuse) => excused.push(excuse),
                None => wrong.push(format!("{name}: {path} {problem} in {answer}")),
            }
        }
    }
    // A list that outlives its reasons would hide what it no longer excuses.
    for (name, _) in NOT_PLAYED {
        if !examples.contains_key(name) {
            wrong.push(format!("{name}: not played, but no such example"));
        }
    }
    for (index, (name, path, _)) in EXCEPTIONS.iter().enumerate() {
        if !excused.contains(&index) {
            wrong.push(format!("{name}: {path} is an exception that is not needed"));
        }
    }
    for name in answers.keys() {
        wrong.push(format!("{name}: no such example"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!(
        "{} examples, {} of them not played, {} fields excused",
        examples.len(),
        NOT_PLAYED.len(),
        EXCEPTIONS.len()
    );
}
