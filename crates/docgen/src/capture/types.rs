//! Types as the vendor writes them.

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
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    parse_flat(text.trim_matches([' ', '。', '，', ',', '.', '、']), names)
}

fn parse_flat(text: &str, names: bool) -> Option<TypeExpr> {
    if text.is_empty() || text.len() > 200 {
        return None;
    }
    let lower = text.to_lowercase();
    if let Some(found) = scalar(&lower.replace(' ', "")) {
        return Some(found);
    }
    if let Some(found) = container(text, &lower, names) {
        return found;
    }
    for cut in [" or ", " 或 ", "或", " / ", "/", " | ", "|", "、"] {
        if let Some(list) = split_outside(text, cut) {
            let list: Option<Vec<TypeExpr>> = list
                .iter()
                .map(|part| parse_flat(part.trim(), names))
                .collect();
            return list.map(TypeExpr::OneOf);
        }
    }
    // A remark in brackets after the type (`Integer (int64)`, `String（枚举）`) adds nothing.
    if let Some(start) = text.find(['(', '（']).filter(|at| *at > 0)
        && text.ends_with([')', '）'])
    {
        return parse_flat(text[..start].trim(), names);
    }
    if let Some(name) = lower
        .strip_suffix(" object")
        .or_else(|| lower.strip_suffix(" 对象"))
        .map(|rest| &text[..rest.len()])
    {
        return super::words::is_identifier(name).then(|| TypeExpr::Named(name.to_owned()));
    }
    (names && super::words::is_identifier(text)).then(|| TypeExpr::Named(text.to_owned()))
}

/// Lists and maps in all their spellings; `Some(None)` for one whose inside is not understood.
#[expect(
    clippy::option_option,
    reason = "outer: is it a container; inner: is it understood"
)]
fn container(text: &str, lower: &str, names: bool) -> Option<Option<TypeExpr>> {
    let inner = |part: &str| {
        let part = part.trim();
        // `Array of strings`
        parse_flat(part, names)
            .filter(|ty| !matches!(ty, TypeExpr::Named(_)))
            .or_else(|| {
                let single = part
                    .strip_suffix('s')
                    .and_then(|one| scalar(&one.to_lowercase()));
                single.or_else(|| parse_flat(part, true))
            })
    };
    let list = |part: &str| Some(inner(part).map(|ty| TypeExpr::List(Some(Box::new(ty)))));
    let map = |part: &str| Some(inner(part).map(|ty| TypeExpr::Map(Some(Box::new(ty)))));
    for prefix in ["array of ", "list of ", "arrayof ", "数组 of "] {
        if lower.starts_with(prefix) {
            return list(&text[prefix.len()..]);
        }
    }
    for prefix in ["object of ", "object: "] {
        if lower.starts_with(prefix) {
            let name = text[prefix.len()..].trim();
            // `Object of File` names a table, whatever `File` means alone.
            let table = super::words::is_identifier(name).then(|| TypeExpr::Named(name.to_owned()));
            return Some(table.or_else(|| parse_flat(name, true)));
        }
    }
    for prefix in ["map of ", "json map of "] {
        if lower.starts_with(prefix) {
            return map(&text[prefix.len()..]);
        }
    }
    let wrapped = |prefix: &str, open: char, close: char| {
        let rest = lower.strip_prefix(prefix)?.trim_start();
        let rest = rest.strip_prefix(open)?.strip_suffix(close)?;
        let end = text.len() - close.len_utf8();
        Some(text[end - rest.len()..end].to_owned())
    };
    for (open, close) in [('<', '>'), ('[', ']'), ('(', ')'), ('（', '）')] {
        for prefix in ["array", "list", "jsonarray", "json array"] {
            if let Some(part) = wrapped(prefix, open, close).filter(|part| !part.is_empty()) {
                return list(&part);
            }
        }
        if let Some(part) = wrapped("object", open, close)
            && super::words::is_identifier(part.trim())
        {
            return Some(parse_flat(part.trim(), true));
        }
    }
    if let Some(part) = wrapped("map", '<', '>').or_else(|| wrapped("json map", '<', '>')) {
        return part
            .split_once([',', '，'])
            .map_or(Some(None), |(_, value)| map(value));
    }
    if let Some(rest) = lower
        .strip_prefix("map")
        .map(str::trim_start)
        .and_then(|rest| rest.strip_prefix('['))
    {
        let Some(close) = rest.find(']') else {
            return Some(None);
        };
        let value = &text[text.len() - rest.len() + close + 1..];
        let value = value.trim();
        return map(value
            .strip_prefix('[')
            .and_then(|part| part.strip_suffix(']'))
            .unwrap_or(value));
    }
    if let Some(part) = text.strip_suffix("[]") {
        return list(part);
    }
    if let Some(part) = text.strip_prefix("[]") {
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
fn split_outside(text: &str, cut: &str) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    let (mut depth, mut start) = (0_i32, 0);
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '<' | '（' => depth += 1,
            ')' | ']' | '>' | '）' => depth -= 1,
            _ => {}
        }
        if depth == 0 && at >= start && text[at..].starts_with(cut) {
            parts.push(text[start..at].to_owned());
            start = at + cut.len();
        }
    }
    (!parts.is_empty() && parts.iter().all(|part| !part.trim().is_empty())).then(|| {
        parts.push(text[start..].to_owned());
        parts
    })
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
