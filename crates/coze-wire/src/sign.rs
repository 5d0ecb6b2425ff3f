//! Signs of a run in a response that is no success.

use alloc::{borrow::ToOwned, string::String};

/// What stands before the id in the query of a debug URL.
const IN_URL: &str = "execute_id=";

/// Signs that the request behind a failed response has started a run.
///
/// They are looked for in the whole body, because a wrong "nothing was started" costs a second run: an execute id
/// beside `data`, inside it, in its text or under a doubled key, `interrupt_data`, an output, `execute_id=` in a URL,
/// and counted tokens. A body that is not valid JSON is searched as text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSign {
    seen: bool,
    execute_id: Option<String>,
    debug_url: Option<String>,
}

impl RunSign {
    /// Whether there is any sign of a run.
    pub const fn is_seen(&self) -> bool {
        self.seen
    }

    /// The run, where the response names it.
    pub fn execute_id(&self) -> Option<&str> {
        self.execute_id.as_deref()
    }

    /// The page that shows the run. It may be there without a sign of a run.
    pub fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_deref()
    }

    pub(crate) const fn seen(&mut self) {
        self.seen = true;
    }

    /// The first of several runs is kept.
    pub(crate) fn found(&mut self, id: &str) {
        self.seen = true;
        self.execute_id.get_or_insert_with(|| id.to_owned());
    }

    pub(crate) fn page(&mut self, url: &str) {
        self.debug_url.get_or_insert_with(|| url.to_owned());
    }

    /// Looks for a URL that names a run.
    pub(crate) fn url(&mut self, text: &str) {
        if let Some(id) = id_in_url(text) {
            self.found(id);
        }
    }

    /// Looks for members by their spelling, in what is not JSON.
    pub(crate) fn search(&mut self, text: &str) {
        self.url(text);
        let is_object = text.trim_start().starts_with('{');
        for (at, _) in text.match_indices('"') {
            // The name ends at the next quote or at the backslash before it.
            let rest = &text[at + 1..];
            let Some(end) = rest.find(['"', '\\']) else {
                continue;
            };
            let (name, rest) = rest.split_at(end);
            let Some(value) = rest
                .trim_start_matches(['\\', '"'])
                .trim_start()
                .strip_prefix(':')
            else {
                continue;
            };
            let value = value.trim_start();
            let quoted = value.starts_with(['"', '\\']);
            let inner = value.trim_start_matches(['\\', '"']);
            match name {
                "execute_id" => {
                    let id = alphanumeric(inner);
                    if !id.is_empty() && (quoted || id != "null") {
                        self.found(id);
                    }
                }
                "interrupt_data" => self.seen |= !is_blank(value),
                "data" | "output" if is_object => self.seen |= !is_blank(value),
                _ if is_count(name) => {
                    self.seen |= inner.starts_with(|digit| matches!(digit, '1'..='9'));
                }
                _ => {}
            }
        }
    }
}

/// Whether a member counts tokens, of which only a run uses any.
pub(crate) fn is_count(name: &str) -> bool {
    matches!(
        name,
        "token" | "usage" | "token_count" | "input_count" | "output_count"
    )
}

/// The first id after `execute_id=`.
fn id_in_url(text: &str) -> Option<&str> {
    text.split(IN_URL)
        .skip(1)
        .map(alphanumeric)
        .find(|id| !id.is_empty())
}

/// What an id may consist of, from the beginning of a text.
fn alphanumeric(text: &str) -> &str {
    let end = text.find(|one: char| !(one.is_ascii_alphanumeric() || matches!(one, '-' | '_')));
    &text[..end.unwrap_or(text.len())]
}

/// Whether the text of a value, as it stands in JSON, holds nothing.
pub(crate) fn is_blank(value: &str) -> bool {
    let value = value.trim_start();
    let inner = value
        .trim_start_matches(['\\', '"', '{', '[', '}', ']'])
        .trim_start();
    inner.is_empty() || inner.starts_with(',') || value.starts_with("null")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::Survey;

    fn sign(body: &[u8]) -> RunSign {
        match str::from_utf8(body) {
            Ok(text) => Survey::of(text).0.sign,
            Err(_) => Survey::of_bytes(body).sign,
        }
    }

    fn seen(body: &str) -> bool {
        sign(body.as_bytes()).is_seen()
    }

    #[test]
    fn an_execute_id_is_found_wherever_it_stands() {
        for body in [
            r#"{"code":4009,"execute_id":"7413"}"#,
            r#"{"code":4009,"execute_id":7413}"#,
            r#"{"code":4009,"execute_id":"7413","execute_id":""}"#,
            r#"{"code":4009,"execute_id":"","execute_id":"7413"}"#,
            r#"{"code":4009,"data":{"execute_id":"7413"}}"#,
            r#"{"code":4009,"data":"{\"execute_id\":\"7413\"}"}"#,
            r#"{"code":4009,"data":"{\"a\":\"{\\\"execute_id\\\":\\\"7413\\\"}\"}"}"#,
            r#"{"code":4009,"detail":{"run":[{"execute_id":"7413"}]}}"#,
            r#"{"code":4009,"execut\u0065_id":"7413"}"#,
            r#"{"code":4009,"debug_url":"https://h/w?a=1&execute_id=7413&b=2"}"#,
            r#"{"code":4009,"msg":"see https://h/w?execute_id=7413"}"#,
            r#"{"code":4009,"execute_id":"7413""#,
            r#"{"code":4009, "execute_id" : 7413, "data": "#,
            r#"{"code":4009,"data":"{\"execute_id\":\"7413\""#,
            r#"<html>{"execute_id":"7413"}"#,
            "<a href=https://h/w?execute_id=7413>",
            "<a href=https://h/w?execute_id=/w?execute_id=7413>",
        ] {
            let sign = sign(body.as_bytes());
            assert_eq!(
                (sign.is_seen(), sign.execute_id()),
                (true, Some("7413")),
                "{body}"
            );
        }
        let odd = b"{\"execute_id\":\"7413\",\"msg\":\"\xff\"}";
        assert_eq!(sign(odd).execute_id(), Some("7413"));
    }

    #[test]
    fn interrupts_outputs_and_tokens_are_signs() {
        for body in [
            r#"{"code":4009,"interrupt_data":{"event_id":"1"}}"#,
            r#"{"code":4009,"interrupt_data":"1/2"}"#,
            r#"{"code":4009,"data":{"interrupt_data":{"type":2}}}"#,
            r#"{"code":4009,"data":"sunny"}"#,
            r#"{"code":4009,"data":{"output":"sunny"}}"#,
            r#"{"code":4009,"data":[1]}"#,
            r#"{"code":4009,"token":386}"#,
            r#"{"code":4009,"token":"386"}"#,
            r#"{"code":4009,"usage":{"token_count":7}}"#,
            r#"{"code":4009,"usage":{"input_count":"7"}}"#,
            r#"{"code":4009,"data":"sunny"#,
            r#"{"code":4009,"interrupt_data":{"ev"#,
            r#"{"code":4009,"usage":{"token_count":7"#,
        ] {
            assert!(seen(body), "{body}");
        }
    }

    #[test]
    fn a_plain_refusal_holds_no_sign() {
        for body in [
            "",
            "busy",
            "<html>429 Too Many Requests</html>",
            "[]",
            r#"{"code":4009,"msg":"busy"}"#,
            r#"{"code":4000,"msg":"Missing required parameter 'execute_id'"}"#,
            r#"{"code":4009,"execute_id":"","interrupt_data":null,"data":null,"debug_url":"","token":0}"#,
            r#"{"code":4009,"data":"","usage":{"token_count":0,"input_count":"0"},"cost":"0"}"#,
            r#"{"code":4009,"data":{},"interrupt_data":{},"token":null,"output":[]}"#,
            r#"{"code":4009,"data":"{}","execute_id":null"#,
            r#"{"code":4009,"debug_url":"https://h/w?execute_id="}"#,
        ] {
            assert!(!seen(body), "{body}");
        }
        let url = sign(br#"{"debug_url":"https://h/w?space_id=1"}"#);
        assert_eq!(
            (url.is_seen(), url.debug_url()),
            (false, Some("https://h/w?space_id=1"))
        );
    }
}
