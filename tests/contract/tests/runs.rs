//! Runs, in the foreground and in the background, and what is told about them.

use std::{sync::atomic::Ordering, time::Duration};

use coze_contract::{EXACT, GREET, SLOW, Setup, contract};
use coze_workflow::{Dialect, ErrorKind, models::GetRunHistory};
use serde_json::{Value, json};

contract! {
    a_run_gives_its_output
    a_refusal_tells_code_and_log_id_and_starts_nothing
    a_background_run_is_waited_for_and_taken_up_again
    a_run_that_nobody_knows_is_not_there
    integers_arrive_digit_by_digit
    a_refused_token_is_replaced_once
    a_token_that_stays_refused_is_an_auth_error
    a_refusal_for_load_is_sent_again_and_runs_once
    an_answer_that_was_lost_is_unknown_and_not_repeated
    what_a_server_lacks_is_told_before_anything_is_sent
    a_file_is_uploaded_whole
}

async fn a_run_gives_its_output(setup: Setup) {
    let run = setup.coze.workflow(GREET).parameter("name", "Ada");
    let run = run.run().await.unwrap();
    assert_eq!(
        run.output::<Value>().unwrap(),
        json!({"greeting": "Hello, Ada!"})
    );
    assert!(run.log_id().is_some_and(|id| !id.is_empty()));
    assert_eq!(run.attempts().len(), 1);
    assert_eq!(setup.ran(GREET), 1);
}

async fn a_refusal_tells_code_and_log_id_and_starts_nothing(setup: Setup) {
    let error = setup
        .coze
        .workflow("7400000000000000999")
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Api);
    assert_eq!(error.operation(), "run_workflow");
    assert!(error.code().is_some_and(|code| code != 0), "{error:?}");
    assert!(error.log_id().is_some_and(|id| !id.is_empty()));
    assert_eq!(error.attempts().len(), 1);
    assert!(!error.is_retryable());
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn a_background_run_is_waited_for_and_taken_up_again(setup: Setup) {
    let workflow = setup.coze.workflow(SLOW).parameter("topic", "cinema");
    let run = workflow.start().await.unwrap();
    let row = run
        .status()
        .await
        .unwrap()
        .into_inner()
        .expect("it is visible");
    assert_eq!(row.execute_status.as_ref().unwrap().as_str(), "Running");

    let again = setup.coze.attach((SLOW, run.execute_id().clone()));
    let output = again
        .wait()
        .deadline(Duration::from_secs(30))
        .await
        .unwrap();
    assert_eq!(
        output.output::<Value>().unwrap()["report"],
        "A report about cinema."
    );
    assert_eq!(setup.ran(SLOW), 1);
}

async fn a_run_that_nobody_knows_is_not_there(setup: Setup) {
    let run = setup.coze.attach((GREET, "7400000000000000001"));
    match run.status().await {
        Ok(row) => assert!(row.get_ref().is_none()),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Api, "{error:?}"),
    }
    let history = setup
        .coze
        .call(GetRunHistory::new(GREET, "7400000000000000001"));
    match history.await {
        Ok(rows) => assert!(rows.get_ref().is_empty()),
        Err(error) => assert!(!error.may_have_run()),
    }
}

async fn integers_arrive_digit_by_digit(setup: Setup) {
    for n in [i64::MAX, 9_007_199_254_740_993, i64::MIN] {
        let run = setup
            .coze
            .workflow(EXACT)
            .parameter("n", n)
            .run()
            .await
            .unwrap();
        assert_eq!(run.output_value(), json!({ "n": n }), "{}", run.raw());
    }
}

async fn a_refused_token_is_replaced_once(setup: Setup) {
    let (coze, fetched) = setup.renewing();
    let run = coze
        .workflow(GREET)
        .parameter("name", "Ada")
        .run()
        .await
        .unwrap();
    assert_eq!(run.attempts().len(), 2);
    assert_eq!(fetched.load(Ordering::Relaxed), 2);
    assert_eq!(setup.ran(GREET), 1);
}

async fn a_token_that_stays_refused_is_an_auth_error(setup: Setup) {
    let coze = setup.client(|builder| builder.token("pat_canary"));
    let error = coze
        .workflow(GREET)
        .parameter("name", "Ada")
        .run()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    assert!(!error.may_have_run());
    assert!(error.hint().is_some());
    assert!(!format!("{error:?} {error} {}", error.report()).contains("pat_canary"));
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn a_refusal_for_load_is_sent_again_and_runs_once(setup: Setup) {
    setup.inject("on=/v1/workflow/run status=429 retry-after=1");
    setup.inject("on=/v1/workflow/run code=4009");
    let run = setup
        .coze
        .workflow(GREET)
        .parameter("name", "Ada")
        .run()
        .await
        .unwrap();
    assert_eq!(run.attempts().len(), 3);
    let waited = run.attempts().iter().nth(1).map(|attempt| attempt.delay);
    assert!(waited >= Some(Duration::from_secs(1)), "{waited:?}");
    assert_eq!(setup.ran(GREET), 1);
}

async fn an_answer_that_was_lost_is_unknown_and_not_repeated(setup: Setup) {
    for fault in ["lose", "replace=502", "cut=5"] {
        let before = setup.ran(GREET);
        setup.inject(&format!("on=/v1/workflow/run {fault}"));
        let workflow = setup.coze.workflow(GREET).parameter("name", "Ada");
        let error = workflow.run().await.unwrap_err();
        assert!(error.may_have_run(), "{fault}: {error:?}");
        assert!(!error.is_retryable());
        assert_eq!(error.attempts().len(), 1, "{fault}");
        assert_eq!(setup.ran(GREET), before + 1, "{fault}");
    }
}

async fn what_a_server_lacks_is_told_before_anything_is_sent(setup: Setup) {
    let listed = setup
        .coze
        .workflows("7400000000000000777")
        .items()
        .try_next()
        .await;
    if setup.dialect == Dialect::Studio {
        let error = listed.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.hint().is_some(), "it says what to do instead");
        assert!(error.attempts().is_empty());
        assert_eq!(setup.emulator.calls("/"), 0);
    } else {
        assert!(listed.unwrap().is_some());
    }
}

async fn a_file_is_uploaded_whole(setup: Setup) {
    let content = vec![b'x'; 300_000];
    let upload = setup
        .coze
        .upload(coze_workflow::FileSource::bytes("näme \"1\".txt", content));
    let file = upload.await.unwrap();
    if setup.dialect == Dialect::Cloud {
        let id = file.get_ref().id.clone().expect("it has an id");
        assert_eq!(file.get_ref().bytes, Some(300_000));
        let kept = setup.emulator.file(id.as_ref()).expect("it is kept");
        assert_eq!(kept.len(), 300_000);
        let facts = setup.coze.file(id).await.unwrap();
        assert_eq!(facts.get_ref().file_name.as_deref(), Some("näme \"1\".txt"));
    }
}
