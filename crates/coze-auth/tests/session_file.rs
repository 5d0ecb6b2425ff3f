//! A session in a file: shared by processes, left half written, locked by a process that is gone.
#![cfg(unix)]

mod support;

use std::{
    env, fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use coze_auth::{Session, SessionFile};
use coze_emulator::RunningEmulator;
use coze_transport::{Credentials, Generation, HttpStack, StackBuilder, hyper::HyperTransport};
use serde_json::{Value, json};
use support::{call, emulator, scripted, signed_in, stack, token};
use tokio::time::{Instant, advance};

/// A file of this test alone, in a folder that does not exist yet.
fn file(name: &str) -> SessionFile {
    let folder = env::temp_dir().join(format!("coze-session-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    SessionFile::new(folder.join("session.json"))
}

fn json_of(file: &SessionFile) -> Value {
    serde_json::from_slice(&fs::read(file.path()).unwrap()).unwrap()
}

/// Makes the access token in the file one that is over.
fn expire(file: &SessionFile) {
    let mut stored = json_of(file);
    stored["expires_at"] = json!(0);
    fs::write(file.path(), stored.to_string()).unwrap();
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_session_is_kept_for_the_next_process_and_for_its_owner_alone() {
    let emulator = emulator().build().unwrap();
    let file = file("kept");
    assert!(file.read().unwrap().is_none());
    file.save(&signed_in(&emulator).await).await.unwrap();
    assert_eq!(
        (mode(file.path()), mode(file.path().parent().unwrap())),
        (0o600, 0o700)
    );
    let calls = emulator.calls(support::TOKEN);

    // What is in the file serves while it lasts; then it is exchanged, and the pair in the file with it.
    let credentials = file.credentials(stack(&emulator));
    let first = token(&credentials).await.unwrap();
    assert_eq!(json_of(&file)["access_token"], first);
    assert_eq!(emulator.calls(support::TOKEN), calls);
    assert!(credentials.rejected(Generation(1)));
    let second = token(&credentials).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(json_of(&file)["access_token"], second);
    assert_eq!(mode(file.path()), 0o600);
    assert_eq!(emulator.calls(support::TOKEN), calls + 1);
    assert_eq!(call(&emulator, &second).await, 200);

    // Another takes what the first has renewed, and the other way round.
    let other = file.credentials(stack(&emulator));
    assert_eq!(token(&other).await.unwrap(), second);
    assert!(other.rejected(Generation(1)));
    let third = token(&other).await.unwrap();
    assert!(credentials.rejected(Generation(2)));
    assert_eq!(token(&credentials).await.unwrap(), third);
    assert_eq!(emulator.calls(support::TOKEN), calls + 2);

    assert!(file.remove().await.unwrap());
    assert!(!file.remove().await.unwrap());
    let error = token(&file.credentials(stack(&emulator)))
        .await
        .unwrap_err();
    assert!(error.contains("nobody is signed in"), "{error}");
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_half_written_or_open_to_others_is_named_and_not_shown() {
    let emulator = emulator().build().unwrap();
    let file = file("half");
    file.save(&signed_in(&emulator).await).await.unwrap();
    let text = fs::read_to_string(file.path()).unwrap();
    let refresh = json_of(&file)["refresh_token"].as_str().unwrap().to_owned();
    let calls = emulator.calls(support::TOKEN);
    for part in [
        "",
        "{",
        &text[..text.len() / 2],
        "\0\0\0",
        "[]",
        "{\"client_id\":1}",
    ] {
        fs::write(file.path(), part).unwrap();
        let error = token(&file.credentials(stack(&emulator)))
            .await
            .unwrap_err();
        assert!(error.contains("is damaged: sign in again"), "{error}");
        assert!(!error.contains(&refresh[..8]), "{error}");
    }
    fs::write(file.path(), &text).unwrap();
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o644)).unwrap();
    let error = token(&file.credentials(stack(&emulator)))
        .await
        .unwrap_err();
    assert!(error.contains("chmod 600"), "{error}");
    assert_eq!(emulator.calls(support::TOKEN), calls, "nothing was sent");
    // What a process that was killed has left beside it is in nobody's way.
    fs::set_permissions(file.path(), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(file.path().with_extension("json.new"), "half").unwrap();
    expire(&file);
    token(&file.credentials(stack(&emulator))).await.unwrap();
    assert!(!file.path().with_extension("json.new").exists());
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_pair_that_cannot_be_written_is_not_lost() {
    let emulator = emulator().build().unwrap();
    let file = file("full");
    file.save(&signed_in(&emulator).await).await.unwrap();
    expire(&file);
    let calls = emulator.calls(support::TOKEN);
    let credentials = file.credentials(stack(&emulator));
    // A folder in the place of the new file stands for a full disk.
    let new = file.path().with_extension("json.new");
    fs::create_dir(&new).unwrap();
    for _ in 0..2 {
        let error = token(&credentials).await.unwrap_err();
        assert!(error.contains("could not be stored"), "{error}");
        advance(Duration::from_secs(30)).await;
    }
    fs::remove_dir(&new).unwrap();
    let access = token(&credentials).await.unwrap();
    assert_eq!(json_of(&file)["access_token"], access);
    assert_eq!(emulator.calls(support::TOKEN), calls + 1, "exchanged once");
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_has_to_sign_in_again_goes_on_when_the_file_holds_another_session() {
    let (refusing, seen) = scripted(&[(
        400,
        r#"{"error_code":"invalid_request","error_message":"invalid request: refresh_token"}"#,
    )]);
    let emulator = emulator().build().unwrap();
    let file = file("again");
    let session = signed_in(&emulator).await;
    file.save(&Session::resume(session.app().clone(), "dead"))
        .await
        .unwrap();
    let credentials = file.credentials(refusing);
    for _ in 0..3 {
        let error = token(&credentials).await.unwrap_err();
        assert!(error.contains("authorize again"), "{error}");
        advance(Duration::from_secs(40)).await;
    }
    assert_eq!(seen.lock().unwrap().len(), 1, "a dead token is sent once");
    file.save(&session).await.unwrap();
    assert!(token(&credentials).await.unwrap().starts_with("czu_"));
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

/// This program once more, as a process that does `what` with a session file.
fn process(what: &str, file: &SessionFile, url: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", "process_of_its_own", "--ignored", "--nocapture"])
        .env("COZE_TEST_DOES", what)
        .env("COZE_TEST_FILE", file.path())
        .env("COZE_TEST_URL", url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// The rest of the line that a process printed after `mark`.
fn line(child: &mut Child, mark: &str) -> String {
    let mut lines = BufReader::new(child.stdout.as_mut().unwrap()).lines();
    let found = lines.find_map(|line| Some(line.unwrap().split_once(mark)?.1.to_owned()));
    found.expect("the process ended before it said so")
}

fn over_a_socket(url: &str) -> HttpStack {
    StackBuilder::over(HttpStack::new(HyperTransport::new()))
        .base_uri(url.parse().unwrap())
        .build()
}

#[tokio::test]
#[ignore = "it is what other tests start"]
async fn process_of_its_own() {
    let Ok(what) = env::var("COZE_TEST_DOES") else {
        return;
    };
    let file = SessionFile::new(PathBuf::from(env::var_os("COZE_TEST_FILE").unwrap()));
    if what == "renew" {
        let stack = over_a_socket(&env::var("COZE_TEST_URL").unwrap());
        println!("token={}", token(&file.credentials(stack)).await.unwrap());
        return;
    }
    let lock = fs::File::create(file.path().with_extension("json.lock")).unwrap();
    lock.lock().unwrap();
    println!("locked=yes");
    // Until it is killed.
    std::io::stdin().read_line(&mut String::new()).unwrap();
}

async fn served() -> RunningEmulator {
    emulator().start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_renew_at_once_make_one_exchange_and_all_go_on() {
    let running = served().await;
    let emulator = running.emulator();
    let file = file("two");
    // Signing in takes a poll's interval, which is passed in a runtime of its own.
    let session = {
        let emulator = emulator.clone();
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .start_paused(true)
                .build();
            runtime.unwrap().block_on(signed_in(&emulator))
        })
    };
    let session = session.join().unwrap();
    file.save(&session).await.unwrap();
    expire(&file);
    let calls = emulator.calls(support::TOKEN);
    let mut children: Vec<_> = (0..4)
        .map(|_| process("renew", &file, &running.base_url()))
        .collect();
    let mut tokens: Vec<_> = children
        .iter_mut()
        .map(|child| line(child, "token="))
        .collect();
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
    tokens.dedup();
    assert_eq!(tokens, [json_of(&file)["access_token"].as_str().unwrap()]);
    assert_eq!(emulator.calls(support::TOKEN), calls + 1);
    assert_eq!(call(emulator, &tokens[0]).await, 200);
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lock_holds_others_up_and_not_when_its_process_was_killed() {
    let emulator = emulator().build().unwrap();
    let file = file("locked");
    file.save(&signed_in(&emulator).await).await.unwrap();
    let mut child = process("lock", &file, "");
    assert_eq!(line(&mut child, "locked="), "yes");
    let begin = Instant::now();
    let credentials = file.credentials(stack(&emulator));
    let error = token(&credentials).await.unwrap_err();
    assert!(error.contains("has held the lock"), "{error}");
    assert_eq!(begin.elapsed().as_secs(), 10);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(file.path().with_extension("json.lock").exists());
    advance(Duration::from_secs(1)).await;
    assert!(token(&credentials).await.unwrap().starts_with("czu_"));
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}
