//! Streams of runs and chats, and how they end.

use std::time::Duration;

use coze_contract::{GREET, Setup, TALK, TRIP, contract};
use coze_workflow::{Answer, Dialect, ErrorKind, StreamEnd};

contract! {
    a_stream_brings_the_output_and_ends
    a_stream_that_breaks_off_is_truncated_and_not_repeated
    a_stream_that_falls_silent_is_stalled
    a_stream_that_is_refused_gives_no_event
    a_question_is_answered_and_the_stream_goes_on
    a_question_without_an_answer_ends_the_stream
    a_lost_event_is_noticed
    a_chat_is_answered
}

fn greet(setup: &Setup) -> coze_workflow::Workflow {
    setup.coze.workflow(GREET).parameter("name", "Ada")
}

async fn a_stream_brings_the_output_and_ends(setup: Setup) {
    let mut events = greet(&setup).stream().await.unwrap();
    while events.try_next().await.unwrap().is_some() {}
    assert_eq!(events.end(), Some(StreamEnd::Done));
    assert!(events.log_id().is_some_and(|id| !id.is_empty()));
    assert!(events.gaps().is_empty());

    let output = greet(&setup)
        .stream()
        .await
        .unwrap()
        .output()
        .await
        .unwrap();
    assert_eq!(output.output_value()["greeting"], "Hello, Ada!");
    assert_eq!(setup.ran(GREET), 2);
}

async fn a_stream_that_breaks_off_is_truncated_and_not_repeated(setup: Setup) {
    for bytes in [0, 1, 40, 90] {
        let before = setup.ran(GREET);
        setup.inject(&format!("on=/v1/workflow/stream_run cut={bytes}"));
        let error = match greet(&setup).stream().await {
            Ok(events) => events.text().await.unwrap_err(),
            Err(error) => error,
        };
        let kinds = [ErrorKind::Truncated, ErrorKind::Transport];
        assert!(kinds.contains(&error.kind()), "{bytes}: {error:?}");
        assert!(error.may_have_run(), "{bytes}");
        assert!(!error.is_retryable());
        assert_eq!(setup.ran(GREET), before + 1, "{bytes}");
    }
}

async fn a_stream_that_falls_silent_is_stalled(setup: Setup) {
    setup.inject("on=/v1/workflow/stream_run stall=30");
    let stream = greet(&setup).stream();
    let events = stream.idle_timeout(Duration::from_millis(200)).await;
    let error = events.unwrap().text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stalled, "{error:?}");
    assert!(error.may_have_run());
    assert_eq!(setup.ran(GREET), 1);
}

async fn a_stream_that_is_refused_gives_no_event(setup: Setup) {
    let refused = setup.coze.workflow("7400000000000000999").stream().await;
    let error = match refused {
        Ok(mut events) => events.try_next().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), ErrorKind::Api, "{error:?}");
    assert_eq!(error.operation(), "stream_workflow");
    assert!(error.log_id().is_some());
    assert_eq!(setup.emulator.runs_started_in_all(), 0);
}

async fn a_question_is_answered_and_the_stream_goes_on(setup: Setup) {
    let events = setup.coze.workflow(TRIP).stream().await.unwrap();
    let answered = events.answer_with(|question| async move {
        assert_eq!(question.text(), "Where to?");
        Ok(Answer::text("Lyon"))
    });
    let text = answered.text().await.unwrap();
    assert!(text.ends_with("To Lyon."), "{text}");
    assert_eq!(setup.ran(TRIP), 1);
}

async fn a_question_without_an_answer_ends_the_stream(setup: Setup) {
    let mut events = setup.coze.workflow(TRIP).stream().await.unwrap();
    while events.try_next().await.unwrap().is_some() {}
    assert_eq!(events.end(), Some(StreamEnd::Interrupted));
    assert_eq!(
        events.question().map(coze_workflow::Question::text),
        Some("Where to?")
    );

    // By hand, on the stream that the question came from.
    let text = events.resume("Oslo").await.unwrap().text().await.unwrap();
    assert!(text.ends_with("To Oslo."), "{text}");
    assert_eq!(setup.ran(TRIP), 1);
}

async fn a_lost_event_is_noticed(setup: Setup) {
    setup.inject("on=/v1/workflow/stream_run drop=0");
    let events = greet(&setup).stream().strict_gaps(true).await.unwrap();
    let error = events.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Gap, "{error:?}");
}

async fn a_chat_is_answered(setup: Setup) {
    let talk = setup.coze.workflow(TALK);
    let conversation = setup.coze.create_conversation().await;
    let chat = if setup.dialect == Dialect::Studio {
        assert_eq!(conversation.unwrap_err().kind(), ErrorKind::Unsupported);
        talk.parameter("CONVERSATION_NAME", "main").chat("hello")
    } else {
        let id = conversation
            .unwrap()
            .get_ref()
            .id
            .clone()
            .expect("it has an id");
        talk.chat("hello").conversation_id(id)
    };
    let text = chat.await.unwrap().text().await.unwrap();
    assert_eq!(text, "You said hello.");
    assert_eq!(setup.ran(TALK), 1);
}
