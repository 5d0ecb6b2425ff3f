//! Responses that repeat a token in every place where a server can put text.

/// `{T}` stands for the token; bodies in JSON or events are wrapped by [`answers`].
const HEADS: [&str; 28] = [
    "{T}\r\n\r\n",
    "{T} {T} {T} {T} {T} {T}",
    "HTTP/1.1 {T}\r\n\r\n",
    "HTTP/2.0 200 {T}\r\n\r\n",
    "HTTP/1.1 200 OK\r\n{T}\r\n\r\n",
    "HTTP/1.1 200 OK\r\n{T} : x\r\n\r\n",
    "HTTP/1.1 401 {T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 500 {T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 101 {T}\r\nupgrade: {T}\r\n\r\n",
    "HTTP/1.1 401 No\r\nx-tt-logid: {T}\r\nwww-authenticate: Bearer realm=\"{T}\"\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 500 No\r\nx-log-id: {T}\r\nset-cookie: a={T}\r\nserver: {T}\r\ndate: {T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 429 No\r\nretry-after: {T}\r\nx-tt-logid: {T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: {T}\r\n\r\n",
    "HTTP/1.1 200 OK\r\ncontent-encoding: {T}\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-encoding: x, {T}\r\nx-tt-logid: {T}\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-type: {T}\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-length: {T}\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: {T}\r\n\r\n{}",
    "HTTP/1.1 301 Moved\r\nlocation: https://elsewhere.example/?t={T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 307 Moved\r\nlocation: https://u:{T}@elsewhere.example/{T}\r\ncontent-length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nconnection: {T}\r\nx-{T}: {T}\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{T}\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2;{T}={T}\r\n{}\r\n0\r\n{T}: {T}\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-tt-logid: {T}\r\n{T}\r\n\r\n",
    "HTTP/1.1 502 Bad\r\ncontent-type: text/html\r\nconnection: close\r\n\r\n<title>{T}</title><a href=\"/?t={T}\">",
    "HTTP/1.1 403 No\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nno {T}: {T}, Bearer {T}\n{T}",
    "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{T}",
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 999\r\nx-tt-logid: {T}\r\n\r\n{\"code\":0,\"msg\":\"{T}",
];

const BODIES: [&str; 20] = [
    r#"{"code":4100,"msg":"token {T} is no good"}"#,
    r#"{"code":4000,"msg":"Missing required parameters: '{T}'"}"#,
    r#"{"code":5000,"msg":"x","detail":{"logid":"{T}"}}"#,
    r#"{"code":720702001,"msg":"x","debug_url":"https://h/?t={T}","execute_id":"{T}","logid":"{T}"}"#,
    r#"{"code":"{T}","msg":"{T}"}"#,
    r#"{"error":{"code":"{T}","message":"{T}"},"status":"{T}"}"#,
    r#"{"{T}":"{T}"}"#,
    r#"{"code":0,"data":["{T}"],"execute_id":["{T}"]}"#,
    r#"{"code":0,"data":{"{T}":"{T}"}}"#,
    r#"{"code":0,"data":[{"{T}":1,"create_time":"{T}","node_execute_status":"{T}"}]}"#,
    r#"{"code":0,"msg":"{T}","data":"{\"a\":1}","debug_url":"https://h/?t={T}","execute_id":"{T}","detail":{"logid":"{T}"},"usage":{"token_count":"{T}"}}"#,
    r#"{"code":0,"debug_url":"https://h/{T}","execute_id":"{T}","detail":{"logid":"{T}"}}"#,
    r#"{"code":0,"execute_id":"{T}","debug_url":"{T}","interrupt_data":{"event_id":"1/2","type":2,"data":"Which city?"}}"#,
    r#"{"code":0,"detail":{"logid":"{T}"},"data":[{"execute_status":"Success","output":"{}","logid":"{T}","debug_url":"https://h/?{T}"}]}"#,
    r#"{"code":0,"detail":{"logid":"{T}"},"data":[{"execute_status":"Fail","error_code":"5000","error_message":"{T}","logid":"{T}","debug_url":"{T}"}]}"#,
    r#"{"code":0,"data":[{"execute_status":"Cancel","logid":"{T}","debug_url":"{T}","execute_id":"{T}"}]}"#,
    r#"{"code":0,"data":[{"execute_status":"Interrupted","logid":"{T}","debug_url":"{T}"}]}"#,
    r#"{"code":0,"detail":{"logid":"{T}"},"data":{"id":"7","file_name":"a","bytes":"{T}"}}"#,
    r#"["{T}"]"#,
    r#""{T}""#,
];

const STREAMS: [&str; 14] = [
    "event: {T}\ndata: {T}\nid: {T}\nretry: {T}\n\n",
    ": {T}\n\nid: {T}\nevent: Message\ndata: {oops {T}\n\n",
    "id: {T}\nevent: Message\ndata: {\"content\":[\"{T}\"],\"node_title\":\"A\"}\n\nid: {T}\nevent: Done\ndata: {\"debug_url\":\"https://h/?t={T}\"}\n\n",
    "event: Done\ndata: {\"debug_url\":\"https://h/?execute_id={T}\"}\n\n",
    "id: {T}\nevent: Done\ndata: {oops {T}\n\n",
    "id: 0\nevent: Error\ndata: {\"error_code\":4100,\"error_message\":\"{T}\",\"debug_url\":\"{T}\"}\n\n",
    "event: error\ndata: {T} is refused\n\n",
    "id: 0\nevent: Message\ndata: {\"content\":\"a\",\"node_title\":\"{T}\",\"node_execute_uuid\":\"{T}\",\"node_seq_id\":\"0\"}\n\nid: 1\nevent: Message\ndata: {\"content\":\"a\",\"node_title\":\"{T}\",\"node_execute_uuid\":\"{T}\",\"node_seq_id\":\"9\"}\n\n",
    "id: 0\nevent: Message\ndata: {\"content\":\"a\",\"node_title\":\"{T}\\nWARN forged\",\"node_seq_id\":\"7\"}\n\nid: 5\nevent: Done\ndata: {}\n\n",
    "id: 0\nevent: Interrupt\ndata: {\"interrupt_data\":{\"event_id\":\"{T}/2\",\"type\":2,\"data\":\"?\"},\"node_title\":\"A\"}\n\n",
    "id: {T}\n\nid: 1\nevent: Mess",
    "event: conversation.chat.failed\ndata: {\"id\":\"7\",\"conversation_id\":\"7\",\"last_error\":{\"code\":4000,\"msg\":\"{T}\"}}\n\n",
    "event: conversation.message.delta\ndata: {oops {T}\n\nevent: done\ndata: {\"debug_url\":\"{T}\"}\n\n",
    "event: {T}\ndata: x\n\nevent: Done\ndata: {}\n\n",
];

/// All of them, whole responses.
pub(crate) fn answers(token: &str) -> Vec<Vec<u8>> {
    let json = |status: &str, body: &str| {
        let body = body.replace("{T}", token);
        let length = body.len();
        format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nx-tt-logid: 1{token}\r\n\r\n{body}"
        )
    };
    let stream = |events: &&str| {
        let events = events.replace("{T}", token);
        format!(
            "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{events}"
        )
    };
    let heads = HEADS.iter().map(|head| head.replace("{T}", token));
    let bodies = BODIES
        .iter()
        .flat_map(|body| [json("200", body), json("401", body), json("500", body)]);
    let all = heads.chain(bodies).chain(STREAMS.iter().map(stream));
    all.map(String::into_bytes).collect()
}

/// Ways to write the token, with what stands around it.
pub(crate) fn forms(token: &str) -> Vec<String> {
    let each = |form: fn(u8) -> String| token.bytes().map(form).collect::<String>();
    vec![
        token.to_owned(),
        format!("Bearer {token}"),
        format!("Bearer%20{token}"),
        format!("Bearer_{token}"),
        format!("0{token}0"),
        token.to_uppercase(),
        token.replace('_', "%5F"),
        each(|byte| format!("%{byte:02x}")),
        each(|byte| format!("%{byte:02X}")),
        each(|byte| format!("\\u{byte:04x}")),
        token.replace('t', "\\u0074"),
        base64(&format!("Bearer {token}")),
        base64(&format!("user:{token}")),
        base64(token),
    ]
}

/// Parts of every form that are enough to read the token from.
pub(crate) fn marks(token: &str) -> Vec<String> {
    let mut marks = vec![token[4..].to_lowercase()];
    for form in forms(token) {
        let form = form.to_lowercase();
        let form = form.trim_end_matches('=');
        marks.push(form[form.len() - 16..form.len() - 2].to_owned());
    }
    marks
}

fn base64(text: &str) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<bool> = text
        .bytes()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1))
        .collect();
    bits.chunks(6)
        .map(|six| {
            let value = (0..6).fold(0, |value, n| {
                value << 1 | usize::from(six.get(n) == Some(&true))
            });
            char::from(DIGITS[value])
        })
        .collect()
}
