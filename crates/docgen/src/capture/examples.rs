//! Examples: JSON, HTTP calls and server-sent events.

use super::json::{self, Node};
use super::model::{Call, Content, Example, Side};

/// Reads the text of an example that starts at a line (column 1).
pub(crate) fn read(body: &str, line: usize, side: Side, op: Option<usize>, label: &str) -> Example {
    let mut example = Example {
        side,
        op,
        label: label.to_owned(),
        content: Content::Text,
        body: body.to_owned(),
        line,
        error_answer: false,
        broken: None,
    };
    let skipped = body
        .lines()
        .take_while(|text| text.trim().is_empty())
        .count();
    let first = body.lines().nth(skipped).unwrap_or("").trim();
    let start = line + skipped;
    let text: String = body.lines().skip(skipped).collect::<Vec<_>>().join("\n");
    if first.starts_with("curl") {
        let call = curl(&text, start);
        example.content = Content::Call(call);
        example.side = Side::Request;
    } else if let Some(call) = plain_call(&text, start) {
        example.content = Content::Call(call);
        example.side = Side::Request;
    } else if text
        .lines()
        .any(|text| text.trim_start().starts_with("event:"))
        && text
            .lines()
            .any(|text| text.trim_start().starts_with("data:"))
    {
        example.content = Content::Events(events(&text, start));
        example.side = Side::Response;
    } else if first.starts_with("HTTP/") {
        let skip = text
            .lines()
            .take_while(|text| !text.trim().is_empty())
            .count();
        let rest: String = text.lines().skip(skip).collect::<Vec<_>>().join("\n");
        json_content(&mut example, &rest, start + skip);
        example.side = Side::Response;
    } else if first.starts_with(['{', '[']) || first.starts_with("//") {
        json_content(&mut example, &text, start);
    }
    example
}

fn json_content(example: &mut Example, text: &str, line: usize) {
    match json::parse_all(text, line, 1) {
        Ok(documents) if documents.is_empty() => {}
        Ok(documents) => example.content = Content::Json(documents),
        Err(stop) => example.broken = Some(stop),
    }
}

/// Words of a shell command with the line each starts at; quotes taken off.
fn shell_words(text: &str, line: usize) -> Vec<(String, usize)> {
    let mut words = Vec::new();
    let mut word: Option<(String, usize)> = None;
    let mut chars = text.chars().peekable();
    let mut at = line;
    let mut quote = None;
    while let Some(c) = chars.next() {
        let here = at;
        if c == '\n' {
            at += 1;
        }
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
    let words = shell_words(text, line);
    let mut words = words.into_iter().skip(1);
    while let Some((word, _)) = words.next() {
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => {
                (flag.to_owned(), Some((value.to_owned(), line)))
            }
            _ => (word.clone(), None),
        };
        let mut value = || inline.clone().or_else(|| words.next());
        match flag.as_str() {
            "--request" | "-X" => {
                call.method = value().map_or(String::new(), |(text, _)| text.to_uppercase());
            }
            "--header" | "-H" => {
                if let Some((text, _)) = value() {
                    let name = text.split(':').next().unwrap_or("").trim();
                    call.headers.push(name.to_owned());
                }
            }
            "--form" | "-F" | "--form-string" => {
                if let Some((text, _)) = value() {
                    call.form
                        .push(text.split('=').next().unwrap_or("").trim().to_owned());
                }
            }
            "--data" | "--data-raw" | "--data-binary" | "-d" => {
                if let Some((text, at)) = value() {
                    call.body = json::parse(text.trim(), at + leading_lines(&text), 1).ok();
                    call.method = if call.method.is_empty() {
                        "POST".to_owned()
                    } else {
                        call.method
                    };
                }
            }
            "--url" => call.url = value().map_or(String::new(), |(text, _)| text),
            "-o" | "--output" | "-u" | "--user" | "--max-time" | "-m" => drop(value()),
            _ if word.contains("://") && call.url.is_empty() => call.url = word,
            _ => {}
        }
    }
    if call.method.is_empty() {
        let method = if call.form.is_empty() { "GET" } else { "POST" };
        method.clone_into(&mut call.method);
    }
    call
}

fn leading_lines(text: &str) -> usize {
    text.len().min(
        text.find(|c: char| !c.is_whitespace())
            .map_or(0, |at| text[..at].matches('\n').count()),
    )
}

/// `GET https://…` or `POST /path HTTP/1.1` with headers and a body.
fn plain_call(text: &str, line: usize) -> Option<Call> {
    let first = text.lines().next()?;
    let mut words = first.split_whitespace();
    let method = words.next()?;
    if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
        return None;
    }
    let url = words.next()?;
    if !url.contains("://") && !url.starts_with('/') {
        return None;
    }
    let mut call = Call {
        method: method.to_owned(),
        url: url.to_owned(),
        line,
        ..Call::default()
    };
    let lines: Vec<&str> = text.lines().collect();
    let mut index = 1;
    while let Some((name, _)) = lines.get(index).and_then(|line| line.split_once(':')) {
        if !name
            .trim()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        {
            break;
        }
        if !name.trim().eq_ignore_ascii_case("host") {
            call.headers.push(name.trim().to_owned());
        }
        index += 1;
    }
    while lines.get(index).is_some_and(|line| line.trim().is_empty()) {
        index += 1;
    }
    call.body = json::parse(&lines[index.min(lines.len())..].join("\n"), line + index, 1).ok();
    Some(call)
}

fn events(text: &str, line: usize) -> Vec<(String, Node)> {
    let mut found = Vec::new();
    let mut name = String::new();
    for (index, text) in text.lines().enumerate() {
        let text = text.trim();
        if let Some(event) = text.strip_prefix("event:") {
            event.trim().clone_into(&mut name);
        } else if let Some(data) = text.strip_prefix("data:")
            && let Ok(node) = json::parse(data.trim(), line + index, 1)
        {
            found.push((name.clone(), node));
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
