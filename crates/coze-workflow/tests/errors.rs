//! What an error tells: its kind by predicates, its cause once, and what a failed response said.

use std::{error::Error as _, time::Duration};

use coze_transport::ResponseBody;
use coze_workflow::{BoxError, Client, Error, ErrorKind, HttpStack, Response, json_reply};

fn answering(status: u16, body: &'static str) -> Client {
    Client::new(HttpStack::from_fn(move |_| async move {
        let mut response = Response::new(ResponseBody::full(body.into()));
        *response.status_mut() = status.try_into()?;
        let headers = response.headers_mut();
        headers.insert("x-tt-logid", "20260101LOG".parse()?);
        headers.insert("retry-after", "7".parse()?);
        Ok::<_, BoxError>(response)
    }))
}

/// More than 200 characters.
const LONG: &str = "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 \
    0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 \
    0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 end";

async fn failure(status: u16, body: &'static str) -> Error {
    answering(status, body)
        .workflow("7366")
        .run()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn predicates_follow_the_table_of_codes() {
    type Predicate = fn(&Error) -> bool;
    let predicates: [Predicate; 5] = [
        Error::is_rate_limited,
        Error::is_not_published,
        Error::is_invalid_input,
        Error::is_permission,
        Error::is_quota,
    ];
    for (status, body, which) in [
        (200, r#"{"code":4009,"msg":"busy"}"#, Some(0)),
        (429, "slow down", Some(0)),
        (200, r#"{"code":6031,"msg":"draft"}"#, Some(1)),
        (200, r#"{"code":4000,"msg":"Missing 'city'"}"#, Some(2)),
        (200, r#"{"code":4101,"msg":"no"}"#, Some(3)),
        (200, r#"{"code":4011,"msg":"spent"}"#, Some(4)),
        (500, "", None),
    ] {
        let error = failure(status, body).await;
        let true_ones: Vec<_> = (0..predicates.len())
            .filter(|one| predicates[*one](&error))
            .collect();
        assert_eq!(true_ones, Vec::from_iter(which), "{status} {body}");
    }
    let error = failure(429, "").await;
    assert_eq!(error.retry_after(), Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn a_failed_response_without_a_code_is_quoted_in_part() {
    let json = failure(500, r#"{"message":"oops"}"#).await;
    assert_eq!(json.kind(), ErrorKind::Http);
    assert!(
        json.to_string().ends_with(r#": {"message":"oops"}"#),
        "{json}"
    );

    let text = failure(502, "upstream\n\u{1b}[31m connect error\n").await;
    assert!(text.to_string().contains(": upstream "), "{text}");
    assert!(!text.to_string().contains('\u{1b}'), "{text}");

    let long = failure(500, LONG).await.to_string();
    assert!(long.ends_with('…') && !long.contains("end"), "{long}");
}

#[tokio::test(start_paused = true)]
async fn a_run_that_the_service_does_not_show_keeps_the_log_id_of_its_poll() {
    for body in [r#"{"code":0,"data":[]}"#, r#"{"code":0,"data":null}"#] {
        let run = answering(200, body).attach(("7366", "7413"));
        let status = run.status().await.unwrap();
        assert!(status.get_ref().is_none());
        assert_eq!(status.log_id(), Some("20260101LOG"));
        let error = run.wait().await.unwrap_err();
        assert_eq!(error.log_id(), Some("20260101LOG"), "{body}");
        assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
        assert_eq!(error.execute_id(), Some("7413"));
    }
}

/// An error of a caller, as it is written with `thiserror`.
#[derive(Debug, thiserror::Error)]
enum Outer {
    #[error("the report cannot be made")]
    Coze(#[from] Error),
}

#[tokio::test]
async fn a_chain_of_errors_says_nothing_twice() {
    let coze = Client::new(HttpStack::from_fn(|_| async {
        let refused = std::io::Error::new(std::io::ErrorKind::ConnectionRefused, "nobody there");
        Err::<Response, BoxError>(Box::new(refused))
    }));
    let run = || async { Ok::<_, Outer>(coze.workflow("7366").run().await?) };
    let outer = run().await.unwrap_err();
    let mut said = vec![outer.to_string()];
    let mut source = outer.source();
    while let Some(cause) = source {
        said.push(cause.to_string());
        source = cause.source();
    }
    assert!(
        said.join("\n").matches("nobody there").count() == 1,
        "{said:#?}"
    );
    assert!(
        said[1].contains("run_workflow: no response was received: "),
        "{said:#?}"
    );

    // A clone tells the same, and the cause is there to be downcast.
    let Outer::Coze(error) = &outer;
    let clone = error.clone();
    assert_eq!(clone.to_string(), error.to_string());
    assert!(clone.cause().is_some());
}

#[tokio::test]
async fn the_error_of_a_closure_is_the_cause() {
    #[derive(Debug, thiserror::Error)]
    #[error("the user left")]
    struct Left;

    let coze = Client::new(HttpStack::from_fn(|_| async {
        json_reply(
            r#"{"interrupt_data":{"event_id":"7424/1","type":2,"data":"{\"content_type\":\"text\",\"content\":\"?\"}"}}"#,
        )
    }));
    let asking = coze
        .workflow("7366")
        .answer_with(|_| async { Err(Left.into()) });
    let error = asking.run().await.unwrap_err();
    assert!(error.cause().unwrap().downcast_ref::<Left>().is_some());
    assert!(error.to_string().ends_with(": the user left"), "{error}");
    assert!(error.source().is_none());
}

#[tokio::test]
async fn a_layer_that_responds_in_place_of_the_service_has_started_nothing() {
    let refusing = tower::layer::layer_fn(|_: HttpStack| {
        tower::service_fn(|_: coze_workflow::Request| async {
            let mut response = Response::new(ResponseBody::full("too many at once".into()));
            *response.status_mut() = http::StatusCode::REQUEST_TIMEOUT;
            Ok::<_, BoxError>(response)
        })
    });
    let coze = Client::builder()
        .transport(HttpStack::from_fn(|_| async { json_reply("{}") }))
        .token("pat_123")
        .call_layer(refusing)
        .build()
        .unwrap();
    for error in [
        coze.workflow("7366").run().await.unwrap_err(),
        coze.workflow("7366").stream().await.unwrap_err(),
    ] {
        assert_eq!(error.status().map(|status| status.as_u16()), Some(408));
        assert!(!error.may_have_run(), "{error}");
    }
}
