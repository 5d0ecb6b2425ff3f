//! Decoding of events beyond the examples on the pages.

use coze_models::{ChatEvent, StreamEvent, WorkflowEvent};
use std::error::Error;

fn workflow(name: &str, data: &str) -> WorkflowEvent {
    WorkflowEvent::decode(name, data).unwrap()
}

#[test]
fn names_compare_without_case_and_unknown_ones_are_kept() {
    assert!(matches!(
        workflow("message", "{}"),
        WorkflowEvent::Message(_)
    ));
    assert!(matches!(workflow("ping", "not json"), WorkflowEvent::Ping));
    let unknown = workflow("Surprise", "data: x");
    assert_eq!((unknown.name(), unknown.is_terminal()), ("Surprise", false));
    assert_eq!(unknown.data().unwrap(), "data: x");
}

#[test]
fn an_event_without_a_name_is_a_message_if_it_reads_as_one() {
    assert!(matches!(
        workflow("", r#"{"content":"x"}"#),
        WorkflowEvent::Message(_)
    ));
    assert!(matches!(workflow("", "plain"), WorkflowEvent::Unknown(_)));
}

#[test]
fn content_is_text_whatever_it_was() {
    let content = |data: &str| match workflow("Message", data) {
        WorkflowEvent::Message(message) => message.content,
        other => panic!("{other:?}"),
    };
    assert_eq!(content(r#"{"content":null}"#), "");
    assert_eq!(
        content(r#"{"content":{"b":1,"a":"x"}}"#),
        r#"{"b":1,"a":"x"}"#
    );
    assert_eq!(content(r#"{"node_seq_id":7}"#), "");
}

#[test]
fn a_message_that_is_no_json_is_an_error_with_its_data() {
    let error = WorkflowEvent::decode("Message", "[1").unwrap_err();
    assert_eq!((error.name(), error.data()), ("Message", "[1"));
    assert!(error.source().is_some());
    assert!(
        WorkflowEvent::decode("Message", "[]").is_err(),
        "a list is no object"
    );
}

#[test]
fn ends_are_told_in_every_form() {
    let WorkflowEvent::Error(error) = workflow("error", "boom\nat line 2") else {
        panic!("plain text is an error event");
    };
    assert_eq!(error.error_message.as_deref(), Some("boom\nat line 2"));
    let WorkflowEvent::Error(error) = workflow("Error", r#"{"error_code":"4000"}"#) else {
        panic!("digits are a code");
    };
    assert_eq!(error.error_code, Some(4000));
    for done in ["", "{}", "[DONE]", "\"[DONE]\"", "null"] {
        assert!(workflow("Done", done).is_terminal());
        assert!(ChatEvent::decode("done", done).unwrap().is_terminal());
    }
    assert!(workflow("Interrupt", "{}").is_terminal());
}
