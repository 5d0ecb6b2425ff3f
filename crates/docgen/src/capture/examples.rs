//! Examples: JSON, HTTP calls and server-sent events.

use super::json::{self, Node};
use super::model::{Call, Content, Example, Side};

/// Whether an example may start with this line.
pub(crate) fn starts(text: &str) -> bool {
    let words = [
        "{", "[", "curl", "HTTP/", "GET ", "POST ", "PUT ", "DELETE ",
    ];
    words.iter().any(|word| text.starts_with(word))
}

/// Reads the text of an example that starts at a line (column 1).
pub(crate) fn read(body: &str, line: usize, side: Side, op: Option<usize>, label: &str) -> Example {
    let lines: Vec<&str> = body.lines().collect();
    let skipped = lines
        .iter()
        .take_while(|text| text.trim().is_empty())
        .count();
    let (lines, start) = (&lines[skipped..], line + skipped);
    let text = lines.join("\n");
    let first = lines.first().map_or("", |text| text.trim());
    let has = |field: &str| {
        lines
            .iter()
            .any(|text| text.trim_start().starts_with(field))
    };
    let call = if first.starts_with("curl") {
        Some(curl(&text, start))
    } else {
        plain_call(lines, start)
    };
    let (side, content) = if let Some(call) = call {
        (Side::Request, Ok(Content::Call(call)))
    } else if has("event:") && has("data:") {
        (Side::Response, Ok(Content::Events(events(lines, start))))
    } else if first.starts_with("HTTP/") {
        let head = lines
            .iter()
            .take_while(|text| !text.trim().is_empty())
            .count();
        (
            Side::Response,
            json(&lines[head..].join("\n"), start + head),
        )
    } else if first.starts_with(['{', '[']) || first.starts_with("//") {
        (side, json(&text, start))
    } else {
        (side, Ok(Content::Text))
    };
    let broken = content.as_ref().err().copied();
    Example {
        side,
        op,
        label: label.to_owned(),
        content: content.unwrap_or(Content::Text),
        body: body.to_owned(),
        line,
        error_response: false,
        broken,
    }
}

fn json(text: &str, line: usize) -> Result<Content, json::Stop> {
    let documents = json::parse_all(text, line, 1)?;
    Ok(if documents.is_empty() {
        Content::Text
    } else {
        Content::Json(documents)
    })
}

/// Words of a shell command with the line each starts at; quotes taken off.
fn shell_words(text: &str, line: usize) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut chars = text.chars().peekable();
    let (mut at, mut quote) = (line, None);
    while let Some(c) = chars.next() {
        let here = at;
        at += usize::from(c == '\n');
        match quote {
            Some(mark) if c == mark => quote = None,
            Some('"') if c == '\\' && matches!(chars.peek(), Some('"' | '\\')) => {
                let next = chars.next().unwrap_or('\\');
                word.get_or_insert((String::new(), here)).0.push(next);
            }
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert((String::new(), here));
            }
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '\\' && chars.peek().is_none_or(|c| c.is_whitespace()) => {}
            _ => word.get_or_insert((String::new(), here)).0.push(c),
        }
    }
    words.extend(word);
    words
}

fn curl(text: &str, line: usize) -> Call {
    let mut call = Call {
        line,
        ..Call::default()
    };
    let mut words = shell_words(text, line).into_iter().skip(1);
    let name = |text: &str, end| text.split(end).next().unwrap_or("").trim().to_owned();
    while let Some((word, _)) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some((value.to_owned(), line))),
            _ => (word.as_str(), None),
        };
        let mut value = || inline.clone().or_else(|| words.next()).unwrap_or_default();
        match flag {
            "--request" | "-X" => call.method = value().0.to_uppercase(),
            "--header" | "-H" => call.headers.push(name(&value().0, ':')),
            "--form" | "-F" | "--form-string" => call.form.push(name(&value().0, '=')),
            "--data" | "--data-raw" | "--data-binary" | "-d" => {
                let (text, at) = value();
                let blank = text.len() - text.trim_start().len();
                let lines = text[..blank].matches('\n').count();
                call.body = json::parse(text.trim(), at + lines, 1).ok();
                if call.method.is_empty() {
                    "POST".clone_into(&mut call.method);
                }
            }
            "--url" => call.url = value().0,
            "-o" | "--output" | "-u" | "--user" | "--max-time" | "-m" => drop(value()),
            _ if word.contains("://") && call.url.is_empty() => call.url.clone_from(&word),
            _ => {}
        }
    }
    if call.method.is_empty() {
        let method = if call.form.is_empty() { "GET" } else { "POST" };
        method.clone_into(&mut call.method);
    }
    call
}

/// `GET https://…` or `POST /path HTTP/1.1` with headers and a body.
fn plain_call(lines: &[&str], line: usize) -> Option<Call> {
    let mut words = lines.first()?.split_whitespace();
    let (method, url) = (words.next()?, words.next()?);
    if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE")
        || !url.contains("://") && !url.starts_with('/')
    {
        return None;
    }
    let mut call = Call {
        method: method.to_owned(),
        url: url.trim_matches(['\'', '"']).to_owned(),
        line,
        ..Call::default()
    };
    let is_name = |c: u8| c.is_ascii_alphanumeric() || c == b'-';
    let mut index = 1;
    while let Some((name, _)) = lines.get(index).and_then(|line| line.split_once(':'))
        && name.trim().bytes().all(is_name)
    {
        if !name.trim().eq_ignore_ascii_case("host") {
            call.headers.push(name.trim().to_owned());
        }
        index += 1;
    }
    call.body = json::parse(&lines[index..].join("\n"), line + index, 1).ok();
    Some(call)
}

fn events(lines: &[&str], line: usize) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    let mut name = "";
    for (index, text) in lines.iter().enumerate() {
        let text = text.trim();
        if let Some(event) = text.strip_prefix("event:") {
            name = event.trim();
        } else if let Some(data) = text.strip_prefix("data:")
            && let Ok(node) = json::parse(data.trim(), line + index, 1)
        {
            found.push((name.to_owned(), node));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curl_call_is_taken_apart() {
        let text = "curl --location --request POST 'https://h/v1/x?a=1' \\\n--header 'Content-Type: application/json' \\\n--data-raw '{\n  \"k\": \"v\"\n}'";
        let example = read(text, 5, Side::Other, None, "");
        let Content::Call(call) = example.content else {
            panic!("a call")
        };
        assert_eq!(
            (call.method.as_str(), call.url.as_str()),
            ("POST", "https://h/v1/x?a=1")
        );
        assert_eq!(call.headers, ["Content-Type"]);
        let body = call.body.expect("JSON");
        assert_eq!(body.get("k").map(|node| node.line), Some(8));
    }

    #[test]
    fn events_keep_their_names() {
        let example = read(
            "id: 0\nevent: Message\ndata: {\"a\":1}\n",
            1,
            Side::Other,
            None,
            "",
        );
        let Content::Events(events) = example.content else {
            panic!("events")
        };
        assert_eq!(events[0].0, "Message");
        assert_eq!(events[0].1.line, 3);
    }

    #[test]
    fn broken_json_is_told() {
        assert_eq!(
            read("{\n \"a\": \n}", 3, Side::Other, None, "").broken,
            Some((5, 1))
        );
    }
}
