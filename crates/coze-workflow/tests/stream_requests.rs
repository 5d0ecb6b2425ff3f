//! What goes out on the wire for streams, and that their errors give no secret away.

use std::{future::poll_fn, pin::Pin, time::Duration};

use coze_transport::testing::{Reply, Scripted};
use coze_workflow::{
    Answer, BoxError, Client, ErrorKind, HttpStack, Outcome, StreamEnd,
    models::{EnterMessage, WorkflowEvent},
};
use futures_core::FusedStream;
use serde_json::{Value, json};

fn events(text: &str) -> Reply {
    Reply::stream([(Duration::ZERO, text.to_owned())])
}

fn client(replies: impl IntoIterator<Item = Reply>) -> (Client, Scripted) {
    let server = Scripted::new(replies);
    (Client::new(HttpStack::new(server.clone())), server)
}

fn sent(server: &Scripted) -> Vec<(String, Value)> {
    let requests = server.requests();
    let body = |body: &[u8]| serde_json::from_slice(body).unwrap();
    let line = |seen: &coze_transport::testing::RecordedRequest| {
        assert_eq!(seen.headers()["accept"], "text/event-stream");
        (
            format!("{} {}", seen.method(), seen.uri()),
            body(seen.body()),
        )
    };
    requests.iter().map(line).collect()
}

const DONE: &str = "event: Done\ndata: {}\n\n";
const ASKS: &str = "event: Message\ndata: {\"content\":\"Which \",\"node_title\":\"Ask\",\"node_seq_id\":\"0\"}\n\n\
    event: Message\ndata: {\"content\":\"city?\",\"node_title\":\"Ask\",\"node_seq_id\":\"1\"}\n\n\
    event: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7404/27\",\"type\":2,\"data\":\"\"},\"node_title\":\"Ask\"}\n\n";

const CHAT_WAITS: &str = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\"}\n\n\
    event: conversation.message.completed\ndata: {\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"Which city?\"}\n\n\
    event: conversation.chat.requires_action\ndata: {\"id\":\"75\"}\n\nevent: done\ndata: {}\n\n";

#[tokio::test]
async fn a_streamed_run_is_written_as_documented() {
    let (coze, server) = client([events(DONE)]);
    let run = coze
        .workflow("7366")
        .parameter("id", 9_007_199_254_740_993_i64)
        .bot_id("73")
        .ext("user_id", "u-17")
        .version("v0.0.5")
        .connector_id("1024");
    run.stream().await.unwrap().text().await.unwrap();
    assert_eq!(
        sent(&server),
        [(
            "POST /v1/workflow/stream_run".to_owned(),
            json!({"workflow_id": "7366", "parameters": {"id": 9_007_199_254_740_993_i64}, "bot_id": "73",
                "ext": {"user_id": "u-17"}, "workflow_version": "v0.0.5", "connector_id": "1024"})
        )]
    );
}

#[tokio::test]
async fn a_resume_carries_the_newest_event_id_and_its_type() {
    let again = ASKS
        .replace("7404/27", "7404/28")
        .replace("\"type\":2", "\"type\":5");
    let (coze, server) = client([events(ASKS), events(&again), events(DONE)]);
    let stream = coze.workflow("7366").stream().await.unwrap();
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let notes = std::sync::Arc::clone(&asked);
    let mut stream = stream.answer_with(move |question| {
        notes.lock().unwrap().push(question.text().to_owned());
        async { Ok(Answer::raw("Lyon")) }
    });
    while stream.try_next().await.unwrap().is_some() {}
    assert_eq!(stream.end(), Some(StreamEnd::Done));
    // The event is silent; the question came before, in pieces.
    assert_eq!(asked.lock().unwrap()[0], "Which city?");
    let resume = |event_id: &str, kind: i64| {
        let body = json!({"workflow_id": "7366", "event_id": event_id, "interrupt_type": kind, "resume_data": "Lyon"});
        ("POST /v1/workflow/stream_resume".to_owned(), body)
    };
    assert_eq!(
        sent(&server)[1..],
        [resume("7404/27", 2), resume("7404/28", 5)]
    );
}

/// Reads as `select!` and the combinators of streams do: until the stream says that it is over.
async fn read<S>(mut stream: S) -> Vec<S::Item>
where
    S: FusedStream + Unpin,
{
    let mut items = Vec::new();
    while !stream.is_terminated() {
        items.extend(poll_fn(|cx| Pin::new(&mut stream).poll_next(cx)).await);
    }
    items
}

#[tokio::test]
async fn a_question_of_which_nothing_was_said_is_not_the_one_before() {
    let silent = "event: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7404/28\",\"type\":2,\"data\":\"\"}}\n\n";
    let (coze, _) = client([events(ASKS), events(silent), events(DONE)]);
    let stream = coze.workflow("7366").stream().await.unwrap();
    let mut expected = ["Which city?", ""].into_iter();
    let stream = stream.answer_with(move |question| {
        assert_eq!(Some(question.text()), expected.next());
        async { Ok("Lyon".into()) }
    });
    stream.text().await.unwrap();

    let silent = "event: conversation.chat.requires_action\ndata: {}\n\nevent: done\n\n";
    let (coze, _) = client([
        events(CHAT_WAITS),
        events(silent),
        events("event: done\n\n"),
    ]);
    let chat = coze.workflow("7366").app_id("7439").chat("Hi").await;
    let mut expected = ["Which city?", ""].into_iter();
    let chat = chat.unwrap().answer_with(move |question| {
        assert_eq!(Some(question.text()), expected.next());
        async { Ok(Answer::raw("Lyon")) }
    });
    chat.text().await.unwrap();
}

#[tokio::test]
async fn a_stream_that_is_to_be_resumed_is_not_over() {
    let (coze, server) = client([events(ASKS), events(DONE)]);
    let stream = coze.workflow("7366").stream().await.unwrap();
    let stream = stream.answer_with(|_| async { Ok("Lyon".into()) });
    let items = read(stream).await;
    assert!(matches!(items.last(), Some(Ok(WorkflowEvent::Done(_)))));
    assert_eq!(server.requests().len(), 2);

    let (coze, server) = client([events(CHAT_WAITS), events("event: done\n\n")]);
    let chat = coze.workflow("7366").app_id("7439").chat("Hi").await;
    let chat = chat.unwrap().answer_with(|_| async { Ok("Lyon".into()) });
    assert_eq!(read(chat).await.len(), 5);
    assert_eq!(server.requests().len(), 2);

    // Without anyone to answer, the question is the end.
    let (coze, server) = client([events(ASKS)]);
    let stream = coze.workflow("7366").stream().await.unwrap();
    assert_eq!(read(stream).await.len(), 3);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_may_be_started_twice_may_not_be_resumed_twice() {
    for by_hand in [false, true] {
        for chat in [false, true] {
            let asks = if chat { CHAT_WAITS } else { ASKS };
            let server = Scripted::new([events(asks), Reply::body(502, ""), events(DONE)]);
            let stack = HttpStack::new(server.clone());
            let coze = Client::builder().transport(stack).build().unwrap();
            let run = coze.workflow("7366").app_id("7439").assume_idempotent(true);
            let lyon = |_| async { Ok("Lyon".into()) };
            let error = match (chat, by_hand) {
                (true, true) => {
                    let mut chat = run.chat("Hi").await.unwrap();
                    chat.read_text().await.unwrap();
                    chat.resume("Lyon").await.unwrap_err()
                }
                (true, false) => {
                    let chat = run.chat("Hi").await.unwrap().answer_with(lyon);
                    chat.text().await.unwrap_err()
                }
                (false, true) => {
                    let mut stream = run.stream().await.unwrap();
                    while stream.try_next().await.unwrap().is_some() {}
                    stream.resume("Lyon").await.unwrap_err()
                }
                (false, false) => {
                    let stream = run.stream().await.unwrap().answer_with(lyon);
                    stream.text().await.unwrap_err()
                }
            };
            assert!(error.may_have_run());
            assert_eq!(server.requests().len(), 2, "{chat} {by_hand}");
        }
    }
}

#[tokio::test]
async fn a_streamed_run_stays_one_when_its_resume_is_turned_away() {
    for refused in [
        Reply::json(200, r#"{"code":4009}"#),
        events("event: Error\ndata: {\"error_code\":4009,\"error_message\":\"busy\"}\n\n"),
    ] {
        let (coze, _) = client([events(ASKS), refused.clone()]);
        let stream = coze.workflow("7366").stream().await.unwrap();
        let stream = stream.answer_with(|_| async { Ok("Lyon".into()) });
        let error = stream.text().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::NotAccepted);
        assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");

        let (coze, _) = client([events(CHAT_WAITS), Reply::json(200, r#"{"code":4009}"#)]);
        let chat = coze.workflow("7366").app_id("7439").chat("Hi").await;
        let chat = chat.unwrap().answer_with(|_| async { Ok("Lyon".into()) });
        let error = chat.text().await.unwrap_err();
        assert!(error.may_have_run() && !error.is_retryable(), "{error:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_sent_is_not() {
    let (coze, server) = client([events(DONE)]);
    let nan = coze.workflow("1").parameter("x", f64::NAN).stream().await;
    let both = coze.workflow("1").bot_id("1").app_id("2").chat("hi").await;
    for error in [nan.unwrap_err(), both.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Build);
        assert!(!error.may_have_run());
    }
    assert!(server.requests().is_empty());
    let mut done = coze.workflow("1").stream().await.unwrap();
    while done.try_next().await.unwrap().is_some() {}
    let error = done.resume("Lyon").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Build, "{error:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_chat_is_written_as_documented() {
    let waits = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\"}\n\n\
        event: conversation.message.completed\ndata: {\"role\":\"assistant\",\"type\":\"answer\",\"content\":\"Which city?\"}\n\n\
        event: conversation.chat.requires_action\ndata: {\"id\":\"75\"}\n\nevent: done\ndata: {}\n\n";
    let done = "event: conversation.chat.completed\ndata: {\"usage\":{\"token_count\":7}}\n\nevent: done\n\n";
    let (coze, server) = client([events(waits), events(done), events(done)]);
    let said = |role: &str, text: &str| EnterMessage::new(role).content(text).content_type("text");
    let chat = coze
        .workflow("7366")
        .app_id("7439")
        .parameter("tone", "kind");
    let chat = chat
        .chat("And tomorrow?")
        .history([said("user", "The weather?")])
        .message(said("assistant", "It rains."));
    let chat = chat
        .await
        .unwrap()
        .answer_with(|_| async { Ok("Lyon".into()) });
    chat.text().await.unwrap();
    let files = coze.workflow("7366").bot_id("73").chat("What is this?");
    let files = files.conversation_id("74").image("7501").file("7502");
    let mut files = files.await.unwrap();
    files.read_text().await.unwrap();
    assert_eq!(files.usage().unwrap().token_count, 7);

    let question = |text: &str, kind: &str| json!({"role": "user", "type": "question", "content": text, "content_type": kind});
    let parts = r#"[{"type":"text","text":"What is this?"},{"type":"image","file_id":"7501"},{"type":"file","file_id":"7502"}]"#;
    let sent = sent(&server);
    assert!(
        sent.iter()
            .all(|(target, _)| target == "POST /v1/workflows/chat")
    );
    assert_eq!(
        sent[0].1,
        json!({"workflow_id": "7366", "app_id": "7439", "parameters": {"tone": "kind"}, "additional_messages": [
            {"role": "user", "content": "The weather?", "content_type": "text"},
            {"role": "assistant", "content": "It rains.", "content_type": "text"},
            question("And tomorrow?", "text")]})
    );
    assert_eq!(
        sent[1].1,
        json!({"workflow_id": "7366", "app_id": "7439", "conversation_id": "74", "parameters": {"tone": "kind"},
            "additional_messages": [question("Lyon", "text")]})
    );
    assert_eq!(
        sent[2].1,
        json!({"workflow_id": "7366", "bot_id": "73", "conversation_id": "74", "parameters": {},
            "additional_messages": [question(parts, "object_string")]})
    );
}

#[tokio::test]
async fn a_failure_to_answer_or_to_resume_keeps_the_question() {
    let refused = Reply::json(200, r#"{"code":4315,"msg":"already ended"}"#);
    let (coze, server) = client([events(ASKS), refused, events(ASKS)]);
    let stream = || async { coze.workflow("7366").stream().await.unwrap() };
    let late = stream().await.answer_with(|_| async { Ok("Lyon".into()) });
    let error = late.text().await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::Api, Some(4315)));
    assert_eq!(error.operation(), "stream_resume_workflow");
    assert_eq!(error.question().unwrap().text(), "Which city?");
    let nobody = stream()
        .await
        .answer_with(|_| async { Err(BoxError::from("nobody there")) });
    let error = nobody.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interrupted);
    assert_eq!(error.cause().unwrap().to_string(), "nobody there");
    assert_eq!(error.execute_id(), Some("7404"));
    assert_eq!(server.requests().len(), 3);
}

#[tokio::test]
async fn what_a_stream_says_is_shown_without_its_secrets() {
    let secret = "pat_canary0123456789abcdef0123456789";
    let odd = format!("event: Message\ndata: {{\"node_is_finish\":\"Bearer {secret}\"}}\n\n");
    let failed = format!(
        "event: Error\ndata: {{\"error_code\":4013,\"error_message\":\"token {secret}\"}}\n\n"
    );
    let (coze, _) = client([events(&format!("{odd}{failed}"))]);
    let mut stream = coze.workflow("7366").stream().await.unwrap();
    let odd = stream.try_next().await.unwrap_err();
    assert_eq!(odd.kind(), ErrorKind::Decode);
    assert!(odd.event_data().unwrap().contains(secret));
    let failed = stream.try_next().await.unwrap_err();
    assert_eq!(failed.code(), Some(4013));
    assert_eq!(failed.event_data(), None);
    for error in [odd, failed] {
        let source = error.cause().map(ToString::to_string);
        let shown = format!("{error} {error:?} {source:?} {}", error.report());
        assert!(!shown.contains("canary"), "{shown}");
    }
}
