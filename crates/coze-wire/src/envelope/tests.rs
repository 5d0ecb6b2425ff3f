use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};

use coze_models::{Method, OperationMeta, ReplaySafety};
use serde::{Deserialize, Serialize};

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Thing {
    id: u64,
    note: Option<String>,
}

macro_rules! operation {
    ($name:ident, $reply:ty, $shape:ident) => {
        #[derive(Serialize)]
        struct $name;
        impl Operation for $name {
            type Reply = $reply;
            const META: &'static OperationMeta = &OperationMeta::new("op", Method::Get, "/op")
                .reply(ReplyShape::$shape)
                .replay(ReplaySafety::Always);
        }
    };
}
operation!(GetThing, Thing, Data);
operation!(ListThings, Vec<Thing>, Data);
operation!(Delete, (), Data);
operation!(FlatThing, Thing, Flat);
operation!(Token, Thing, Bare);
operation!(GetRecord, Record, Bare);

/// What has a member with the name of the older place of the log id.
#[derive(Debug, Deserialize, PartialEq)]
struct Record {
    error: Option<String>,
}

fn respond<O: Operation>(status: u16, body: &[u8]) -> Result<Decoded<O::Reply>, ReplyError> {
    let response = http::Response::builder()
        .status(status)
        .header("X-Tt-Logid", "from-header")
        .body(())
        .unwrap();
    decode::<O>(&response.into_parts().0, &Bytes::copy_from_slice(body))
}

fn api<O: Operation>(status: u16, body: &str) -> ApiFailure {
    match respond::<O>(status, body.as_bytes())
        .map(|_| ())
        .unwrap_err()
    {
        ReplyError::Api(failure) => *failure,
        ReplyError::Invalid(reply) => panic!("{reply:?}"),
    }
}

fn invalid<O: Operation>(status: u16, body: &[u8]) -> InvalidReply {
    match respond::<O>(status, body).map(|_| ()).unwrap_err() {
        ReplyError::Api(failure) => panic!("{failure:?}"),
        ReplyError::Invalid(reply) => *reply,
    }
}

#[test]
fn a_payload_is_read_from_data_or_from_beside_the_code() {
    let thing = Thing { id: 7, note: None };
    let data = respond::<GetThing>(
        200,
        br#"{"code":0,"msg":"","data":{"id":7},"detail":{"logid":"L"}}"#,
    );
    let data = data.unwrap();
    assert_eq!(
        (data.value, data.log_id.as_deref()),
        (Thing { id: 7, note: None }, Some("L"))
    );
    let flat = respond::<FlatThing>(
        200,
        br#"{"id":7,"code":0,"BaseResp":null,"detail":{"logid":"L"}}"#,
    );
    let flat = flat.unwrap();
    assert_eq!((flat.value, flat.log_id.as_deref()), (thing, Some("L")));
    let bare = respond::<Token>(200, br#"{"id":7,"n\u006fte":"x"}"#).unwrap();
    assert_eq!(bare.value.note.as_deref(), Some("x"));
    assert_eq!(bare.log_id.as_deref(), Some("from-header"));
}

#[test]
fn a_code_comes_as_number_float_text_or_not_at_all() {
    for code in ["0", "0.0", "\"0\"", "null", "\"\"", "0e3", "-0"] {
        let body = format!(r#"{{"data":{{"id":1}},"code":{code}}}"#);
        assert_eq!(
            respond::<GetThing>(200, body.as_bytes()).unwrap().value.id,
            1,
            "{code}"
        );
    }
    assert_eq!(
        respond::<GetThing>(200, br#"{"data":{"id":1}}"#)
            .unwrap()
            .value
            .id,
        1
    );
    for (code, value) in [
        ("4000", 4000),
        ("\"720702204\"", 720_702_204),
        ("1e3", 1000),
        ("-5", -5),
    ] {
        let body = format!(r#"{{"code":{code},"msg":"no"}}"#);
        assert_eq!(api::<GetThing>(200, &body).code(), value);
        assert_eq!(api::<FlatThing>(200, &body).code(), value);
    }
    for code in ["true", "1.5", "\"x\"", "[]", "99999999999999999999"] {
        let body = format!(r#"{{"code":{code},"data":{{"id":1}}}}"#);
        let reply = invalid::<GetThing>(200, body.as_bytes());
        assert_eq!(reply.kind(), InvalidKind::Shape, "{code}");
    }
}

#[test]
fn an_error_that_is_a_text_belongs_to_a_payload_without_envelope() {
    for (body, error) in [
        (r#"{"error":"it broke"}"#, Some("it broke")),
        (r#"{"error":"line\none"}"#, Some("line\none")),
        (r#"{"error":null}"#, None),
        (r#"{"error":{"logid":"L"}}"#, None),
    ] {
        let record = respond::<GetRecord>(200, body.as_bytes()).unwrap();
        assert_eq!(record.value.error.as_deref(), error, "{body}");
    }
    let misfit = invalid::<GetRecord>(200, br#"{"error":7}"#);
    assert_eq!(misfit.kind(), InvalidKind::Shape);
}

#[test]
fn a_code_wins_over_the_status_and_keeps_all_it_came_with() {
    let body = r#"{"code":4000,"msg":"bad","data":"odd","debug_url":"https://d","execute_id":77,
                   "detail":{"logid":"L"},"error":{"logid":"old"}}"#;
    for status in [200, 400, 500] {
        for failure in [
            api::<GetThing>(status, body),
            api::<FlatThing>(status, body),
        ] {
            assert_eq!(failure.status(), status);
            assert_eq!(failure.message(), "bad");
            assert_eq!(failure.log_id(), Some("L"));
            assert_eq!(failure.sign().debug_url(), Some("https://d"));
            assert_eq!(failure.sign().execute_id(), Some("77"));
            assert_eq!(
                failure.to_string(),
                "the service responded with code 4000: bad"
            );
        }
    }
    let old = api::<GetThing>(200, r#"{"code":1,"msg":null,"error":{"logid":"old"}}"#);
    assert_eq!((old.message(), old.log_id()), ("", Some("old")));
    let token = api::<Token>(
        200,
        r#"{"error_code":"invalid","error_message":"gone"}"#
            .replace("\"invalid\"", "\"\"")
            .as_str(),
    );
    assert_eq!((token.code(), token.message()), (0, "gone"));
}

#[test]
fn a_bad_status_without_a_code_is_a_failure_whatever_the_body_says() {
    for body in [
        r#"{"code":0,"data":{"id":1}}"#,
        "<html>",
        "",
        "[0]",
        "{",
        r#"{"id":1}"#,
    ] {
        for status in [301, 404, 502, 504] {
            let reply = invalid::<GetThing>(status, body.as_bytes());
            assert_eq!(reply.kind(), InvalidKind::Status, "{status} {body}");
            assert!(ReplyError::from(reply).log_id() == Some("from-header"));
        }
    }
}

#[test]
fn a_good_status_with_a_bad_body_is_told_apart() {
    for (body, kind, cut) in [
        (&b"<html></html>"[..], InvalidKind::NotJson, false),
        (b"", InvalidKind::EmptyBody, false),
        (b" \r\n", InvalidKind::EmptyBody, false),
        (b"[0]", InvalidKind::NotAnObject, false),
        (b"\"x\"", InvalidKind::NotAnObject, false),
        (b"null", InvalidKind::NotAnObject, false),
        (b"0", InvalidKind::NotAnObject, false),
        (br#"{"code":0,"data":{"id":1}"#, InvalidKind::NotJson, true),
        (br#"{"code":0,"data":{"id":"#, InvalidKind::NotJson, true),
        (
            br#"{"code":0,"data":{"id":1}} x"#,
            InvalidKind::NotJson,
            false,
        ),
        (
            br#"{"code":0,"data":{"id":1}}{}"#,
            InvalidKind::NotJson,
            false,
        ),
        (
            b"{\"data\":{\"id\":1,\"note\":\"\xff\"}}",
            InvalidKind::NotJson,
            false,
        ),
        (
            b"{\"data\":{\"id\":1,\"note\":\"\xe4\xbd",
            InvalidKind::NotJson,
            true,
        ),
        (br#"{"code":0,"msg":""}"#, InvalidKind::NoData, false),
        (br#"{"code":0,"data":null}"#, InvalidKind::NoData, false),
        (
            br#"{"code":0,"code":0,"data":{"id":1}}"#,
            InvalidKind::Shape,
            false,
        ),
        (
            br#"{"code":0,"data":{"id":1,"id":2}}"#,
            InvalidKind::Shape,
            false,
        ),
    ] {
        let reply = invalid::<GetThing>(200, body);
        let shown = String::from_utf8_lossy(body);
        assert_eq!((reply.kind(), reply.is_cut()), (kind, cut), "{shown}");
    }
    let bom = respond::<GetThing>(200, "\u{feff}{\"data\":{\"id\":1}}".as_bytes());
    assert_eq!(bom.unwrap().value.id, 1);
}

#[test]
fn no_data_is_an_empty_list_and_nothing_where_nothing_is_due() {
    for body in [
        r#"{"code":0}"#,
        r#"{"code":0,"data":null}"#,
        r#"{"code":0,"data":[]}"#,
    ] {
        assert_eq!(
            respond::<ListThings>(200, body.as_bytes()).unwrap().value,
            []
        );
    }
    respond::<Delete>(204, b"").unwrap();
    for (status, empty) in [
        (200, invalid::<Delete>(200, b"")),
        (204, invalid::<ListThings>(204, b"")),
    ] {
        assert_eq!(empty.kind(), InvalidKind::EmptyBody, "{status}");
    }
    assert_eq!(
        invalid::<ListThings>(200, b"").kind(),
        InvalidKind::EmptyBody
    );
    respond::<Delete>(200, br#"{"code":0,"msg":"Success"}"#).unwrap();
    assert_eq!(api::<Delete>(200, r#"{"code":4101}"#).code(), 4101);
}

#[test]
fn a_shape_error_names_the_json_path() {
    let reply = invalid::<GetThing>(200, br#"{"code":0,"data":{"id":"seven"}}"#);
    assert_eq!(reply.path(), Some("data.id"));
    assert_eq!(
        reply.to_string(),
        "`data.id` does not have the documented shape"
    );
    let reply = invalid::<ListThings>(200, br#"{"data":[{"id":1},{"id":2,"note":5}]}"#);
    assert_eq!(reply.path(), Some("data[1].note"));
    let reply = invalid::<FlatThing>(200, br#"{"code":0,"id":1,"note":[]}"#);
    assert_eq!(reply.path(), Some("note"));
    let reply = invalid::<FlatThing>(200, br#"{"code":0}"#);
    assert_eq!(reply.kind(), InvalidKind::Shape);
}

#[test]
fn deep_nesting_neither_overflows_nor_passes_where_it_is_decoded() {
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let ignored = format!(r#"{{"code":0,"data":{{"id":1}},"extra":{deep}}}"#);
    assert_eq!(
        respond::<GetThing>(200, ignored.as_bytes())
            .unwrap()
            .value
            .id,
        1
    );
    let used = format!(r#"{{"code":0,"data":{{"id":1,"note":{deep}}}}}"#);
    assert_eq!(
        invalid::<GetThing>(200, used.as_bytes()).kind(),
        InvalidKind::Shape
    );
}

#[test]
fn a_cut_anywhere_is_never_a_success() {
    let whole =
        r#"{"code":0,"msg":"ü","data":{"id":7,"note":"x"},"detail":{"logid":"L"}}"#.as_bytes();
    for end in 0..whole.len() {
        let reply = invalid::<GetThing>(200, &whole[..end]);
        assert!(
            reply.kind() == InvalidKind::EmptyBody || reply.is_cut(),
            "{end}"
        );
    }
    assert!(respond::<GetThing>(200, whole).is_ok());
}

#[test]
fn a_failure_tells_its_code_and_its_run_however_odd_the_rest() {
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    for body in [
        format!(r#"{{"extra":{deep},"code":4009,"msg":"busy","execute_id":"7413"}}"#),
        format!(r#"{{"execute_id":"7413","msg":"busy","code":4009,"extra":{deep}}}"#),
        format!(r#"{{"code":4009,"msg":"busy","extra":{{"a":[{deep},{{"execute_id":"7413"}}]}}}}"#),
    ] {
        let failure = api::<GetThing>(200, &body);
        assert_eq!((failure.code(), failure.message()), (4009, "busy"));
        assert_eq!(failure.sign().execute_id(), Some("7413"));
    }
    let whole = r#"{"code":4009,"msg":"busy","data":{"execute_id":"7413"},"detail":{"logid":"L"}}"#;
    let output = whole.find("execute_id").unwrap();
    for end in r#"{"code":4009,"#.len()..whole.len() {
        let failure = api::<FlatThing>(200, &whole[..end]);
        assert_eq!(failure.code(), 4009, "{end}");
        assert_eq!(failure.sign().is_seen(), end > output, "{end}");
    }
}

/// A number as the parser hands it over with its feature `arbitrary_precision`.
fn wide(number: &str) -> String {
    format!(r#"{{"$serde_json::private::Number":"{number}"}}"#)
}

#[test]
fn numbers_of_any_precision_read_the_same() {
    let read = |body: String| crate::failure(StatusCode::OK, &HeaderMap::new(), &body.into());
    let failure = |code: &str| {
        let (code, id, used) = (wide(code), wide("7413"), wide("386"));
        read(format!(
            r#"{{"code":{code},"msg":"no","execute_id":{id},"token":{used}}}"#
        ))
    };
    for code in ["4009", "4009.0"] {
        let failure = failure(code).unwrap();
        assert_eq!(failure.code(), Some(4009));
        assert_eq!(failure.sign().execute_id(), Some("7413"));
    }
    assert!(failure("0").is_none());
    let unused = format!(
        r#"{{"code":4009,"token":{},"usage":{{"token_count":{}}}}}"#,
        wide("0"),
        wide("0")
    );
    assert!(!read(unused).unwrap().sign().is_seen());
    let used = format!(r#"{{"code":4009,"token":{}}}"#, wide("386"));
    assert!(read(used).unwrap().sign().is_seen());
    let object = Bytes::from_static(br#"{"code":{"a":1},"msg":"x"}"#);
    let read = crate::failure(StatusCode::OK, &HeaderMap::new(), &object);
    assert_eq!(read.unwrap().code(), None);
}
