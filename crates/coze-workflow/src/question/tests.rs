//! Each shape of a question, and what fits it.

use coze_models::{Interrupt, InterruptType, ParameterType};
use serde_json::{Value, json};

use super::*;

fn interrupt(kind: i64, data: &str) -> Interrupt {
    let interrupt = json!({"event_id": "7424/2691", "type": kind, "data": data});
    serde_json::from_value(interrupt).unwrap()
}

fn question(kind: i64, data: &Value) -> Question {
    interrupt(kind, &data.to_string()).into()
}

fn form(kind: &str, list: &Value) -> Question {
    question(
        5,
        &json!({"content_type": kind, "content": list.to_string()}),
    )
}

fn refused(answer: &Answer, question: &Question) -> String {
    answer.resume_data(question).unwrap_err().to_string()
}

#[test]
fn words_are_read_from_both_kinds_of_servers() {
    let cloud = question(
        2,
        &json!({"content_type": "text", "content": "Which city?"}),
    );
    let studio = question(
        2,
        &json!({"messages": [
            {"type": "question", "content_type": "text", "content": "Where?", "id": "1_0"},
            {"type": "answer", "content_type": "text", "content": "far", "id": "1_1"},
            {"type": "question", "content_type": "text", "content": "Which city?", "id": "1_2"},
            {"type": "answer", "content_type": "text", "content": "no", "id": "1_3"},
        ]}),
    );
    for asked in [cloud, studio] {
        assert_eq!(
            (asked.text(), asked.kind()),
            ("Which city?", &QuestionKind::Text)
        );
        assert_eq!(Answer::text("Lyon").resume_data(&asked).unwrap(), "Lyon");
        assert_eq!(
            Answer::file("1456").resume_data(&asked).unwrap(),
            r#"{"file_id":"1456"}"#
        );
        assert_eq!(Answer::option("Lyon").resume_data(&asked).unwrap(), "Lyon");
        assert!(refused(&Answer::option_at(0), &asked).contains("no options"));
    }
}

#[test]
fn options_are_checked_and_sent_by_their_text() {
    let studio = question(
        2,
        &json!({"messages": [{"type": "question", "content_type": "option", "id": "1_0",
            "content": json!({"options": [{"name": "Lyon"}, {"name": "Oslo"}], "question": "Which?"}).to_string()}]}),
    );
    let lettered = question(
        2,
        &json!({"content_type": "text", "content": "Which?\nA. Lyon\nB. Oslo"}),
    );
    for asked in [studio, lettered] {
        assert_eq!(asked.text(), "Which?");
        assert_eq!(asked.options(), ["Lyon", "Oslo"]);
        let sent = |answer: Answer| answer.resume_data(&asked).unwrap();
        assert_eq!(sent(Answer::option("Oslo")), "Oslo");
        assert_eq!(sent(Answer::option(" oslo ")), "Oslo");
        assert_eq!(sent(Answer::option_at(1)), "Oslo");
        assert_eq!(sent(Answer::text("the second")), "the second");
        assert_eq!(
            refused(&Answer::option("Paris"), &asked),
            "the question takes one of `Lyon`, `Oslo`, not `Paris`"
        );
        assert!(refused(&Answer::option_at(2), &asked).contains("`Lyon`, `Oslo`"));
        assert!(refused(&Answer::file("1"), &asked).contains("`Lyon`, `Oslo`"));
        assert!(refused(&Answer::form(json!({"a": 1})), &asked).contains("`Lyon`, `Oslo`"));
    }
    // Alike but for their case, they are told apart by it alone.
    let alike = question(
        2,
        &json!({"content_type": "text", "content": "\nA. lyon\nB. LYON"}),
    );
    assert_eq!(Answer::option("LYON").resume_data(&alike).unwrap(), "LYON");
    assert!(refused(&Answer::option("Lyon"), &alike).contains("`lyon`, `LYON`"));
}

#[test]
fn a_list_that_is_no_list_of_options_stays_text() {
    for text in [
        "Which?\nA. only one",
        "Which?\nA. a\nC. c",
        "A. a\nB. b",
        "Which?\nA. a\nB. b\nso?",
        "a\nA. \nB. x",
    ] {
        let asked = question(2, &json!({"content_type": "text", "content": text}));
        assert_eq!((asked.text(), asked.kind()), (text, &QuestionKind::Text));
    }
}

#[test]
fn forms_are_read_with_types_and_file_kinds() {
    let list = json!([
        {"type": "string", "name": "img", "required": true, "assistType": 2, "description": "a cat"},
        {"type": "float", "name": "degrees", "required": false},
        {"type": "string", "name": "at", "assistType": 10000},
        {"type": "list", "name": "tags", "schema": {"type": "string"}},
        {"type": "object", "name": "trip", "schema": [{"type": "integer", "name": "days", "required": true}]},
    ]);
    for kind in ["text", "form_schema"] {
        let asked = form(kind, &list);
        let kinds: Vec<_> = asked
            .fields()
            .iter()
            .map(|field| (field.name(), field.kind().unwrap().as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("img", "image"),
                ("degrees", "number"),
                ("at", "time"),
                ("tags", "array"),
                ("trip", "object")
            ]
        );
        let img = &asked.fields()[0];
        assert!(img.is_file() && img.is_required());
        assert_eq!(img.description(), "a cat");
        let file = r#"{"img":"{\"file_id\":\"1456\"}"}"#;
        assert_eq!(Answer::file("1456").resume_data(&asked).unwrap(), file);
    }
}

#[test]
fn the_documented_form_of_a_resume_is_read() {
    let asked: Interrupt = serde_json::from_value(json!({
        "data": "{\"content_type\":\"text\",\"content\":\"[{\\\"type\\\":\\\"string\\\",\\\"name\\\":\\\"img\\\",\\\"required\\\":true}]\"}",
        "required_parameters": {
            "img": {"required": true, "type": "image"},
            "n": {"type": "integer", "default_value": "2", "required": true},
        },
        "event_id": "7569/2691",
        "type": 5,
    }))
    .unwrap();
    let asked = Question::from(asked);
    // The map says more exactly than the list what kind of text it is, and adds what the list lacks.
    assert_eq!(asked.fields()[0].kind(), Some(&ParameterType::Image));
    assert_eq!(asked.fields()[1].default_value(), Some("2"));
    let url = Answer::form(json!({"img": "https://example.com/a.png"}));
    assert_eq!(
        url.resume_data(&asked).unwrap(),
        r#"{"img":"https://example.com/a.png"}"#
    );
}

#[test]
fn a_misfit_names_its_field() {
    let asked = form(
        "text",
        &json!([
            {"type": "string", "name": "city", "required": true},
            {"type": "integer", "name": "days"},
            {"type": "boolean", "name": "sun"},
            {"type": "string", "name": "img", "assistType": 2},
            {"type": "list", "name": "tags", "schema": {"type": "string"}},
            {"type": "object", "name": "trip", "schema": [{"type": "integer", "name": "days", "required": true}]},
        ]),
    );
    for (values, message) in [
        (json!({}), "field `city` is required"),
        (json!({"city": null}), "field `city` is required"),
        (
            json!({"city": 1}),
            "field `city` takes a text, not a number",
        ),
        (
            json!({"city": "Lyon", "days": 1.5}),
            "field `days` takes an integer, not a number",
        ),
        (
            json!({"city": "Lyon", "sun": "yes"}),
            "field `sun` takes true or false, not a text",
        ),
        (
            json!({"city": "Lyon", "tags": ["a", 2]}),
            "field `tags[1]` takes a text, not a number",
        ),
        (
            json!({"city": "Lyon", "trip": {}}),
            "field `trip.days` is required",
        ),
        (
            json!({"city": "Lyon", "trip": {"days": []}}),
            "field `trip.days` takes an integer, not a list",
        ),
        (
            json!({"citty": "Lyon"}),
            "the form has no field `citty`; it has city, days, sun, img, tags, trip",
        ),
        (
            json!(["Lyon"]),
            "a form is a struct or a map, by the names of its fields, not a list",
        ),
    ] {
        assert_eq!(refused(&Answer::form(&values), &asked), message, "{values}");
    }
    for image in [json!("1456"), json!(""), json!(1456), json!({"id": "1456"})] {
        let message = refused(&Answer::form(json!({"city": "Lyon", "img": image})), &asked);
        assert!(message.starts_with("field `img` takes a file"), "{message}");
    }
    assert!(refused(&Answer::text("Lyon"), &asked).contains("it has city"));
    assert!(refused(&Answer::form(f64::NAN), &asked).starts_with("the form cannot be sent"));
    let whole = json!({"city": "Lyon", "days": 3, "trip": {"days": 2.0}, "tags": []});
    let sent = Answer::form(&whole).resume_data(&asked).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&sent).unwrap(), whole);
}

#[test]
fn a_question_in_words_tells_the_fields_it_still_wants() {
    let asked: Interrupt = serde_json::from_value(json!({
        "type": 2,
        "data": "{\"content_type\":\"text\",\"content\":\"Where and how long?\"}",
        "required_parameters": {"days": {"type": "integer", "required": true}},
    }))
    .unwrap();
    let asked = Question::from(asked);
    assert_eq!(asked.kind(), &QuestionKind::Text);
    assert_eq!(asked.fields()[0].name(), "days");
    assert_eq!(
        Answer::text("3 days").resume_data(&asked).unwrap(),
        "3 days"
    );
    let fields = json!({"days": 3, "city": "Lyon"});
    assert_eq!(
        Answer::form(&fields).resume_data(&asked).unwrap(),
        fields.to_string()
    );
    assert!(refused(&Answer::form(json!({"days": "3"})), &asked).contains("`days`"));
}

#[test]
fn what_does_not_fit_is_other_and_keeps_its_text() {
    let deep = "[".repeat(4000);
    for (kind, data) in [
        (2, "no JSON"),
        (2, "[1,"),
        (2, deep.as_str()),
        (2, "\u{feff}{}"),
        (2, "null"),
        (2, "7"),
        (2, r#"{"content_type":"card","content":"{}"}"#),
        (2, r#"{"content_type":"option","content":"{}"}"#),
        (
            2,
            r#"{"content_type":"option","content":"{\"options\":[]}"}"#,
        ),
        (2, r#"{"messages":[]}"#),
        (2, r#"{"messages":[{"type":"answer","content":"x"}]}"#),
        (2, r#"{"content_type":"text","content":7}"#),
        (5, r#"{"content_type":"text","content":"Which city?"}"#),
        (
            5,
            r#"{"content_type":"form_schema","content":"[{\"type\":\"string\"}]"}"#,
        ),
        (1, r#"{"content_type":"text","content":"call f()"}"#),
        (7, r#"{"url":"https://example.com/grant"}"#),
        (99, "anything"),
    ] {
        let asked = Question::from(interrupt(kind, data));
        assert_eq!((asked.kind(), asked.text()), (&QuestionKind::Other, data));
        assert_eq!(asked.interrupt().data.as_deref(), Some(data));
        assert_eq!(asked.interrupt_type(), Some(&InterruptType::from(kind)));
        // Nothing is known to check against, so anything goes out as it is.
        assert_eq!(Answer::raw("x y").resume_data(&asked).unwrap(), "x y");
        assert_eq!(Answer::text("x y").resume_data(&asked).unwrap(), "x y");
        assert_eq!(
            Answer::form(json!({"a": 1})).resume_data(&asked).unwrap(),
            r#"{"a":1}"#
        );
    }
    let nothing = Question::from(Interrupt::default());
    assert_eq!((nothing.kind(), nothing.text()), (&QuestionKind::Other, ""));
}

#[test]
fn a_stream_says_the_question_before_the_event() {
    let event = |data: Value| {
        serde_json::from_value(json!({"interrupt_data": data, "node_title": "Ask"})).unwrap()
    };
    let silent = event(json!({"event_id": "1/2", "type": 2, "data": ""}));
    let asked = Question::from_event(silent, Some("Which?\nA. Lyon\nB. Oslo"));
    assert_eq!((asked.text(), asked.node_title()), ("Which?", Some("Ask")));
    assert_eq!(asked.options(), ["Lyon", "Oslo"]);
    // A self-hosted server repeats the payload as the message; the payload counts.
    let payload = json!({"messages": [{"type": "question", "content_type": "text", "content": "Which city?"}]});
    let full = event(json!({"event_id": "1/2", "type": 2, "data": payload.to_string()}));
    assert_eq!(
        Question::from_event(full, Some(&payload.to_string())).text(),
        "Which city?"
    );
    // A form by its parameters alone.
    let bare =
        event(json!({"type": 5, "data": "", "required_parameters": {"n": {"type": "integer"}}}));
    let asked = Question::from_event(bare, None);
    assert_eq!(asked.fields()[0].name(), "n");
    assert!(Answer::form(json!({"n": "x"})).resume_data(&asked).is_err());
    assert!(
        Answer::form(json!({"other": "x"}))
            .resume_data(&asked)
            .is_ok()
    );
    assert_eq!(
        Question::from_event(event(Value::Null), None).kind(),
        &QuestionKind::Other
    );
}

#[test]
fn a_chat_asks_in_words_by_a_list_or_by_a_card() {
    let words = Question::from_chat(Some("Which city?"), None);
    assert_eq!(
        (words.text(), words.kind()),
        ("Which city?", &QuestionKind::Text)
    );
    let list = Question::from_chat(
        Some(r#"[{"type":"integer","name":"n","required":true}]"#),
        None,
    );
    assert_eq!(list.fields()[0].name(), "n");
    let card = r#"{"card_type":3,"response_type":"card"}"#;
    let card = Question::from_chat(Some(card), None);
    assert_eq!(card.kind(), &QuestionKind::Other);
    assert_eq!(Answer::text("Lyon").resume_data(&card).unwrap(), "Lyon");
    // The notice has the interrupt itself.
    let data = json!({"event_id": "1/2", "type": 2, "data": "{\"content_type\":\"text\",\"content\":\"Which?\"}"});
    let notice = json!({"msg_type": "interrupt", "data": data.to_string()}).to_string();
    let asked = Question::from_chat(Some("x"), Some(&notice));
    assert_eq!(
        (asked.text(), asked.event_id().unwrap().as_str()),
        ("Which?", "1/2")
    );
    for notice in [
        "",
        "x",
        "{}",
        r#"{"msg_type":"interrupt","data":""}"#,
        r#"{"msg_type":"empty result"}"#,
    ] {
        assert_eq!(
            Question::from_chat(Some("Which?"), Some(notice)).text(),
            "Which?"
        );
    }
    assert_eq!(Question::from_chat(None, None).kind(), &QuestionKind::Other);
}

#[test]
fn answers_show_no_words_in_their_debug_form() {
    assert_eq!(format!("{:?}", Answer::text("secret")), "Answer::text(…)");
    assert_eq!(Answer::from(None::<Answer>), Answer::decline());
    let asked = Question::by_id("1/2", 2);
    assert!(Answer::decline().resume_data(&asked).is_err());
    assert_eq!(Answer::from("Lyon").resume_data(&asked).unwrap(), "Lyon");
}
