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
    let name = name
        .split(['（', '('])
        .next()
        .unwrap_or(name)
        .trim()
        .trim_matches(['`', '"', '“', '”']);
    let plain = !name.is_empty()
        && name.len() <= 60
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
    plain.then(|| (name, text.trim()))
}

/// The value of a listed line: the name, or the digits that the line gives for a name.
fn value<'a>(name: &'a str, text: &'a str) -> &'a str {
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

/// The values a description lists and whether more may come; none for booleans and objects.
pub fn values(row: &Row) -> Option<(Vec<String>, bool)> {
    if !row.keyword_values.is_empty() {
        return Some((row.keyword_values.clone(), false));
    }
    let text = &row.text.text;
    if !matches!(
        row.kind(),
        Some(TypeExpr::Str | TypeExpr::Int | TypeExpr::Number)
    ) {
        return None;
    }
    let mut list: Vec<String> = Vec::new();
    let announced = words::has_any(
        text,
        &[
            "枚举", "取值", "支持", "包括", "类型", "状态", "方式", "one of", "values", "enum",
        ],
    );
    for line in text.lines() {
        if let Some((name, rest)) =
            listed(line).filter(|(name, _)| !matches!(*name, "http" | "https"))
            && !rest.starts_with("//")
        {
            list.push(value(name, rest).to_owned());
        }
    }
    let flags = list
        .iter()
        .all(|name| matches!(name.as_str(), "true" | "false"));
    let good = announced && list.len() >= 2 && !flags;
    good.then(|| {
        let rest = text
            .replace("等待", "")
            .replace("等于", "")
            .replace("等级", "");
        (list, rest.contains('等'))
    })
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
    let lower = text.to_lowercase();
    if lower.contains("iso 8601") || lower.contains("iso8601") {
        return Some(Time::Iso);
    }
    if !(lower.contains("unix") || lower.contains("时间戳") || lower.contains("timestamp")) {
        return None;
    }
    Some(
        if lower.contains("毫秒") || lower.contains("millisecond") || lower.contains("13 位") {
            Time::Milliseconds
        } else if lower.contains('秒') || lower.contains("second") || lower.contains("10 位") {
            Time::Seconds
        } else {
            Time::Unix
        },
    )
}

/// The word after `start`, up to punctuation.
fn word_after(text: &str, start: &str) -> Option<String> {
    let rest =
        text[text.find(start)? + start.len()..].trim_start_matches([' ', '`', '"', '：', ':']);
    let word: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .collect();
    let word = word.trim_end_matches('.').to_owned();
    (!word.is_empty()).then_some(word)
}

/// The value a description gives for a field that is left out.
pub fn default(text: &str) -> Option<String> {
    for line in text.lines() {
        let lower = line.to_lowercase();
        if ["（默认", "(默认", "（default", "(default"]
            .iter()
            .any(|mark| lower.contains(mark))
            && let Some((name, _)) = listed(line)
        {
            let rest = listed(line).map_or("", |(_, rest)| rest);
            return Some(value(name, rest).to_owned());
        }
    }
    ["默认值为", "默认为", "defaults to", "default is"]
        .iter()
        .find_map(|start| word_after(text, start))
}

/// Field and value on which the presence of a field depends.
pub fn condition(text: &str) -> Option<(String, String)> {
    for (start, joins) in [
        ("仅当", [" 为 ", "为", " 是 "]),
        ("仅在", ["=", "为", " 为 "]),
    ] {
        let Some(at) = text.find(start) else { continue };
        let rest: String = text[at + start.len()..].chars().take(60).collect();
        let rest = rest.replace('`', "");
        for join in joins {
            let Some((left, right)) = rest.split_once(join) else {
                continue;
            };
            let field: String = left
                .trim_end()
                .chars()
                .rev()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            let field: String = field.chars().rev().collect();
            let value: String = right
                .trim_start()
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if words::is_identifier(&field) && !value.is_empty() {
                return Some((field, value));
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
pub fn all(row: &Row) -> BTreeMap<&'static str, String> {
    let text = &row.text.text;
    let mut hints = BTreeMap::new();
    if let Some((list, open)) = values(row) {
        hints.insert(if open { "open_values" } else { "values" }, list.join(" "));
    }
    if let Some(time) = time(text) {
        let word = match time {
            Time::Unix => "unix",
            Time::Seconds => "unix_seconds",
            Time::Milliseconds => "unix_milliseconds",
            Time::Iso => "iso_8601",
        };
        hints.insert("time", word.to_owned());
    }
    if let Some(value) = default(text) {
        hints.insert("default", value);
    }
    if let Some((field, value)) = condition(text) {
        hints.insert("if", format!("{field}={value}"));
    }
    if text.contains("JSON 序列化") || text.contains("JSON 格式的字符串") {
        hints.insert("json_text", "yes".to_owned());
    }
    if text.contains("预留字段") || text.to_lowercase().contains("reserved") {
        hints.insert("reserved", "yes".to_owned());
    }
    if row.nullable {
        hints.insert("nullable", "yes".to_owned());
    }
    hints
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
