//! JSON replies, good and bad: read whole, byte by byte and cut anywhere. A cut is never a success.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use coze_transport::{BoxError, ResponseBody};
use coze_workflow::{
    Client, Error, HttpStack, Request, Response, RunOutput,
    models::{CollaborationMode, GetRunHistory, ListWorkflows},
};
use http_body::{Body, Frame};

/// A body that hands out so many bytes at a time.
struct Pieces {
    left: Bytes,
    size: usize,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let size = self.size.min(self.left.len());
        if size == 0 {
            return Poll::Ready(None);
        }
        Poll::Ready(Some(Ok(Frame::data(self.left.split_to(size)))))
    }
}

/// An answer as it goes over the wire.
#[derive(Clone, Debug)]
struct Answer {
    status: u16,
    headers: &'static [(&'static str, &'static str)],
    body: Bytes,
}

fn answer(status: u16, body: impl Into<Bytes>) -> Answer {
    Answer {
        status,
        headers: &[
            ("content-type", "application/json"),
            ("x-tt-logid", "HEADER"),
        ],
        body: body.into(),
    }
}

impl Answer {
    /// A client that gets this answer in pieces of `size` bytes, over a bare stack or one with all layers.
    fn client(&self, size: usize, layers: bool) -> Client {
        let answer = Arc::new(self.clone());
        let stack = HttpStack::from_fn(move |_: Request| {
            let answer = Arc::clone(&answer);
            async move {
                let left = answer.body.clone();
                let mut response = Response::new(ResponseBody::stream(Pieces { left, size }));
                *response.status_mut() = http::StatusCode::from_u16(answer.status)?;
                for (name, value) in answer.headers {
                    response.headers_mut().append(*name, value.parse()?);
                }
                Ok::<_, BoxError>(response)
            }
        });
        if layers {
            let client = Client::builder().base_url("https://h").transport(stack);
            client.build().unwrap()
        } else {
            Client::new(stack)
        }
    }

    fn cut(&self, at: usize) -> Self {
        Self {
            body: self.body.slice(..at),
            ..self.clone()
        }
    }
}

fn told(error: &Error) -> String {
    let mut text = format!(
        "{:?} code {:?} status {:?} log id {:?}",
        error.kind(),
        error.code(),
        error.status().map(|status| status.as_u16()),
        error.log_id().unwrap_or_default()
    );
    if let Some(path) = error.cause().map(ToString::to_string) {
        text.push_str(" because ");
        text.push_str(&path);
    }
    text
}

fn told_run(result: &Result<RunOutput, Error>) -> String {
    match result {
        Ok(run) => format!(
            "Ok {} log id {}",
            run.raw(),
            run.log_id().unwrap_or_default()
        ),
        Err(error) => told(error),
    }
}

/// Runs the answer whole, byte by byte, in threes, bare and layered; they have to agree. Then cut.
async fn check(answer: &Answer, want: &str) {
    for layers in [false, true] {
        for size in [usize::MAX, 1, 3] {
            let run = answer.client(size, layers).workflow("7366").run().await;
            let told = told_run(&run);
            assert!(
                told.starts_with(want),
                "{answer:?} in pieces of {size}, layers {layers}\n  want {want}\n  told {told}"
            );
        }
    }
    for at in 0..answer.body.len() {
        let cut = answer.cut(at);
        let run = cut.client(2, at % 2 == 0).workflow("7366").run().await;
        assert!(run.is_err(), "cut at {at}: {}", told_run(&run));
    }
}

#[tokio::test(start_paused = true)]
async fn success_and_failure_are_decided_by_code_and_status_together() {
    let run = r#"{"code":0,"msg":"","data":"{\"n\":1}","detail":{"logid":"BODY"}}"#;
    check(&answer(200, run), "Ok {\"n\":1} log id BODY").await;
    check(&answer(201, run), "Ok {\"n\":1} log id BODY").await;
    // The code wins; the status stays beside it.
    let failed = r#"{"code":4000,"msg":"bad"}"#;
    for status in [200, 400, 403] {
        let want = format!("Api code Some(4000) status Some({status}) log id \"HEADER\"");
        check(&answer(status, failed), &want).await;
    }
    let negative = r#"{"code":-1,"msg":null}"#;
    check(&answer(200, negative), "Api code Some(-1) status Some(200)").await;
    let text = r#"{"code":"720702204"}"#;
    check(&answer(200, text), "Api code Some(720702204)").await;
    // A bad status without a code is a failure whatever else the body says.
    for body in [run, r#"{"data":"x"}"#, "<html>", "", "[1]", "null"] {
        for status in [302, 404, 410] {
            let want = format!("Http code None status Some({status})");
            check(&answer(status, body), &want).await;
        }
    }
    check(&answer(401, "<html>"), "Auth code None status Some(401)").await;
}

#[tokio::test(start_paused = true)]
async fn what_is_no_envelope_is_told_by_what_it_is() {
    for (body, say) in [
        ("<html><body>hello</body></html>", "not JSON"),
        ("plain text", "not JSON"),
        ("", "no body"),
        (" \r\n ", "no body"),
        ("[0]", "not an object"),
        ("\"text\"", "not an object"),
        ("null", "not an object"),
        ("{\"code\":0,\"data\":\"\\ud800\"}", "HTTP 200"),
        ("{\"code\":0} trailing", "not JSON"),
    ] {
        let want = "Decode code None status Some(200) log id \"HEADER\"";
        check(&answer(200, body), want).await;
        let error = answer(200, body).client(1, true);
        let error = error.workflow("1").run().await.unwrap_err();
        let text = error.to_string();
        assert!(text.contains(say) || say == "HTTP 200", "{body}: {text}");
    }
    // Where no data is due, nothing is enough, if the status says that there is nothing.
    for (status, ok) in [(200, false), (204, true)] {
        let coze = answer(status, "").client(1, true);
        let mode = coze
            .workflow("1")
            .set_collaboration_mode(CollaborationMode::Single);
        assert_eq!(mode.await.is_ok(), ok);
        assert!(coze.attach(("1", "2")).status().await.is_err());
    }
    // JSON is JSON under any name, with a byte order mark or without.
    for headers in [
        &[("content-type", "text/plain")][..],
        &[("content-type", "APPLICATION/problem+json; charset=utf-8")],
        &[("content-type", "text/html")],
        &[],
    ] {
        let odd = Answer {
            headers,
            ..answer(200, "\u{feff} {\"data\":\"x\"}")
        };
        check(&odd, "Ok x log id ").await;
    }
}

#[tokio::test(start_paused = true)]
async fn data_of_any_kind_keeps_its_text_and_the_raw_body_is_there() {
    for (data, raw) in [
        (r#""free text""#, "free text"),
        (r#""""#, ""),
        (
            r#"{"n": 18446744073709551615, "x": -9223372036854775808}"#,
            r#"{"n":18446744073709551615,"x":-9223372036854775808}"#,
        ),
        ("[1, 2]", "[1,2]"),
        (
            r#"{"n": 30000000000000000000000000000001, "x": [1e400, 1.10, "\u00e9"]}"#,
            r#"{"n":30000000000000000000000000000001,"x":[1e400, 1.10, "\u00e9"]}"#,
        ),
        ("true", "true"),
    ] {
        let body = format!(r#"{{"msg":null,"data":{data}}}"#);
        check(&answer(200, body), &format!("Ok {raw} log id HEADER")).await;
    }
    for body in [r#"{"code":0,"data":null}"#, r#"{"code":0}"#] {
        check(&answer(200, body), "Decode code None status Some(200)").await;
    }
    let body = r#"{"code":0,"data":{"items":null,"has_more":null},"news":[1]}"#;
    let coze = answer(200, body).client(1, true);
    let page = coze.call(ListWorkflows::new("1", 1)).await.unwrap();
    assert!(page.get_ref().items.is_empty() && !page.get_ref().has_more);
    assert_eq!(page.raw(), body);
}

#[tokio::test(start_paused = true)]
async fn the_log_id_comes_from_the_body_first_and_from_any_spelling_of_a_header() {
    for (headers, body, want) in [
        (
            &[("x-tt-logid", "H")][..],
            r#"{"data":"x","detail":{"logid":"D"},"error":{"logid":"E"}}"#,
            "D",
        ),
        (
            &[("x-tt-logid", "H")],
            r#"{"data":"x","error":{"logid":"E"}}"#,
            "E",
        ),
        (
            &[("X-Tt-Logid", "H"), ("x-log-id", "S")],
            r#"{"data":"x"}"#,
            "H",
        ),
        (&[("X-Log-ID", "S")], r#"{"data":"x","detail":null}"#, "S"),
        (
            &[("X-LOG-ID", "S")],
            r#"{"data":"x","detail":{"logid":""}}"#,
            "S",
        ),
        (&[], r#"{"data":"x"}"#, ""),
    ] {
        let good = Answer {
            status: 200,
            headers,
            body: body.into(),
        };
        check(&good, &format!("Ok x log id {want}")).await;
        let bad = body.replace(r#""data":"x""#, r#""code":4000"#);
        let bad = Answer {
            body: bad.into(),
            ..good
        };
        check(
            &bad,
            &format!("Api code Some(4000) status Some(200) log id {want:?}"),
        )
        .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_typed_output_takes_off_both_wrappers_and_names_the_path_of_a_misfit() {
    #[derive(Debug, PartialEq, serde::Deserialize)]
    struct Days {
        days: Vec<u64>,
    }
    let end = |data: &str| {
        serde_json::json!({"content_type": 1, "data": data, "original_result": null, "type_for_model": 2})
            .to_string()
    };
    let days = r#"{"days":[18446744073709551615,1]}"#;
    let in_run = |text: &str| serde_json::json!({"data": text}).to_string();
    let in_history = |text: &str| {
        let output = serde_json::json!({"Output": text, "Report": "one"}).to_string();
        serde_json::json!({"data": [{"execute_status": "Success", "output": output}]}).to_string()
    };
    for size in [usize::MAX, 1] {
        for text in [days.to_owned(), end(days)] {
            let coze = answer(200, in_run(&text)).client(size, true);
            let run = coze.workflow("1").run().await.unwrap();
            assert_eq!(run.output::<Days>().unwrap().days, [u64::MAX, 1]);
            let coze = answer(200, in_history(&text)).client(size, true);
            let run = coze.attach(("1", "2")).wait().await.unwrap();
            assert_eq!(run.output::<Days>().unwrap().days, [u64::MAX, 1]);
            assert_eq!(run.node_outputs()["Report"], "one");
        }
        let coze = answer(200, in_run(r#"{"days":[1,"two"]}"#)).client(size, true);
        let run = coze.workflow("1").run().await.unwrap();
        let error = run.output::<Days>().unwrap_err();
        let source = error.cause().unwrap().to_string();
        assert!(source.contains("`days[1]`"), "{source}");
        assert_eq!(run.raw(), r#"{"days":[1,"two"]}"#);
        assert_eq!(run.output_value()["days"][1], "two");
    }
}

#[tokio::test(start_paused = true)]
async fn a_history_of_either_server_is_read_into_one_model() {
    let cloud = r#"{"code":0,"data":[{"execute_id":"7431","execute_status":"Success","bot_id":"0","connector_id":"1024","logid":"RUN","create_time":1767225600,"output":"{}","error_code":"","error_message":"","token":"98","is_output_trimmed":false}]}"#;
    let studio = r#"{"data":[{"execute_id":7431,"execute_status":"Success","bot_id":null,"connector_id":1024,"log_id":"RUN","create_time":"1767225600","output":"{}","error_code":null,"error_msg":null,"token":98,"cost_unit":null,"ext":null}],"BaseResp":null}"#;
    for body in [cloud, studio] {
        for size in [usize::MAX, 1, 7] {
            let coze = answer(200, body).client(size, true);
            let row = coze
                .attach(("1", "7431"))
                .status()
                .await
                .unwrap()
                .into_inner()
                .unwrap();
            assert_eq!(row.execute_id.as_ref().unwrap(), &"7431");
            assert_eq!(row.connector_id.as_ref().unwrap(), &"1024");
            assert_eq!(row.logid.as_deref(), Some("RUN"));
            assert_eq!(row.create_time.unwrap().get(), 1_767_225_600);
            assert_eq!((row.error_code, row.token), (None, Some(98)));
            assert!(!row.is_output_trimmed);
        }
        for at in 0..body.len() {
            let coze = answer(200, &body[..at]).client(5, false);
            let status = coze.attach(("1", "2")).status().await;
            assert!(status.is_err(), "cut at {at}");
        }
    }
    // No row: not there, or not yet.
    for body in [r#"{"data":[]}"#, r#"{"data":null}"#, r#"{"code":0}"#] {
        let coze = answer(200, body).client(1, true);
        assert!(
            coze.attach(("1", "2"))
                .status()
                .await
                .unwrap()
                .get_ref()
                .is_none(),
            "{body}"
        );
        let rows = coze.call(GetRunHistory::new("1", "2")).await.unwrap();
        assert!(rows.get_ref().is_empty());
    }
    // A status that nobody knows is kept, and is no end.
    let body = r#"{"data":[{"execute_status":"Dreaming"}]}"#;
    let run = answer(200, body).client(1, true).attach(("1", "2"));
    let row = run.status().await.unwrap().into_inner().unwrap();
    assert_eq!(row.execute_status.as_ref().unwrap().as_str(), "Dreaming");
    assert!(run.try_output().await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn a_page_that_was_cut_is_no_end_of_a_list() {
    let body =
        r#"{"code":0,"data":{"has_more":false,"items":[{"workflow_id":1},{"workflow_id":"2"}]}}"#;
    for size in [usize::MAX, 1] {
        let coze = answer(200, body).client(size, true);
        assert_eq!(coze.workflows("1").all().await.unwrap().len(), 2);
    }
    for at in 0..body.len() {
        let coze = answer(200, &body[..at]).client(3, false);
        assert!(coze.workflows("1").all().await.is_err(), "cut at {at}");
        assert!(coze.workflow("1").info().await.is_err(), "cut at {at}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_invalid_text_in_a_field_that_is_used_is_an_error() {
    let mut body = br#"{"code":0,"data":"a?b"}"#.to_vec();
    let at = body.iter().position(|byte| *byte == b'?').unwrap();
    body[at] = 0xff;
    check(&answer(200, body), "Decode code None status Some(200)").await;
    // Cut within a character, at the very end of what came.
    let body = "{\"data\":\"\u{4e2d}\"}";
    check(&answer(200, body), "Ok 中 log id HEADER").await;
}
