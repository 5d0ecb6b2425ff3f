//! Tokens and sessions in the keychain of the system, which a store in memory stands for.

mod support;

use std::{env, fs, path::PathBuf, process::Command, sync::Arc, time::Duration};

use coze_auth::{KeyringEntry, SessionFile};
use coze_transport::{Credentials, Generation, Secret};
use keyring_core::{Entry, Error, mock};
use serde_json::{Value, json};
use support::{call, emulator, signed_in, stack, token};
use tokio::time::advance;

/// An entry of this test alone, as we see it and as the store does.
fn entry(user: &str) -> (KeyringEntry, Entry) {
    // One store for all tests of this program, whichever is first.
    static STORE: std::sync::Once = std::sync::Once::new();
    STORE.call_once(|| keyring_core::set_default_store(mock::Store::new().unwrap()));
    (
        KeyringEntry::new("coze", user),
        Entry::new("coze", user).unwrap(),
    )
}

/// The next access fails.
fn fail(entry: &Entry) {
    let entry: &mock::Cred = entry.as_any().downcast_ref().unwrap();
    entry.set_error(Error::NoStorageAccess("it is locked".into()));
}

fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("coze-keyring-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

#[tokio::test(start_paused = true)]
async fn a_token_is_read_when_it_is_needed_and_again_when_it_is_refused() {
    let (ours, stored) = entry("token");
    stored.set_password(" pat_1\n").unwrap();
    let credentials = ours.credentials();
    assert_eq!(token(&credentials).await.unwrap(), "pat_1");
    stored.set_password("pat_2").unwrap();
    assert_eq!(
        token(&credentials).await.unwrap(),
        "pat_1",
        "not read without need"
    );
    assert!(credentials.rejected(Generation(1)));
    assert_eq!(token(&credentials).await.unwrap(), "pat_2");

    let json = r#"{"access_token":"czs_3","expires_in":900}"#;
    ours.write(&Secret::new(json)).unwrap();
    assert_eq!(ours.read().unwrap().unwrap().expose(), json);
    let credentials = ours.credentials();
    assert_eq!(token(&credentials).await.unwrap(), "czs_3");
    stored.set_password("pat_4").unwrap();
    advance(Duration::from_secs(900)).await;
    assert_eq!(
        token(&credentials).await.unwrap(),
        "pat_4",
        "its life is over"
    );

    assert!(ours.remove().unwrap());
    assert!(!ours.remove().unwrap());
    assert!(ours.read().unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_used_is_named_and_not_shown() {
    let (ours, stored) = entry("odd");
    let gone = token(&ours.credentials()).await.unwrap_err();
    assert!(
        gone.contains("the keychain's entry coze/odd does not exist"),
        "{gone}"
    );
    let over = r#"{"access_token":"pat_canary","expires_in":0}"#;
    for (text, reason) in [
        (&b""[..], "holds no token"),
        (b"\xffpat_canary", "holds no text"),
        (br#"{"token":"pat_canary"}"#, "holds no token"),
        (over.as_bytes(), "a token that has expired"),
        (b"pat_canary 1", "cannot be used"),
    ] {
        stored.set_secret(text).unwrap();
        let error = token(&ours.credentials()).await.unwrap_err();
        assert!(error.contains(reason), "{error} lacks {reason}");
        assert!(!error.contains("canary"), "{error}");
    }
    // Locked for a moment: told, and asked again after a pause.
    stored.set_password("pat_1").unwrap();
    fail(&stored);
    let credentials = ours.credentials();
    let error = token(&credentials).await.unwrap_err();
    assert!(
        error.contains("it is locked") && error.contains("keep tokens in a file"),
        "{error}"
    );
    advance(Duration::from_secs(1)).await;
    assert_eq!(token(&credentials).await.unwrap(), "pat_1");
}

#[tokio::test(start_paused = true)]
async fn a_session_is_renewed_in_the_keychain_and_no_file_holds_it() {
    let emulator = emulator().build().unwrap();
    let (ours, stored) = entry("session/ä");
    let folder = folder("session");
    let session = SessionFile::in_keyring(ours, &folder);
    let kept = || -> Value { serde_json::from_str(&stored.get_password().unwrap()).unwrap() };
    assert!(session.read().unwrap().is_none());
    let error = token(&session.credentials(stack(&emulator)))
        .await
        .unwrap_err();
    assert!(
        error.contains("nobody is signed in: the keychain's entry"),
        "{error}"
    );

    session.save(&signed_in(&emulator).await).await.unwrap();
    let first = token(&session.credentials(stack(&emulator))).await.unwrap();
    assert_eq!(kept()["access_token"], first);
    let mut expired = kept();
    expired["expires_at"] = json!(0);
    stored.set_password(&expired.to_string()).unwrap();
    let calls = emulator.calls(support::TOKEN);
    let (one, other) = (
        session.credentials(stack(&emulator)),
        session.credentials(stack(&emulator)),
    );
    let (second, same) = tokio::join!(token(&one), token(&other));
    let second = second.unwrap();
    assert_eq!(same.unwrap(), second);
    assert_eq!(
        emulator.calls(support::TOKEN),
        calls + 1,
        "one has renewed it for both"
    );
    assert_eq!(kept()["access_token"], second);
    assert_eq!(call(&emulator, &second).await, 200);

    // There is little room in the Credential Manager of Windows: 1,280 characters.
    let text = stored.get_password().unwrap();
    assert!(!text.contains('\n') && text.len() < 640, "{}", text.len());
    let files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(fs::read(&files[0]).unwrap().is_empty(), "the lock");

    stored.set_password("{").unwrap();
    let error = session.read().unwrap_err().to_string();
    assert!(error.contains("is damaged: sign in again"), "{error}");
    assert!(session.remove().await.unwrap());
    assert!(!session.remove().await.unwrap());
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_the_keychain_does_not_take_is_not_lost() {
    let emulator = emulator().build().unwrap();
    let (ours, stored) = entry("locked");
    let folder = folder("locked");
    let session = SessionFile::in_keyring(ours, &folder);
    session.save(&signed_in(&emulator).await).await.unwrap();
    let credentials = session.credentials(stack(&emulator));
    let first = token(&credentials).await.unwrap();
    assert!(credentials.rejected(Generation(1)));
    let calls = emulator.calls(support::TOKEN);
    // What is read is there, and the keychain is locked before the new pair is written.
    let locking = {
        let (inner, stored) = (
            stack(&emulator),
            Arc::new(Entry::new("coze", "locked").unwrap()),
        );
        coze_transport::HttpStack::from_fn(move |request| {
            fail(&stored);
            let inner = inner.clone();
            async move { inner.send(request).await }
        })
    };
    let late = session.credentials(locking);
    assert_eq!(token(&late).await.unwrap(), first);
    assert!(late.rejected(Generation(1)));
    let error = token(&late).await.unwrap_err();
    assert!(
        error.contains("could not be stored") && error.contains("it is locked"),
        "{error}"
    );
    assert_eq!(emulator.calls(support::TOKEN), calls + 1);
    advance(Duration::from_secs(30)).await;
    let second = token(&late).await.unwrap();
    assert_ne!(first, second);
    assert!(stored.get_password().unwrap().contains(&second));
    assert_eq!(emulator.calls(support::TOKEN), calls + 1, "exchanged once");
    fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
#[ignore = "it is what another test starts"]
async fn process_of_its_own() {
    if env::var_os("COZE_TEST_DOES").is_none() {
        return;
    }
    let ours = KeyringEntry::new("coze", "me");
    println!("read={}", support::chain(&ours.read().unwrap_err()));
    println!("token={}", token(&ours.credentials()).await.unwrap_err());
}

#[test]
#[cfg(target_os = "linux")]
fn a_system_without_a_keychain_says_what_to_do() {
    let output = Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_of_its_own", "--ignored", "--nocapture"])
        .env("COZE_TEST_DOES", "reads")
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/no/such/bus")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for mark in ["read=", "token="] {
        let told = text.lines().find_map(|line| Some(line.split_once(mark)?.1));
        let told = told.unwrap_or_else(|| panic!("{text}"));
        assert!(told.contains("start or unlock a Secret Service"), "{told}");
        assert!(told.contains("or keep tokens in a file"), "{told}");
    }
}
