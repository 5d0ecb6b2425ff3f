//! Signs of a run in a response that is no success.

use std::{borrow::Cow, fmt, str};

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// How many texts within texts are opened: `data` is a text, and so may be a part of it.
const NESTED_TEXTS: u8 = 4;

/// What stands before the id in the query of a debug URL.
const IN_URL: &str = "execute_id=";

/// Signs that the request behind a failed response has started a run.
///
/// They are looked for in the whole body, because a wrong "nothing was started" costs a second run: an execute id
/// beside `data`, inside it, in its text or under a doubled key, `interrupt_data`, an output, `execute_id=` in a URL,
/// and counted tokens. A body that is not valid JSON is searched as text.
///
/// ```
/// use coze_wire::RunSign;
///
/// let sign = RunSign::find(br#"{"code":4009,"data":"{\"execute_id\":\"7413\"}"}"#);
/// assert_eq!((sign.is_seen(), sign.execute_id()), (true, Some("7413")));
/// assert!(!RunSign::find(br#"{"code":4009,"msg":"busy","data":null}"#).is_seen());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSign {
    seen: bool,
    execute_id: Option<String>,
    debug_url: Option<String>,
}

impl RunSign {
    /// Looks through a body.
    pub fn find(body: &[u8]) -> Self {
        let mut sign = Self::default();
        let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
        let is_json = str::from_utf8(body).is_ok_and(|text| sign.walk(text, NESTED_TEXTS, true));
        if !is_json {
            sign.search(body);
        }
        sign
    }

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

    /// Whether `text` is JSON to its end.
    fn walk(&mut self, text: &str, texts: u8, top: bool) -> bool {
        let mut json = serde_json::Deserializer::from_str(text);
        let walk = Walk {
            sign: self,
            member: Member::Other,
            texts,
            top,
        };
        walk.deserialize(&mut json).is_ok() && json.end().is_ok()
    }

    fn found(&mut self, id: &str) {
        self.seen = true;
        self.execute_id.get_or_insert_with(|| id.to_owned());
    }

    /// A text anywhere in the body.
    fn text(&mut self, text: &str, texts: u8) {
        if let Some(id) = id_in_url(text) {
            self.found(id);
        }
        if texts > 0
            && text.trim_start().starts_with(['{', '['])
            && !self.walk(text, texts - 1, false)
        {
            self.search(text.as_bytes());
        }
    }

    /// Looks for members by their spelling, in what is no JSON.
    fn search(&mut self, body: &[u8]) {
        let text = String::from_utf8_lossy(body);
        if let Some(id) = id_in_url(&text) {
            self.found(id);
        }
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
            match Member::of(name, is_object) {
                Member::ExecuteId => {
                    let id = alphanumeric(inner);
                    if !id.is_empty() && (quoted || id != "null") {
                        self.found(id);
                    }
                }
                Member::Interrupt | Member::Output => self.seen |= !is_void(value),
                Member::Tokens => {
                    self.seen |= inner.starts_with(|digit| matches!(digit, '1'..='9'));
                }
                Member::DebugUrl | Member::Other => {}
            }
        }
    }
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
fn is_void(value: &str) -> bool {
    let value = value.trim_start();
    let inner = value
        .trim_start_matches(['\\', '"', '{', '[', '}', ']'])
        .trim_start();
    inner.is_empty() || inner.starts_with(',') || value.starts_with("null")
}

/// What a member may say about a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    ExecuteId,
    DebugUrl,
    Interrupt,
    /// What the run returned: `data` of the outermost object.
    Output,
    Tokens,
    Other,
}

impl Member {
    fn of(name: &str, top: bool) -> Self {
        match name {
            "execute_id" => Self::ExecuteId,
            "debug_url" => Self::DebugUrl,
            "interrupt_data" => Self::Interrupt,
            "data" | "output" if top => Self::Output,
            "token" | "usage" | "token_count" | "input_count" | "output_count" => Self::Tokens,
            _ => Self::Other,
        }
    }
}

/// Goes through a value of any shape.
struct Walk<'s> {
    sign: &'s mut RunSign,
    /// What the value stands under.
    member: Member,
    /// How many more texts within texts are opened.
    texts: u8,
    /// Whether it is the outermost value.
    top: bool,
}

impl Walk<'_> {
    fn inner(&mut self, member: Member) -> Walk<'_> {
        Walk {
            sign: self.sign,
            member,
            texts: self.texts,
            top: false,
        }
    }

    /// A value that is there, and is no text.
    fn scalar(self, is_positive: bool, text: impl FnOnce() -> String) {
        match self.member {
            Member::ExecuteId if is_positive => self.sign.found(&text()),
            Member::Tokens => self.sign.seen |= is_positive,
            Member::Output | Member::Interrupt => self.sign.seen = true,
            _ => {}
        }
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let text = value.trim();
        match self.member {
            Member::ExecuteId if !text.is_empty() => self.sign.found(text),
            Member::DebugUrl if !text.is_empty() => {
                self.sign.debug_url.get_or_insert_with(|| text.to_owned());
            }
            Member::Tokens => {
                self.sign.seen |= text.parse::<f64>().is_ok_and(|count| count > 0.0);
            }
            Member::Output | Member::Interrupt => self.sign.seen |= !is_void(text),
            _ => {}
        }
        self.sign.text(text, self.texts);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.scalar(value > 0, || value.to_string());
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.scalar(value > 0, || value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        self.scalar(value > 0.0, || value.to_string());
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        if value && self.member == Member::Output {
            self.sign.seen = true;
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let holds = matches!(self.member, Member::Output | Member::Interrupt);
        while seq.next_element_seed(self.inner(Member::Other))?.is_some() {
            self.sign.seen |= holds;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let holds = matches!(self.member, Member::Output | Member::Interrupt);
        let top = self.top;
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            self.sign.seen |= holds;
            // Under `serde_json/arbitrary_precision` a number is a map with one member, its digits.
            let member = if key.starts_with("$serde_json::private::") {
                self.member
            } else {
                Member::of(&key, top)
            };
            map.next_value_seed(self.inner(member))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(body: &str) -> bool {
        RunSign::find(body.as_bytes()).is_seen()
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
            let sign = RunSign::find(body.as_bytes());
            assert_eq!(
                (sign.is_seen(), sign.execute_id()),
                (true, Some("7413")),
                "{body}"
            );
        }
        let odd = b"{\"execute_id\":\"7413\",\"msg\":\"\xff\"}";
        assert_eq!(RunSign::find(odd).execute_id(), Some("7413"));
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
        let url = RunSign::find(br#"{"debug_url":"https://h/w?space_id=1"}"#);
        assert_eq!(
            (url.is_seen(), url.debug_url()),
            (false, Some("https://h/w?space_id=1"))
        );
    }
}
