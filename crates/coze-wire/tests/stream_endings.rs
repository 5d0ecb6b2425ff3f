//! How streams end, in whatever pieces they come and wherever they are cut.

#[path = "support/streams.rs"]
mod streams;

use coze_models::{ChatEvent, WorkflowEvent};
use coze_wire::stream::{EventReader, StreamEnd, StreamError};
use streams::{Body, Outcome, in_pieces, read, rules, workflow};

fn chat(body: impl AsRef<[u8]>) -> Outcome {
    rules(EventReader::<ChatEvent>::new, body.as_ref())
}

#[test]
fn rule_4_what_is_pending_at_the_end() {
    let before = "id: 0\nevent: Message\ndata: {\"content\":\"a\"}\n\n";
    for (tail, items, end) in [
        ("event: Done\ndata: {}", 2, StreamEnd::Done),
        (
            "event: Done\ndata: {\"debug_url\":\"x\"}\n",
            2,
            StreamEnd::Done,
        ),
        ("event: Done\n", 2, StreamEnd::Done),
        ("event: Done\ndata: [DONE]", 2, StreamEnd::Done),
        ("event: Done", 2, StreamEnd::Truncated),
        ("event: Done\ndata: {\"debug_u", 2, StreamEnd::Truncated),
        (
            "event: Interrupt\ndata: {\"interrupt_data\":{}}",
            2,
            StreamEnd::Interrupted,
        ),
        (
            "event: Interrupt\ndata: {\"interrupt_data\":{",
            2,
            StreamEnd::Truncated,
        ),
        ("event: error\ndata: no disk\n", 2, StreamEnd::Failed),
        ("event: error\ndata: no di", 2, StreamEnd::Truncated),
        ("event: error\n", 2, StreamEnd::Truncated),
        ("event: Message\n", 2, StreamEnd::Truncated),
        (
            "event: Message\ndata: {\"content\":\"b\"}",
            3,
            StreamEnd::Truncated,
        ),
        ("event: new\n", 2, StreamEnd::Truncated),
        ("event: new\ndata: {}", 3, StreamEnd::Truncated),
        ("event: new\ndata: wo", 2, StreamEnd::Truncated),
    ] {
        let body = format!("{before}{tail}");
        let (seen, ending) = in_pieces(EventReader::<WorkflowEvent>::new, body.as_bytes());
        assert_eq!((seen.len(), ending), (items, end), "{tail:?}: {seen:?}");
    }
    let reader = || {
        let mut reader = EventReader::<WorkflowEvent>::new();
        reader.push("id: 4\nevent: PING\n\nevent: Mess".into());
        assert!(reader.pull().is_none());
        reader
    };
    for broken in [false, true] {
        let mut reader = reader();
        if broken {
            reader.break_off();
        } else {
            reader.close();
        }
        let Some(Err(StreamError::Truncated(truncated))) = reader.pull() else {
            panic!("no error");
        };
        assert_eq!((truncated.events(), truncated.last_id()), (1, Some("4")));
        assert!(truncated.within_event());
    }
}

#[test]
fn rule_6_done_and_what_follows() {
    for data in [
        "",
        "data\n",
        "data:\n",
        "data: {}\n",
        "data: [DONE]\n",
        "data: {\"debug_url\":\"h?execute_id=7\"}\n",
    ] {
        let (items, end) = workflow(format!(
            "event: Done\n{data}\nevent: Message\ndata: {{}}\n\nevent: Error\ndata: {{}}\n\n"
        ));
        assert_eq!((items.len(), end), (1, StreamEnd::Done), "{data:?}");
    }
    let mut reader = EventReader::<WorkflowEvent>::new();
    reader.push("event: Done\ndata: {\"debug_url\":\"http://h/w?a=1&execute_id=7\"}\n\n".into());
    assert!(reader.pull().unwrap().is_ok());
    assert_eq!(reader.execute_id(), Some("7"));
    assert_eq!(reader.debug_url(), Some("http://h/w?a=1&execute_id=7"));
}

#[test]
fn rule_7_errors() {
    for (event, code, message, url) in [
        (
            "id: 0\nevent: Error\ndata: {\"error_code\":4000,\"error_message\":\"bad\"}\n\n",
            Some(4000),
            "bad",
            None,
        ),
        (
            "event: Error\ndata: {\"error_code\":\"4000\",\"debug_url\":\"u\"}\n\n",
            Some(4000),
            "",
            Some("u"),
        ),
        (
            "event: error\ndata: lost\ndata: the database\n\n",
            None,
            "lost\nthe database",
            None,
        ),
        ("event: error\n\n", None, "", None),
    ] {
        let body =
            format!("id: 0\nevent: Message\ndata: {{}}\n\n{event}event: Done\ndata: {{}}\n\n");
        let outcome = workflow(&body);
        assert_eq!(
            (outcome.0.len(), outcome.1),
            (2, StreamEnd::Failed),
            "{event:?}"
        );
        let mut reader = EventReader::<WorkflowEvent>::new();
        reader.push(body.into());
        assert!(reader.pull().unwrap().is_ok());
        let Some(Err(StreamError::Failed(failure))) = reader.pull() else {
            panic!("no failure");
        };
        assert_eq!(
            (failure.code(), failure.message(), failure.debug_url()),
            (code, message, url)
        );
        assert_eq!(reader.gaps(), []);
    }
}

#[test]
fn rule_8_interrupts() {
    let body = "event: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"7404/27\",\"type\":2,\"data\":\"\",\
        \"required_parameters\":{\"city\":{\"type\":\"string\"}}},\"node_title\":\"Ask\"}\n\n";
    let (items, end) = workflow(body);
    assert_eq!((items.len(), end), (1, StreamEnd::Interrupted));
    let mut reader = EventReader::<WorkflowEvent>::new();
    reader.push(body.into());
    let Some(Ok(WorkflowEvent::Interrupt(interrupt))) = reader.pull() else {
        panic!("no interrupt");
    };
    let data = interrupt.interrupt_data.unwrap();
    assert_eq!(data.event_id.unwrap().as_str(), "7404/27");
    assert_eq!(data.required_parameters.len(), 1);
    assert_eq!(reader.execute_id(), Some("7404"));
}

#[test]
fn rule_13_chats() {
    let created = "event: conversation.chat.created\ndata: {\"id\":\"75\",\"conversation_id\":\"74\",\"execute_id\":\"9\"}\n\n";
    let delta = "id: 2\nevent: conversation.message.delta\ndata: {\"content\":\"Hi\"}\n\n";
    let before = format!("{created}{delta}");
    let waits =
        "event: conversation.chat.requires_action\ndata: {\"status\":\"requires_action\"}\n\n";
    let note = "event: conversation.message.completed\ndata: {\"type\":\"verbose\",\"content\":\"{\\\"msg_type\\\":\\\"interrupt\\\"}\"}\n\n";
    let other = "event: conversation.message.completed\ndata: {\"type\":\"verbose\",\"content\":\"{\\\"msg_type\\\":\\\"no interrupt\\\"}\"}\n\n";
    for (tail, items, end) in [
        ("event: done\ndata: [DONE]\n\n", 3, StreamEnd::Done),
        ("event: done\ndata: \"[DONE]\"\n\n", 3, StreamEnd::Done),
        (
            "event: done\ndata: {\"debug_url\":\"u\"}\n\n",
            3,
            StreamEnd::Done,
        ),
        ("event: done\n\n", 3, StreamEnd::Done),
        (
            "event: conversation.chat.completed\ndata: {}\n\n",
            4,
            StreamEnd::Truncated,
        ),
        (
            &format!("{waits}event: done\ndata: {{}}\n\n"),
            4,
            StreamEnd::Interrupted,
        ),
        (
            &format!("{note}event: done\ndata: {{}}\n\n"),
            4,
            StreamEnd::Interrupted,
        ),
        (
            &format!("{other}event: done\ndata: {{}}\n\n"),
            4,
            StreamEnd::Done,
        ),
        (waits, 4, StreamEnd::Truncated),
    ] {
        let (seen, ending) = chat(format!("{before}{tail}"));
        assert_eq!((seen.len(), ending), (items, end), "{tail:?}: {seen:?}");
    }
    for (event, code, message) in [
        (
            "event: conversation.chat.failed\ndata: {\"id\":\"7\",\"last_error\":{\"code\":5000,\"msg\":\"event error\"}}\n\n",
            Some(5000),
            "event error",
        ),
        (
            "event: conversation.chat.failed\ndata: {\"code\":\"720702204\",\"msg\":\"none\"}\n\n",
            Some(720_702_204),
            "none",
        ),
        (
            "event: conversation.chat.failed\ndata: {\"code\":0,\"msg\":\"\",\"last_error\":{\"code\":5000,\"msg\":\"no\"}}\n\n",
            Some(5000),
            "no",
        ),
        (
            "event: error\ndata: {\"code\":4000,\"msg\":\"bad\"}\n\n",
            Some(4000),
            "bad",
        ),
        (
            "event: error\ndata: {\"code\":\"4000\",\"msg\":\"bad\",\"debug_url\":\"u\"}\n\n",
            Some(4000),
            "bad",
        ),
        ("event:error\ndata:{}\n\n", None, ""),
        ("event: error\ndata: lost\n\n", None, "lost"),
    ] {
        let body = format!("{before}{event}event: done\n\n");
        assert_eq!(chat(&body).1, StreamEnd::Failed, "{event:?}");
        let mut reader = EventReader::<ChatEvent>::new();
        reader.push(body.into());
        let failure = std::iter::from_fn(|| reader.pull()).find_map(Result::err);
        let Some(StreamError::Failed(failure)) = failure else {
            panic!("no failure: {failure:?}");
        };
        assert_eq!(
            (failure.code(), failure.message()),
            (code, message),
            "{event:?}"
        );
        assert_eq!(reader.execute_id(), Some("9"));
    }
}

#[test]
fn rule_15_the_limit_on_an_event() {
    let small = || EventReader::<WorkflowEvent>::with_event_limit(64);
    let long = "x".repeat(100);
    let (items, end) = {
        let body = format!(
            "event: Message\ndata: {{}}\n\nevent: Message\ndata: {{\"content\":\"{long}\"}}\n\nevent: Done\n\n"
        );
        read(small(), [body.as_bytes()], Body::Closed)
    };
    assert_eq!((items.len(), end), (2, StreamEnd::TooLarge));
    // No limit on the whole.
    let body = "event: Message\ndata: {}\n\n".repeat(1000) + "event: Done\n\n";
    let (items, end) = read(small(), [body.as_bytes()], Body::Closed);
    assert_eq!((items.len(), end), (1001, StreamEnd::Done));
}

#[test]
fn gaps_are_found_or_end_the_stream() {
    let message = |id: u64, node: &str, seq: u64| {
        format!(
            "id: {id}\nevent: Message\ndata: {{\"node_title\":\"{node}\",\"node_seq_id\":\"{seq}\"}}\n\n"
        )
    };
    let body = [
        message(0, "a", 0),
        message(1, "b", 0),
        message(3, "a", 2),
        message(3, "b", 1),
        "id: 4\nevent: Done\ndata: {}\n\n".to_owned(),
    ]
    .concat();
    assert_eq!(workflow(&body).1, StreamEnd::Done);
    let mut reader = EventReader::<WorkflowEvent>::new();
    reader.push(body.clone().into());
    while reader.pull().is_some() {}
    let gaps: Vec<_> = reader
        .gaps()
        .iter()
        .map(|gap| (gap.node(), gap.expected(), gap.seen()))
        .collect();
    assert_eq!(gaps, [(None, 2, 3), (Some("a"), 1, 2), (None, 4, 3)]);
    let strict = || EventReader::<WorkflowEvent>::new().strict(true);
    let (items, end) = rules(strict, body.as_bytes());
    assert_eq!((items.len(), end), (3, StreamEnd::Gap));
    // So it does at an event that cannot be decoded.
    let body = format!(
        "{}id: 2\nevent: Message\ndata: oops\n\nevent: Done\n\n",
        message(0, "a", 0)
    );
    let (items, end) = rules(strict, body.as_bytes());
    assert_eq!((items.len(), end), (2, StreamEnd::Gap));
    // A failure says more than the gap before it.
    let body = format!(
        "{}id: 7\nevent: Error\ndata: {{\"error_code\":4013}}\n\n",
        message(0, "a", 0)
    );
    let (items, end) = rules(strict, body.as_bytes());
    assert_eq!((items.len(), end), (2, StreamEnd::Failed));
}

#[test]
fn fixtures_of_several_streams_in_one_are_read_to_their_first_end() {
    let (items, end) = workflow(
        "id: 0\nevent: Message\ndata: {\"content\":\"msg\"}\n\nid: 0\nevent: Error\ndata: {\"error_code\":4000}\n\n\
         id: 0\nevent: Message\ndata: {}\n\nid: 1\nevent: Interrupt\ndata: {}\n\nid: 6\nevent: Done\ndata: {}\n\n",
    );
    assert_eq!((items.len(), end), (2, StreamEnd::Failed));
    let (items, end) = workflow("id:0\nevent:invalid\ndata:{}");
    assert_eq!((items.len(), end), (2, StreamEnd::Truncated));
}

#[test]
fn the_last_event_may_tell_a_failure() {
    for (data, wanted) in [
        (
            r#"{"code":5000,"msg":"no paper"}"#,
            Some((5000, "no paper")),
        ),
        (
            r#"{"error_code":"4013","error_message":"no model"}"#,
            Some((4013, "no model")),
        ),
        (r#"{"code":0,"msg":"","debug_url":"https://h"}"#, None),
        (r#"{"debug_url":"https://h"}"#, None),
        ("[DONE]", None),
        ("", None),
    ] {
        let stream = format!("id: 0\nevent: Done\ndata: {data}\n\n");
        let mut reader = EventReader::<WorkflowEvent>::new();
        reader.push(stream.into());
        match (reader.pull().unwrap(), wanted) {
            (Ok(_), None) => assert_eq!(reader.end(), Some(StreamEnd::Done)),
            (Err(StreamError::Failed(failure)), Some((code, message))) => {
                assert_eq!((failure.code(), failure.message()), (Some(code), message));
                assert_eq!(reader.end(), Some(StreamEnd::Failed));
            }
            (other, _) => panic!("{data}: {other:?}"),
        }
    }
}
