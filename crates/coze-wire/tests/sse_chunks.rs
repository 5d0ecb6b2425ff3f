//! However a body is cut, its events are the same, and they are the right ones.

use coze_wire::sse::{EventDecoder, encode_event};
use proptest::{collection::vec, option, prelude::*, sample::select};

#[path = "support/model.rs"]
mod model;
mod support;

/// Bytes of a body: lines that mean something, lines that nearly do, and any bytes.
fn body() -> impl Strategy<Value = Vec<u8>> {
    let field = select(vec![
        "data", "data", "data", "event", "id", "retry", "", "dat", "datas", "x", "\u{feff}", "ID",
        " data",
    ]);
    let colon = select(vec![":", ": ", ":  ", "", " :", "::"]);
    let value = prop_oneof![
        select(vec![
            "",
            "a",
            "Message",
            "Done",
            "{\"content\":\"工作流🙂\"}",
            "1",
            "a\u{2028}b\u{85}\u{b}c",
            "\0",
            "id: 1",
            "data",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
        vec(any::<u8>(), 0..40),
        "[ -~é字🙂]{0,60}".prop_map(String::into_bytes),
    ];
    let ending = select(vec![
        "\n", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\r\r", "\n\r", "",
    ]);
    let line = (field, colon, value, ending).prop_map(|(field, colon, value, ending)| {
        [
            field.as_bytes(),
            colon.as_bytes(),
            &value,
            ending.as_bytes(),
        ]
        .concat()
    });
    let mark = select(vec![
        &b""[..],
        b"",
        b"\xEF\xBB\xBF",
        b"\xEF\xBB",
        b"\xEF\xBB\xBF\xEF",
    ]);
    (mark, vec(line, 0..24)).prop_map(|(mark, lines)| [mark, &lines.concat()].concat())
}

/// Where to cut: by sizes that are taken in turn.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop_oneof![vec(1..4_usize, 1..5), vec(1..80_usize, 1..9)]
}

fn pieces<'a>(mut body: &'a [u8], sizes: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    sizes.iter().cycle().map_while(move |&size| {
        let (piece, rest) = body.split_at(size.min(body.len()));
        body = rest;
        (!piece.is_empty()).then_some(piece)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn any_cut_gives_the_events_of_the_model(body in body(), sizes in sizes()) {
        let (events, broken) = model::decode(&body, EventDecoder::DEFAULT_EVENT_LIMIT);
        prop_assert!(!broken);
        let whole = support::decode(EventDecoder::new(), [&body[..]]);
        prop_assert_eq!(whole.0.iter().map(model::parts).collect::<Vec<_>>(), events);
        prop_assert_eq!(whole.1, None);
        let cut = support::decode(EventDecoder::new(), pieces(&body, &sizes));
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn any_cut_breaks_the_limit_at_the_same_event(body in body(), sizes in sizes(), limit in 0..60_usize) {
        let (events, broken) = model::decode(&body, limit);
        let decoder = || EventDecoder::with_event_limit(limit);
        let whole = support::decode(decoder(), [&body[..]]);
        prop_assert_eq!(whole.0.iter().map(model::parts).collect::<Vec<_>>(), events);
        prop_assert_eq!(whole.1.map(|error| error.limit()), broken.then_some(limit));
        let cut = support::decode(decoder(), pieces(&body, &sizes));
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn a_body_that_is_cut_gives_a_prefix_and_what_was_pending(body in body(), at in any::<prop::sample::Index>()) {
        let whole = support::decode(EventDecoder::new(), [&body[..]]).0;
        let cut = support::decode(EventDecoder::new(), [&body[..at.index(body.len() + 1)]]).0;
        let regular = cut.iter().take_while(|event| event.end.is_regular()).count();
        prop_assert!(cut.len() <= regular + 1);
        prop_assert_eq!(&cut[..regular], &whole[..regular]);
    }

    #[test]
    fn what_was_encoded_is_decoded(
        events in vec((option::of("[^\r\n\0]{0,20}"), option::of("[^\r\n\0]{1,20}"), "(?s).{0,80}"), 0..8),
        crlf in any::<bool>(),
        sizes in sizes(),
    ) {
        let mut body = Vec::new();
        for (id, name, data) in &events {
            body.extend(b": still here\n\n");
            encode_event(&mut body, id.as_deref(), name.as_deref(), Some(data));
        }
        if crlf {
            body = String::from_utf8(body).unwrap().replace('\n', "\r\n").into_bytes();
        }
        let decoded = support::decode(EventDecoder::new(), pieces(&body, &sizes)).0;
        let decoded = decoded.into_iter().map(|event| {
            prop_assert!(event.end.is_regular());
            Ok((event.id, event.name, event.data.unwrap_or_default()))
        });
        let decoded = decoded.collect::<Result<Vec<_>, TestCaseError>>()?;
        let lf = |data: String| data.replace("\r\n", "\n").replace('\r', "\n");
        let sent: Vec<_> = events.into_iter().map(|(id, name, data)| (id, name, lf(data))).collect();
        prop_assert_eq!(decoded, sent);
    }

    #[test]
    fn ids_and_names_cannot_break_out_of_their_line(id in "(?s).{0,20}", name in "(?s).{1,20}") {
        let mut body = Vec::new();
        encode_event(&mut body, Some(&id), Some(&name), Some("x"));
        let decoded = support::decode(EventDecoder::new(), [&body[..]]).0;
        let neutral = |text: &str| text.replace(['\r', '\n', '\0'], " ");
        prop_assert_eq!(decoded.len(), 1);
        prop_assert_eq!(decoded[0].id.as_deref(), Some(&*neutral(&id)));
        prop_assert_eq!(decoded[0].name.as_deref(), Some(&*neutral(&name)));
        prop_assert_eq!(decoded[0].data.as_deref(), Some("x"));
    }
}

/// Whether `part` lies within `whole` in memory.
fn lies_in(part: Option<&[u8]>, whole: &[u8]) -> bool {
    let (part, whole) = (part.unwrap().as_ptr_range(), whole.as_ptr_range());
    whole.start <= part.start && part.end <= whole.end
}

#[test]
fn an_event_that_lies_whole_in_the_input_is_borrowed_from_it() {
    for end in ["\n", "\r\n", "\r"] {
        let lines = [
            "id: 1",
            "event: Message",
            ": c",
            "retry: 1",
            "data: {\"content\":\"工作流\"}",
            "",
            "",
        ];
        let event = lines.join(end);
        // The first input ends within the third event, which is then kept; all others are borrowed.
        let body = event.repeat(4);
        let (first, second) = body.as_bytes().split_at(2 * event.len() + 30);
        let mut decoder = EventDecoder::new();
        let mut borrowed = Vec::new();
        for piece in [first, second] {
            let mut input = piece;
            while let Some(event) = decoder.next_event(&mut input) {
                let event = event.unwrap();
                let parts = [event.id_bytes(), event.name_bytes(), event.data_bytes()];
                borrowed.push(parts.map(|part| lies_in(part, piece)));
                assert!(matches!(
                    event.data().unwrap(),
                    std::borrow::Cow::Borrowed(_)
                ));
            }
        }
        let kept = [false, false, true];
        assert_eq!(borrowed, [[true; 3], [true; 3], kept, [true; 3]]);
    }
}
