//! Types as the vendor writes them.

use super::words::{is_identifier, squeeze};
use std::fmt;

/// Kind of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// Number without fraction.
    Int,
    /// Number with fraction.
    Float,
    /// Text.
    Str,
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl Kind {
    /// Name in reports and locks.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Float => "float",
            Self::Str => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// A type that was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypeExpr {
    /// Text.
    Str,
    /// Whole number.
    Int,
    /// Number.
    Number,
    /// `true` or `false`.
    Bool,
    /// Bytes of an upload.
    File,
    /// Anything.
    Any,
    /// Object without a table.
    Object,
    /// Map with values of a type; `None` when the page does not say which.
    Map(Option<Box<TypeExpr>>),
    /// List with elements of a type; `None` when the page does not say which.
    List(Option<Box<TypeExpr>>),
    /// Object described by a table of this name.
    Named(String),
    /// One of several.
    OneOf(Vec<TypeExpr>),
}

impl TypeExpr {
    /// The kinds of JSON values that fit; `None` for any.
    pub fn accepts(&self, kind: Kind) -> bool {
        match self {
            Self::Str => kind == Kind::Str,
            Self::Int => kind == Kind::Int,
            Self::Number => matches!(kind, Kind::Int | Kind::Float),
            Self::Bool => kind == Kind::Bool,
            Self::File | Self::Any => true,
            Self::Object | Self::Map(_) | Self::Named(_) => kind == Kind::Object,
            Self::List(_) => kind == Kind::Array,
            Self::OneOf(list) => list.iter().any(|one| one.accepts(kind)),
        }
    }

    /// The table names this type refers to.
    pub fn names(&self) -> Vec<&str> {
        match self {
            Self::Named(name) => vec![name],
            Self::Map(Some(inner)) | Self::List(Some(inner)) => inner.names(),
            Self::OneOf(list) => list.iter().flat_map(Self::names).collect(),
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for TypeExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str => f.write_str("string"),
            Self::Int => f.write_str("int"),
            Self::Number => f.write_str("number"),
            Self::Bool => f.write_str("bool"),
            Self::File => f.write_str("file"),
            Self::Any => f.write_str("any"),
            Self::Object => f.write_str("object"),
            Self::Map(None) => f.write_str("map<?>"),
            Self::Map(Some(inner)) => write!(f, "map<{inner}>"),
            Self::List(None) => f.write_str("list<?>"),
            Self::List(Some(inner)) => write!(f, "list<{inner}>"),
            Self::Named(name) => f.write_str(name),
            Self::OneOf(list) => {
                let names: Vec<String> = list.iter().map(ToString::to_string).collect();
                f.write_str(&names.join(" or "))
            }
        }
    }
}

fn scalar(word: &str) -> Option<TypeExpr> {
    Some(match word {
        "string" | "str" | "text" | "字符串" | "enum" | "url" | "uuid" | "date" | "datetime"
        | "time" | "jsonstring" | "char" | "varchar" | "枚举" => TypeExpr::Str,
        "long" | "integer" | "int" | "int32" | "int64" | "i32" | "i64" | "uint" | "uint32"
        | "uint64" | "short" | "int8" | "int16" | "timestamp" | "整数" | "整型" | "bigint" => {
            TypeExpr::Int
        }
        "number" | "double" | "float" | "float32" | "float64" | "decimal" | "数字" | "浮点数" => {
            TypeExpr::Number
        }
        "boolean" | "bool" | "布尔" | "布尔值" => TypeExpr::Bool,
        "file" | "binary" | "bytes" | "byte" | "blob" | "文件" => TypeExpr::File,
        "any" | "interface{}" | "null" | "json" => TypeExpr::Any,
        "object" | "jsonobject" | "struct" | "对象" | "jsonobj" => TypeExpr::Object,
        "map" | "jsonmap" | "dict" | "dictionary" | "hashmap" => TypeExpr::Map(None),
        "array" | "list" | "jsonarray" | "数组" | "列表" => TypeExpr::List(None),
        _ => return None,
    })
}

/// Reads a type. `names` allows a lone identifier of no known meaning as the name of a table.
pub fn parse(text: &str, names: bool) -> Option<TypeExpr> {
    let text = text.replace("\\_", "_").replace(['`', '*'], " ");
    let text = squeeze(&text);
    parse_flat(text.trim_matches([' ', '。', '，', ',', '.', '、']), names)
}

fn table(name: &str) -> Option<TypeExpr> {
    is_identifier(name).then(|| TypeExpr::Named(name.to_owned()))
}

fn parse_flat(text: &str, names: bool) -> Option<TypeExpr> {
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let lower = text.to_ascii_lowercase();
    if let Some(found) = scalar(&lower.replace(' ', "")) {
        return Some(found);
    }
    if let Some(found) = container(text, &lower, names) {
        return found;
    }
    for cut in [" or ", " 或 ", "或", " / ", "/", " | ", "|", "、"] {
        if let Some(list) = split_outside(text, cut) {
            let parts = list.iter().map(|part| parse_flat(part.trim(), names));
            return parts.collect::<Option<_>>().map(TypeExpr::OneOf);
        }
    }
    // A remark in brackets after the type (`Integer (int64)`, `String（枚举）`) adds nothing.
    if let Some(start) = text.find(['(', '（']).filter(|at| *at > 0)
        && text.ends_with([')', '）'])
    {
        return parse_flat(text[..start].trim(), names);
    }
    for suffix in [" object", " 对象"] {
        if lower.ends_with(suffix) {
            return table(&text[..text.len() - suffix.len()]);
        }
    }
    names.then(|| table(text)).flatten()
}

/// The rest of a text behind the first of these beginnings it has.
fn behind<'a>(text: &'a str, lower: &str, starts: &[&str]) -> Option<&'a str> {
    let start = starts.iter().find(|start| lower.starts_with(**start))?;
    Some(text[start.len()..].trim())
}

/// The word before brackets that end with the text, and what they hold.
fn bracketed(text: &str) -> Option<(String, &str)> {
    let at = text.find(['<', '[', '(', '（'])?;
    let open = text[at..].chars().next()?;
    let close = match open {
        '<' => '>',
        '[' => ']',
        '(' => ')',
        _ => '）',
    };
    let inside = text[at + open.len_utf8()..].strip_suffix(close)?;
    Some((text[..at].trim().to_ascii_lowercase(), inside.trim()))
}

/// Lists and maps in all their spellings; `Some(None)` for one whose inside is not understood.
#[expect(
    clippy::option_option,
    reason = "outer: is it a container; inner: is it understood"
)]
fn container(text: &str, lower: &str, names: bool) -> Option<Option<TypeExpr>> {
    let inner = |part: &str| {
        let part = part.trim();
        let known = parse_flat(part, names).filter(|ty| !matches!(ty, TypeExpr::Named(_)));
        // `Array of strings`
        let single = || scalar(&part.strip_suffix('s')?.to_ascii_lowercase());
        let found = known.or_else(single).or_else(|| parse_flat(part, true));
        found.map(Box::new)
    };
    let list = |part: &str| Some(inner(part).map(|ty| TypeExpr::List(Some(ty))));
    let map = |part: &str| Some(inner(part).map(|ty| TypeExpr::Map(Some(ty))));
    if let Some(part) = behind(
        text,
        lower,
        &["array of ", "list of ", "arrayof ", "数组 of "],
    ) {
        return list(part);
    }
    if let Some(name) = behind(text, lower, &["object of ", "object: "]) {
        // `Object of File` names a table, whatever `File` means alone.
        return Some(table(name).or_else(|| parse_flat(name, true)));
    }
    if let Some(part) = behind(text, lower, &["map of ", "json map of "]) {
        return map(part);
    }
    if let Some((word, part)) = bracketed(text) {
        match word.as_str() {
            "array" | "list" | "jsonarray" | "json array" if !part.is_empty() => return list(part),
            "object" if is_identifier(part) => return Some(parse_flat(part, true)),
            "map" | "json map" => match part.split_once([',', '，']) {
                Some((key, value)) if !key.contains(']') => return map(value),
                None if text.ends_with('>') => return Some(None),
                _ => {}
            },
            _ => {}
        }
    }
    // `Map[K][V]`, `map[K]V`
    if let Some(rest) = behind(text, lower, &["map"]).and_then(|rest| rest.strip_prefix('[')) {
        let Some((_, value)) = rest.split_once(']') else {
            return Some(None);
        };
        let value = value.trim();
        let inside = value
            .strip_prefix('[')
            .and_then(|part| part.strip_suffix(']'));
        return map(inside.unwrap_or(value));
    }
    if let Some(part) = text.strip_suffix("[]").or_else(|| text.strip_prefix("[]")) {
        return list(part);
    }
    for suffix in [" array", " list", " 数组"] {
        if lower.ends_with(suffix) {
            return list(&text[..text.len() - suffix.len()]);
        }
    }
    None
}

/// Splits at a separator outside brackets; `None` when it does not occur.
fn split_outside<'a>(text: &'a str, cut: &str) -> Option<Vec<&'a str>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '<' | '（' => depth += 1,
            ')' | ']' | '>' | '）' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at >= start && text[at..].starts_with(cut) {
            parts.push(&text[start..at]);
            start = at + cut.len();
        }
    }
    let split = !parts.is_empty() && parts.iter().all(|part| !part.trim().is_empty());
    parts.push(&text[start..]);
    split.then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn spellings_of_types() {
        for (written, read) in [
            ("String", "string"),
            ("Long", "int"),
            ("JSON  Map", "map<?>"),
            ("JSON Object", "object"),
            ("Object of WorkflowInfo", "WorkflowInfo"),
            ("Array of String", "list<string>"),
            ("Array of strings", "list<string>"),
            (
                "Array of additional_messages object",
                "list<additional_messages>",
            ),
            ("Map[String][String]", "map<string>"),
            ("map[String]Any", "map<any>"),
            ("Map[String, Any]", "map<any>"),
            ("Map[String][Map[String, Item]]", "map<map<Item>>"),
            ("Map[String]String", "map<string>"),
            ("map<String,WorkflowParameter>", "map<WorkflowParameter>"),
            ("Map<String, Array<Item>>", "map<list<Item>>"),
            ("Scope object", "Scope"),
            ("Object of File", "File"),
            ("List<Integer>", "list<int>"),
            ("object[]", "list<object>"),
            ("Array[String]", "list<string>"),
            ("Integer (int64)", "int"),
            ("String 或 Integer", "string or int"),
            ("String/Array of String", "string or list<string>"),
            ("JSON Array", "list<?>"),
            ("ChatRequest", "ChatRequest"),
        ] {
            assert_eq!(
                parse(written, true).map(|ty| ty.to_string()).as_deref(),
                Some(read),
                "{written}"
            );
        }
    }

    #[test]
    fn what_is_no_type() {
        for written in [
            "",
            "必选",
            "工作流 ID。",
            "String String",
            "Map<String",
            "a b c",
        ] {
            assert_eq!(parse(written, true), None, "{written}");
        }
        assert_eq!(parse("Strnig", false), None);
    }
}
