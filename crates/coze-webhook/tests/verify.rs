//! What is taken, what is refused, and what is known again.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use coze_webhook::{
    Delivery, Event, MAX_BODY, NONCE, Refused, SIGNATURE, TIMESTAMP, Verifier, sign,
};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

const TOKEN: &str = "callback-token";
const MILLIS: &str = "1767225600123";

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_767_225_600)
}

fn event(id: &str) -> String {
    json!({
        "header": {"event_type": "bot.published", "event_id": id, "created_at": 1_767_225_600_123_i64,
            "coze_account_id": "2100", "api_app_id": "77", "connector_id": 1024},
        "event": {"bot_id": 7_376_543_210_987_654_321_i64, "bot_name": "Ada"},
    })
    .to_string()
}

fn headers(timestamp: &str, nonce: &str, signature: &str) -> HeaderMap {
    [
        (TIMESTAMP, timestamp),
        (NONCE, nonce),
        (SIGNATURE, signature),
    ]
    .into_iter()
    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
    .collect()
}

fn signed(timestamp: &str, nonce: &str, body: &[u8]) -> HeaderMap {
    headers(timestamp, nonce, &sign(timestamp, nonce, TOKEN, body))
}

/// Verifies what is signed right, at a time.
fn take(
    verifier: &Verifier,
    now: SystemTime,
    timestamp: &str,
    nonce: &str,
    body: impl Into<Bytes>,
) -> Result<Delivery, Refused> {
    let body = body.into();
    verifier.verify_at(now, &signed(timestamp, nonce, &body), body)
}

fn first(delivery: Result<Delivery, Refused>) -> Event {
    match delivery {
        Ok(Delivery::First(event)) => event,
        other => panic!("{other:?}"),
    }
}

fn is_again(delivery: &Result<Delivery, Refused>) -> bool {
    matches!(delivery, Ok(Delivery::Again(_)))
}

#[test]
fn the_signature_is_sha1_over_timestamp_nonce_token_and_body() {
    // sha1("1700000000" "n" "t" "{}"), computed with sha1sum.
    assert_eq!(
        sign("1700000000", "n", "t", b"{}"),
        "e9153f7d2d60d53c74787da35dacbda71cee6f98"
    );
}

#[test]
fn an_event_is_read_as_it_came() {
    let verifier = Verifier::new(TOKEN);
    let event = first(take(&verifier, now(), MILLIS, "n1", event("e1")));
    assert_eq!((event.kind(), event.id()), ("bot.published", Some("e1")));
    assert_eq!(event.account_id(), Some("2100"));
    assert_eq!(event.app_id(), Some("77"));
    assert_eq!(event.connector_id(), Some("1024"));
    let created = event.created_at().unwrap();
    assert_eq!(created, now() + Duration::from_millis(123));
    let payload: Value = event.decode().unwrap();
    assert_eq!(payload["bot_id"], 7_376_543_210_987_654_321_i64);
    assert!(!format!("{event:?} {verifier:?}").contains("Ada"));
    assert!(!format!("{verifier:?}").contains(TOKEN));
    // Seconds, capital digits, no ids, no payload, white space around.
    let body = " {\"header\":{}}\n";
    let signature = sign("1767225600", "n2", TOKEN, body.as_bytes()).to_ascii_uppercase();
    let plain = verifier.verify_at(now(), &headers("1767225600", "n2", &signature), body.into());
    let plain = first(plain);
    assert_eq!((plain.kind(), plain.id(), plain.payload()), ("", None, ""));
}

#[test]
fn fault_113_a_wrong_signature_is_refused() {
    let verifier = Verifier::new(TOKEN);
    let body = event("e1");
    let good = sign(MILLIS, "n1", TOKEN, body.as_bytes());
    let other = |text: &str, with: &str| headers(MILLIS, text, with);
    let foreign = sign(MILLIS, "n1", "another token", body.as_bytes());
    for wrong in [
        other("n1", &foreign),
        other("n2", &good),
        other("n1", &good[..39]),
        other("n1", "not hex"),
        headers("1767225600124", "n1", &good),
    ] {
        let refused = verifier.verify_at(now(), &wrong, body.clone().into());
        assert_eq!(refused.unwrap_err(), Refused::Signature);
    }
    let changed = body.replace("Ada", "Eve");
    let refused = verifier.verify_at(now(), &other("n1", &good), changed.into());
    assert_eq!(refused.unwrap_err().status(), 401);
    // None of them was taken for the event.
    first(verifier.verify_at(now(), &other("n1", &good), body.into()));
}

#[test]
fn fault_113_headers_that_are_missing_doubled_or_no_text_are_refused() {
    let verifier = Verifier::new(TOKEN);
    let body = event("e1");
    for name in [TIMESTAMP, NONCE, SIGNATURE] {
        let good = signed(MILLIS, "n1", body.as_bytes());
        let mut missing = good.clone();
        missing.remove(name);
        let mut doubled = good.clone();
        doubled.append(name, good[name].clone());
        let mut binary = good.clone();
        binary.insert(name, HeaderValue::from_bytes(b"\xff").unwrap());
        for headers in [missing, doubled, binary] {
            let refused = verifier.verify_at(now(), &headers, body.clone().into());
            assert_eq!(refused.unwrap_err(), Refused::Header(name));
        }
    }
    for odd in [
        "0",
        "+767225600123",
        "17672256001234",
        "1767225600123000",
        "1767225600.1",
    ] {
        let refused = take(&verifier, now(), odd, "n1", body.clone());
        assert_eq!(refused.unwrap_err(), Refused::Timestamp, "{odd}");
    }
}

#[test]
fn fault_113_the_timestamp_is_near_now() {
    let verifier = Verifier::new(TOKEN);
    let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
    let sent = 1_767_225_600;
    for (seconds, is_taken) in [
        (sent - 301, false),
        (sent - 300, true),
        (sent + 300, true),
        (sent + 301, false),
    ] {
        let nonce = format!("n{seconds}");
        let taken = take(
            &verifier,
            at(seconds),
            &sent.to_string(),
            &nonce,
            "{\"header\":{}}",
        );
        assert_eq!(taken.is_ok(), is_taken, "{taken:?}");
    }
    let refused = take(&verifier, at(sent + 400), MILLIS, "n", "{\"header\":{}}").unwrap_err();
    assert_eq!((refused, refused.status().as_u16()), (Refused::Age, 401));
    let patient = Verifier::new(TOKEN).max_age(Duration::from_secs(3600));
    first(take(
        &patient,
        at(sent + 3599),
        MILLIS,
        "n",
        "{\"header\":{}}",
    ));
    assert!(is_again(&take(
        &patient,
        at(sent + 3600),
        MILLIS,
        "n",
        "{\"header\":{}}"
    )));
}

#[test]
fn fault_113_the_body_is_text_and_one_document() {
    let verifier = Verifier::new(TOKEN);
    let one = event("e1");
    for (body, refused) in [
        (one.repeat(2).into_bytes(), Refused::NotJson),
        (format!("{one} x").into_bytes(), Refused::NotJson),
        (
            one[..one.len() - 1].to_owned().into_bytes(),
            Refused::NotJson,
        ),
        (Vec::new(), Refused::NotJson),
        (b"[]".to_vec(), Refused::NotJson),
        (b"{\"event\":{}}".to_vec(), Refused::NotJson),
        (b"{\"header\":{},\"header\":{}}".to_vec(), Refused::NotJson),
        (
            b"{\"header\":{\"event_id\":\"\xff\"}}".to_vec(),
            Refused::NotUtf8,
        ),
        // What a longer body looks like that was signed without the token.
        (
            [one.as_bytes(), b"\x80\0\0\0", one.as_bytes()].concat(),
            Refused::NotUtf8,
        ),
        (vec![b' '; MAX_BODY + 1], Refused::TooLarge),
    ] {
        let error = take(&verifier, now(), MILLIS, "n1", body).unwrap_err();
        assert_eq!(error, refused);
    }
    // What is deep is never followed.
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let deep = format!("{{\"header\":{{}},\"event\":{deep}}}");
    let event = first(take(&verifier, now(), MILLIS, "n1", deep));
    assert!(event.decode::<Value>().is_err());
    assert_eq!(Refused::TooLarge.status(), 413);
    assert_eq!(Refused::NotJson.status(), 400);
}

#[test]
fn fault_113_a_delivery_is_taken_once() {
    let verifier = Verifier::new(TOKEN);
    let body = "{\"header\":{\"event_type\":\"bot.deleted\"}}";
    first(take(&verifier, now(), MILLIS, "5551", body));
    assert!(is_again(&take(&verifier, now(), MILLIS, "5551", body)));
    // The same signature with digits moved from the timestamp to the nonce.
    assert_eq!(
        sign(MILLIS, "5551", TOKEN, body.as_bytes()),
        sign("1767225600", "1235551", TOKEN, body.as_bytes())
    );
    assert!(is_again(&take(
        &verifier,
        now(),
        "1767225600",
        "1235551",
        body
    )));
    // As long as its timestamp is taken.
    let last = now() + Duration::from_secs(300);
    assert!(is_again(&take(&verifier, last, MILLIS, "5551", body)));
}

#[test]
fn fault_113_an_event_that_is_sent_again_is_known_by_its_id() {
    let verifier = Verifier::new(TOKEN);
    let event_1 = first(take(&verifier, now(), MILLIS, "n1", event("e1")));
    first(take(&verifier, now(), MILLIS, "n1", event("e2")));
    let later = now() + Duration::from_secs(23 * 3600);
    let timestamp = (1_767_225_600 + 23 * 3600).to_string();
    assert!(is_again(&take(
        &verifier,
        later,
        &timestamp,
        "n2",
        event("e1")
    )));
    // Its handling failed.
    verifier.forget(&event_1);
    let event_1 = first(take(&verifier, later, &timestamp, "n3", event("e1")));
    // And once more, when the same delivery comes again.
    verifier.forget(&event_1);
    first(take(&verifier, later, &timestamp, "n3", event("e1")));
}

#[test]
fn what_is_kept_is_bounded() {
    let verifier = Verifier::new(TOKEN);
    for number in 0..10_001 {
        let id = format!("{number}{}", "x".repeat(300));
        first(take(&verifier, now(), MILLIS, "n", event(&id)));
    }
    let id = |number: u32| event(&format!("{number}{}", "x".repeat(300)));
    assert!(is_again(&take(&verifier, now(), MILLIS, "m", id(10_000))));
    first(take(&verifier, now(), MILLIS, "m", id(0)));
}
