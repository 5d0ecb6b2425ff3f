//! Facts read from descriptions. Each is a hint that a person confirms.

use super::model::Row;
use super::types::TypeExpr;
use super::words;
use std::collections::BTreeMap;

/// How a time is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Unix time, unit not said.
    Unix,
    /// Unix time in seconds.
    Seconds,
    /// Unix time in milliseconds.
    Milliseconds,
    /// ISO 8601.
    Iso,
}

/// `name：text` at the start of a line.
fn listed(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start_matches(['*', '-', '•', ' ', '·']);
    let (name, text) = line.split_once(['：', ':'])?;
    let name = name.split(['（', '(']).next()?.trim();
    let name = name.trim_matches(['`', '"', '“', '”']);
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/');
    let plain = !name.is_empty() && name.len() <= 60 && name.chars().all(is_plain);
    plain.then(|| (name, text.trim()))
}

/// The value of a listed line: the name, or the digits that the line gives for a name.
fn value<'a>((name, text): (&'a str, &'a str)) -> &'a str {
    let digits = text
        .trim_start_matches("（默认）")
        .trim_start_matches("(default)")
        .trim();
    let number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit());
    if number && name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        digits
    } else {
        name
    }
}

/// Words that announce a list of values.
const ANNOUNCING: &[&str] = &[
    "枚举", "取值", "支持", "包括", "类型", "状态", "方式", "one of", "values", "enum",
];

/// The values a description lists and whether more may come; none for booleans and objects.
pub fn values(row: &Row) -> Option<(Vec<String>, bool)> {
    if !row.keyword_values.is_empty() {
        return Some((row.keyword_values.clone(), false));
    }
    let text = &row.text.text;
    let scalar = matches!(
        row.kind(),
        Some(TypeExpr::Str | TypeExpr::Int | TypeExpr::Number)
    );
    if !scalar || !words::has_any(text, ANNOUNCING) {
        return None;
    }
    let listed = text.lines().filter_map(listed);
    let list: Vec<String> = listed
        .filter(|(name, rest)| !matches!(*name, "http" | "https") && !rest.starts_with("//"))
        .map(|line| value(line).to_owned())
        .collect();
    let flags = list
        .iter()
        .all(|name| matches!(name.as_str(), "true" | "false"));
    // The word that leaves a list open is also the first half of others.
    let waits = ["等待", "等于", "等级"];
    let rest = waits
        .iter()
        .fold(text.clone(), |text, word| text.replace(word, ""));
    (list.len() >= 2 && !flags).then(|| (list, rest.contains('等')))
}

/// Values between backticks in running text (formats C and D keep their code spans in `raw`).
pub fn code_values(raw: &str) -> Vec<String> {
    raw.split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| words::is_identifier(word))
        .map(str::to_owned)
        .collect()
}

/// How a description says a time is written.
pub fn time(text: &str) -> Option<Time> {
    let has = |list: &[&str]| words::has_any(text, list);
    if has(&["iso 8601", "iso8601"]) {
        Some(Time::Iso)
    } else if !has(&["unix", "时间戳", "timestamp"]) {
        None
    } else if has(&["毫秒", "millisecond", "13 位"]) {
        Some(Time::Milliseconds)
    } else if has(&["秒", "second", "10 位"]) {
        Some(Time::Seconds)
    } else {
        Some(Time::Unix)
    }
}

/// The word after `start`, up to punctuation.
fn word_after(text: &str, start: &str) -> Option<String> {
    let (_, rest) = text.split_once(start)?;
    let rest = rest.trim_start_matches([' ', '`', '"', '：', ':']);
    let end = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.');
    let word = rest.split(end).next()?.trim_end_matches('.');
    (!word.is_empty()).then(|| word.to_owned())
}

/// The value a description gives for a field that is left out.
pub fn default(text: &str) -> Option<String> {
    let marks = ["（默认", "(默认", "（default", "(default"];
    let mut marked = text.lines().filter(|line| words::has_any(line, &marks));
    if let Some(line) = marked.find_map(listed) {
        return Some(value(line).to_owned());
    }
    let words = ["默认值为", "默认为", "defaults to", "default is"];
    words.iter().find_map(|start| word_after(text, start))
}

/// Field and value on which the presence of a field depends.
pub fn condition(text: &str) -> Option<(String, String)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for (start, joins) in [
        ("仅当", [" 为 ", "为", " 是 "]),
        ("仅在", ["=", "为", " 为 "]),
    ] {
        let Some((_, rest)) = text.split_once(start) else {
            continue;
        };
        let rest: String = rest.chars().take(60).filter(|c| *c != '`').collect();
        for (left, right) in joins.iter().filter_map(|join| rest.split_once(join)) {
            let (left, right) = (left.trim_end(), right.trim_start());
            let field = &left[left.trim_end_matches(is_word).len()..];
            let value = &right[..right.len() - right.trim_start_matches(is_word).len()];
            if words::is_identifier(field) && !value.is_empty() {
                return Some((field.to_owned(), value.to_owned()));
            }
        }
    }
    None
}

/// Keys of a map a description names with their types.
pub fn keys(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(listed)
        .filter(|(_, rest)| rest.to_lowercase().starts_with("string") || rest.contains("类型"))
        .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
        .collect()
}

/// All hints of a row as bare words, for the lock.
pub fn all(row: &Row) -> BTreeMap<String, String> {
    let text = &row.text.text;
    let time = time(text).map(|time| match time {
        Time::Unix => "unix",
        Time::Seconds => "unix_seconds",
        Time::Milliseconds => "unix_milliseconds",
        Time::Iso => "iso_8601",
    });
    let (values, open) = values(row).unwrap_or_default();
    let values = (!values.is_empty()).then(|| values.join(" "));
    let yes = |said: bool| said.then(|| "yes".to_owned());
    let hints = [
        (if open { "open_values" } else { "values" }, values),
        ("time", time.map(str::to_owned)),
        ("default", default(text)),
        (
            "if",
            condition(text).map(|(field, value)| format!("{field}={value}")),
        ),
        (
            "json_text",
            yes(words::has_any(text, &["json 序列化", "json 格式的字符串"])),
        ),
        (
            "reserved",
            yes(words::has_any(text, &["预留字段", "reserved"])),
        ),
        ("nullable", yes(row.nullable)),
    ];
    let said = hints
        .into_iter()
        .filter_map(|(key, value)| Some((key.to_owned(), value?)));
    said.collect()
}

#[cfg(test)]
mod tests {
    use super::super::model::Cell;
    use super::*;

    fn row(ty: TypeExpr, text: &str) -> Row {
        let mut row = Row::named(Cell::default());
        row.ty = Some((Cell::default(), ty));
        row.text.text = text.to_owned();
        row
    }

    #[test]
    fn values_of_lists() {
        let text = "结果，枚举值：\none：第一。\ntwo（默认值）：第二。";
        assert_eq!(
            values(&row(TypeExpr::Str, text)),
            Some((vec!["one".to_owned(), "two".to_owned()], false))
        );
        assert_eq!(
            values(&row(TypeExpr::Bool, "取值\ntrue：是\nfalse：否")),
            None
        );
        assert_eq!(default(text).as_deref(), Some("two"));
    }

    #[test]
    fn the_word_for_wait_does_not_open_a_list() {
        let (_, open) =
            values(&row(TypeExpr::Str, "状态：\na1：等待中\nb2：完成")).expect("values");
        assert!(!open);
        let (_, open) = values(&row(TypeExpr::Str, "状态：\na1：x\nb2：完成\n等")).expect("values");
        assert!(open);
    }

    #[test]
    fn times_defaults_and_conditions() {
        assert_eq!(time("以 Unix 时间戳表示，单位为秒。"), Some(Time::Seconds));
        assert_eq!(time("毫秒级时间戳"), Some(Time::Milliseconds));
        assert_eq!(default("默认值为 false。").as_deref(), Some("false"));
        assert_eq!(
            condition("仅在同步执行（is_async=false）时返回"),
            Some(("is_async".to_owned(), "false".to_owned()))
        );
        assert_eq!(
            condition("仅当 terminate_plan 为 use_x 时"),
            Some(("terminate_plan".to_owned(), "use_x".to_owned()))
        );
    }
}
