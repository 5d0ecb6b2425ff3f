//! Who may edit a workflow: what goes out, and what counts as done.

mod script;

use coze_transport::Outcome;
use coze_workflow::testing::Script;
use coze_workflow::{Client, Error, RetryPolicy, models::CollaborationMode};
use script::broken;

/// A client that meets the steps in order.
fn scripted(steps: &'static [Option<&'static str>]) -> (Client, Script) {
    let (stack, seen) = script::stack(move |number| match steps[number - 1] {
        Some(body) => body.into(),
        None => broken(Outcome::Unknown),
    });
    let coze = Client::builder().base_url("https://h").transport(stack);
    (coze.build().unwrap(), seen)
}

#[tokio::test]
async fn collaborators_are_written_one_a_call_and_repeats_do_no_harm() {
    const OK: Option<&str> = Some(r#"{"code":0,"msg":""}"#);
    let (coze, seen) = scripted(&[OK, OK, Some(r#"{"code":4201,"msg":"there"}"#), OK, OK]);
    let workflow = coze.workflow("7366");
    let mode = workflow.set_collaboration_mode(CollaborationMode::Collaboration);
    mode.await.unwrap();
    let added = workflow
        .add_collaborators(["41", "42", "43"])
        .await
        .unwrap();
    assert_eq!(added, ["41", "43"]);
    workflow.remove_collaborator("41").await.unwrap();
    let sent = seen.requests().into_iter();
    let sent: Vec<_> = sent
        .map(|one| format!("{} {}", one.target(), one.body()))
        .collect();
    assert_eq!(
        sent,
        [
            r#"POST /v1/workflows/7366/collaboration_mode {"collaboration_mode":"collaboration"}"#,
            r#"POST /v1/workflows/7366/collaborators {"collaborators":[{"user_id":"41"}]}"#,
            r#"POST /v1/workflows/7366/collaborators {"collaborators":[{"user_id":"42"}]}"#,
            r#"POST /v1/workflows/7366/collaborators {"collaborators":[{"user_id":"43"}]}"#,
            "DELETE /v1/workflows/7366/collaborators/41 null",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn gone_counts_as_removed_only_after_an_attempt_that_may_have_done_it() {
    const GONE: Option<&str> = Some(r#"{"code":4200,"msg":"not a collaborator"}"#);
    for (steps, ok) in [(&[None, GONE][..], true), (&[GONE][..], false)] {
        let (coze, seen) = scripted(steps);
        let result: Result<(), Error> = coze.workflow("7366").remove_collaborator("41").await;
        assert_eq!(result.is_ok(), ok);
        assert_eq!(seen.requests().len(), steps.len());
    }
    // Three attempts, no more.
    let (coze, seen) = scripted(&[None; 4]);
    coze.workflow("7366")
        .remove_collaborator("41")
        .await
        .unwrap_err();
    assert_eq!(seen.requests().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_an_operation_may_take_is_no_more_than_the_policy_allows() {
    // Three attempts are the most for this operation, whatever the client is told; a policy of one stays one.
    let attempts = [
        (RetryPolicy::never(), None, 1),
        (RetryPolicy::never(), Some(9), 3),
        (RetryPolicy::default(), Some(2), 2),
        (RetryPolicy::default(), Some(9), 3),
    ];
    for (policy, most, expected) in attempts {
        let (stack, seen) = script::stack(|_| broken(Outcome::Unknown));
        let coze = Client::builder().base_url("https://h").transport(stack);
        let coze = match most {
            Some(most) => coze.max_attempts(most),
            None => coze,
        };
        let coze = coze.stack(|stack| stack.retry(policy)).build().unwrap();
        let removed = coze.workflow("7366").remove_collaborator("41").await;
        assert_eq!(removed.unwrap_err().attempts().len(), expected);
        assert_eq!(seen.requests().len(), expected);
    }
}
