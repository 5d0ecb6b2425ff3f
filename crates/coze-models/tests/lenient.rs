//! What replies read although no table says so.

use coze_models::{
    ExecuteStatus, Interrupt, InterruptType, JsonText, NoReply, RunHistory, RunWorkflow,
    RunWorkflowReply, UnixSeconds, Usage, WorkflowBasic, WorkflowId,
};
use serde_json::{from_str, to_string};

#[test]
fn ids_keep_every_digit_and_never_pass_through_a_float() {
    let id: WorkflowId = from_str("18446744073709551615").unwrap();
    assert_eq!(id, "18446744073709551615");
    assert_eq!(to_string(&id).unwrap(), r#""18446744073709551615""#);
    // Beyond 64 bits the parser hands over a rounded float; refusing it is all that is left.
    let error = from_str::<WorkflowId>("123456789012345678901234567890").unwrap_err();
    assert!(error.to_string().contains("an id"), "{error}");
    assert!(from_str::<WorkflowId>("1.0").is_err());
}

#[test]
fn counters_read_numbers_digits_and_nothing() {
    let usage: Usage =
        from_str(r#"{"token_count":"98","input_count":null,"output_count":3.0}"#).unwrap();
    assert_eq!(
        (usage.token_count, usage.input_count, usage.output_count),
        (98, 0, 3)
    );
    let row: RunHistory = from_str(r#"{"error_code":"","token":""}"#).unwrap();
    assert_eq!((row.error_code, row.token), (None, None));
    let row: RunHistory = from_str(r#"{"error_code":"4200"}"#).unwrap();
    assert_eq!(row.error_code, Some(4200));
    assert!(from_str::<RunHistory>(r#"{"error_code":"x"}"#).is_err());
    assert!(from_str::<RunHistory>(r#"{"token":1.5}"#).is_err());
}

#[test]
fn times_read_both_kinds_and_write_one() {
    let basic: WorkflowBasic = from_str(r#"{"created_at":"1752060786","updated_at":""}"#).unwrap();
    assert_eq!(basic.created_at, Some(UnixSeconds::new(1_752_060_786)));
    assert_eq!(basic.updated_at, None);
    assert_eq!(to_string(&basic).unwrap(), r#"{"created_at":1752060786}"#);
}

#[test]
fn json_in_strings_also_reads_the_value_itself() {
    let reply: RunWorkflowReply =
        from_str(r#"{"data":{"b":[1,"x",null],"a":18446744073709551615}}"#).unwrap();
    assert_eq!(
        reply.data.as_ref().map(JsonText::as_str),
        Some(r#"{"b":[1,"x",null],"a":18446744073709551615}"#)
    );
    let reply: RunWorkflowReply = from_str(r#"{"data":"plain text"}"#).unwrap();
    let data = reply.data.unwrap();
    assert_eq!(data.as_str(), "plain text");
    assert!(data.parse::<serde_json::Value>().is_err());
    let reply: RunWorkflowReply = from_str(r#"{"data":null,"cost":0.5}"#).unwrap();
    assert_eq!((reply.data, reply.cost.as_deref()), (None, Some("0.5")));
}

#[test]
fn unknown_values_and_fields_do_no_harm() {
    let row: RunHistory =
        from_str(r#"{"execute_status":"Tired","BaseResp":null,"new":{"x":1}}"#).unwrap();
    let status = row.execute_status.unwrap();
    assert!(!status.is_known());
    assert_eq!(status.as_str(), "Tired");
    assert_eq!(to_string(&status).unwrap(), r#""Tired""#);
    let interrupt: Interrupt = from_str(r#"{"type":"42","required_parameters":null}"#).unwrap();
    assert_eq!(interrupt.r#type.map(|t| t.as_i64()), Some(42));
    assert_eq!(InterruptType::from(2), InterruptType::Question);
    assert_eq!(ExecuteStatus::from("Success"), ExecuteStatus::Success);
    from_str::<NoReply>(r#"[1, {"a": 2}]"#).unwrap();
}

#[test]
fn deep_nesting_is_an_error_and_no_overflow() {
    let deep = format!(r#"{{"data":{}}}"#, "[".repeat(200_000));
    assert!(from_str::<RunWorkflowReply>(&deep).is_err());
}

#[test]
fn a_request_reads_back_what_it_writes() {
    let run = RunWorkflow::new("73")
        .parameters([("n", 1)])
        .ext([("user_id", "u-1")])
        .bot_id("8");
    assert_eq!(
        from_str::<RunWorkflow>(&to_string(&run).unwrap()).unwrap(),
        run
    );
    let error = from_str::<RunWorkflow>("{}").unwrap_err();
    assert!(
        error.to_string().contains("missing field `workflow_id`"),
        "{error}"
    );
}

#[test]
fn numbers_of_any_precision_read_the_same() {
    /// A number as the parser hands it over with its feature `arbitrary_precision`.
    fn wide(number: &str) -> String {
        format!(r#"{{"$serde_json::private::Number":"{number}"}}"#)
    }
    let id: WorkflowId = from_str(&wide("18446744073709551615")).unwrap();
    assert_eq!(id, "18446744073709551615");
    for none in ["123456789012345678901234567890", "1.0"] {
        assert!(from_str::<WorkflowId>(&wide(none)).is_err());
    }
    assert!(from_str::<WorkflowId>(r#"{"id":1}"#).is_err());
    let (count, whole) = (wide("98"), wide("3.0"));
    let usage = format!(r#"{{"token_count":{count},"output_count":{whole}}}"#);
    let usage: Usage = from_str(&usage).unwrap();
    assert_eq!((usage.token_count, usage.output_count), (98, 3));
    for none in ["1.5", "9223372036854775808"] {
        let usage = format!(r#"{{"token_count":{}}}"#, wide(none));
        assert!(from_str::<Usage>(&usage).is_err(), "{none}");
    }
    let reply = format!(r#"{{"data":{},"cost":{}}}"#, wide("7"), wide("0.5"));
    let reply: RunWorkflowReply = from_str(&reply).unwrap();
    assert_eq!(reply.data.as_ref().map(JsonText::as_str), Some("7"));
    assert_eq!(reply.cost.as_deref(), Some("0.5"));
}
