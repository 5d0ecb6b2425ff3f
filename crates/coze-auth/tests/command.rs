//! A token that a command prints.
#![cfg(unix)]

mod support;

use std::{env, fs};

use coze_auth::TokenCommand;
use coze_transport::{Credentials, Generation};
use support::token;

fn sh(script: &str) -> TokenCommand {
    TokenCommand::new("sh").arg("-c").arg(script)
}

#[tokio::test]
async fn a_command_is_run_again_when_its_token_is_refused() {
    let count = env::temp_dir().join(format!("coze-command-{}", std::process::id()));
    let _ = fs::remove_file(&count);
    let path = count.display();
    let credentials = sh(&format!(
        "echo x >>{path}; echo pat_$(wc -l <{path} | tr -d ' ')"
    ))
    .credentials();
    for _ in 0..3 {
        assert_eq!(token(&credentials).await.unwrap(), "pat_1");
    }
    assert!(credentials.rejected(Generation(1)));
    assert_eq!(token(&credentials).await.unwrap(), "pat_2");
    fs::remove_file(count).unwrap();
}

#[tokio::test]
async fn a_command_prints_a_token_or_json_and_failures_are_told_without_it() {
    let json = r#"printf '{"access_token":"czs_9","expires_in":900}'"#;
    assert_eq!(token(&sh(json).credentials()).await.unwrap(), "czs_9");
    for (script, reason) in [
        ("echo pat_canary_123; exit 3", "exit status: 3"),
        ("true", "printed no token"),
        (r#"echo '{"token":"pat_canary_123"}'"#, "printed no token"),
        (
            r#"echo '{"access_token":"pat_canary_123","expires_in":0}'"#,
            "has expired",
        ),
        ("echo pat_canary 123", "cannot be used"),
    ] {
        let error = token(&sh(script).credentials()).await.unwrap_err();
        assert!(error.contains(reason), "{error} lacks {reason}");
        assert!(!error.contains("canary"), "{error}");
    }
    let missing = TokenCommand::new("/no/such/command").credentials();
    let error = token(&missing).await.unwrap_err();
    assert!(
        error.contains("`/no/such/command` cannot be started"),
        "{error}"
    );
}
