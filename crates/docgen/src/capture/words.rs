//! The closed lists of words that carry structure.

/// Meaning of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Name of a field, header, value or code.
    Name,
    /// Type.
    Type,
    /// Whether it must be given.
    Presence,
    /// The same, asked the other way round (`optional?`).
    Absence,
    /// Example or fixed value.
    Example,
    /// Description.
    Text,
    /// None of these.
    Other,
}

/// What the column for presence says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Must be given.
    Required,
    /// May be left out.
    Optional,
    /// Depends on something the words say.
    Conditional,
    /// Nothing is said.
    Unknown,
}

const NAME: &[&str] = &[
    "参数",
    "参数名",
    "参数名称",
    "字段",
    "字段名",
    "字段名称",
    "名称",
    "属性",
    "属性名",
    "变量",
    "parameter",
    "parameters",
    "param",
    "parametername",
    "field",
    "fieldname",
    "name",
    "property",
    "key",
    "attribute",
];
const TYPE: &[&str] = &[
    "类型",
    "参数类型",
    "字段类型",
    "数据类型",
    "值类型",
    "变量类型",
    "type",
    "datatype",
    "parametertype",
    "fieldtype",
];
const PRESENCE: &[&str] = &[
    "是否必选",
    "是否必填",
    "是否必须",
    "是否必需",
    "必选",
    "必填",
    "必须",
    "必需",
    "是否必传",
    "是否可选",
    "必选/可选",
    "required",
    "isrequired",
    "required/optional",
    "required?",
    "mandatory",
];
const ABSENCE: &[&str] = &["可选", "optional", "isoptional", "optional?"];
const EXAMPLE: &[&str] = &[
    "示例",
    "取值",
    "示例值",
    "样例",
    "值",
    "参数示例",
    "取值示例",
    "example",
    "examples",
    "value",
    "samplevalue",
    "examplevalue",
    "sample",
];
const TEXT: &[&str] = &[
    "说明",
    "描述",
    "参数描述",
    "参数说明",
    "字段说明",
    "字段描述",
    "含义",
    "备注",
    "解释",
    "description",
    "desc",
    "explanation",
    "remarks",
    "notes",
    "instruction",
    "instructions",
    "meaning",
];

/// A header word without markup, blanks and brackets, lower case.
pub fn bare(word: &str) -> String {
    let word = word.replace(['*', '`', '_'], "");
    let cut = word.split(['（', '(']).next().unwrap_or("");
    cut.split_whitespace().collect::<String>().to_lowercase()
}

/// Meaning of a header word; the first column names its row whatever its word.
pub fn column(word: &str, first: bool) -> Column {
    let bare = bare(word);
    let has = |list: &[&str]| list.contains(&bare.as_str());
    if first {
        return Column::Name;
    }
    if has(TYPE) {
        Column::Type
    } else if has(PRESENCE) {
        Column::Presence
    } else if has(ABSENCE) {
        Column::Absence
    } else if has(EXAMPLE) {
        Column::Example
    } else if has(TEXT) {
        Column::Text
    } else {
        Column::Other
    }
}

/// Whether a header word names the column of field names.
pub fn is_name_word(word: &str) -> bool {
    NAME.contains(&bare(word).as_str())
}

/// Meanings of a header. In a header that starts with a word for names, a column of a type-like
/// word nobody listed is still found by the word for type in it.
pub fn columns(header: &[String]) -> Vec<Column> {
    let mut columns: Vec<Column> = header
        .iter()
        .enumerate()
        .map(|(index, word)| column(word, index == 0))
        .collect();
    if !columns.contains(&Column::Type) && header.first().is_some_and(|word| is_name_word(word)) {
        for (index, word) in header.iter().enumerate().skip(1) {
            let word = bare(word);
            if columns[index] == Column::Other && (word.ends_with("类型") || word.ends_with("type"))
            {
                columns[index] = Column::Type;
                break;
            }
        }
    }
    columns
}

/// Reads a cell of the presence column; `None` when its word is not known.
pub fn presence(word: &str, column: Column) -> Option<Presence> {
    let bare = word
        .replace(['*', '`', '。', '.', '，', ','], " ")
        .to_lowercase();
    let bare = bare.trim();
    let said = match bare {
        "" | "-" | "—" | "/" | "\\" | "n/a" | "无" => Presence::Unknown,
        "是" | "yes" | "y" | "true" | "√" | "✓" | "✅" => {
            if column == Column::Absence {
                Presence::Optional
            } else {
                Presence::Required
            }
        }
        "否" | "no" | "n" | "false" | "×" | "✗" | "❌" => {
            if column == Column::Absence {
                Presence::Required
            } else {
                Presence::Optional
            }
        }
        _ => return longer_presence(bare),
    };
    Some(said)
}

fn longer_presence(bare: &str) -> Option<Presence> {
    let any = |list: &[&str]| list.iter().any(|word| bare.contains(word));
    let optional = any(&[
        "可选",
        "选填",
        "非必",
        "不必",
        "可空",
        "optional",
        "not required",
    ]);
    let required = any(&[
        "必选",
        "必填",
        "必须",
        "必需",
        "必传",
        "required",
        "mandatory",
    ]) && !any(&["非必", "不必", "not required"]);
    if any(&["条件", "conditional", "depends"]) || (optional && required) {
        return Some(Presence::Conditional);
    }
    if optional {
        return Some(Presence::Optional);
    }
    if required {
        let plain = matches!(
            bare,
            "必选" | "必填" | "必须" | "必需" | "必传" | "required" | "mandatory"
        );
        return Some(if plain {
            Presence::Required
        } else {
            Presence::Conditional
        });
    }
    None
}

/// Row of an endpoint table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointKey {
    /// Method.
    Method,
    /// Address.
    Url,
    /// Scope.
    Scope,
    /// Anything else: purpose, headers, limits.
    Other,
}

/// Reads the key of an endpoint row.
pub fn endpoint_key(word: &str) -> Option<EndpointKey> {
    Some(match bare(word).trim_end_matches(['：', ':']) {
        "请求方式" | "请求方法" | "http方法" | "请求类型" | "method" | "httpmethod"
        | "requestmethod" | "requesttype" => EndpointKey::Method,
        "请求地址" | "请求url" | "接口地址" | "url" | "requesturl" | "requestaddress"
        | "endpoint" | "api地址" | "address" => EndpointKey::Url,
        "权限" | "权限要求" | "所需权限" | "permission" | "permissions" | "scope" => {
            EndpointKey::Scope
        }
        "接口说明" | "接口描述" | "功能说明" | "apidescription" | "headers" | "请求头"
        | "query" | "流控" | "流控限制" | "ratelimit" | "contenttype" => EndpointKey::Other,
        _ => return None,
    })
}

/// Whether a first cell opens a table without a header: its key says how to call.
pub fn opens_endpoint(word: &str) -> bool {
    matches!(
        endpoint_key(word),
        Some(EndpointKey::Method | EndpointKey::Url | EndpointKey::Scope)
    )
}

/// Words in headings.
pub fn has_any(text: &str, words: &[&str]) -> bool {
    let lower = text.to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Heading of examples.
pub fn is_example_heading(text: &str) -> bool {
    has_any(text, &["示例", "样例", "example", "sample"])
}

/// Words for answers.
pub const ANSWER: &[&str] = &["返回", "响应", "response", "returned", "returns", "回调"];
/// Words for requests.
pub const REQUEST: &[&str] = &["请求", "request"];
/// Words for errors.
pub const ERROR: &[&str] = &["错误", "异常", "失败", "error", "fail"];

/// `name` as it is used for keys: the identifier of a heading such as `Chat Object` or
/// `Message 事件`.
pub fn object_name(heading: &str) -> Option<String> {
    let text = heading.replace(['`', '*', '#'], " ").replace("\\_", "_");
    let mut words = text.split_whitespace().filter(|word| {
        !matches!(
            word.to_lowercase().as_str(),
            "object"
                | "objects"
                | "对象"
                | "事件"
                | "event"
                | "结构"
                | "结构体"
                | "struct"
                | "参数"
                | "说明"
                | "字段"
        )
    });
    let name = words.next()?;
    let name = name
        .strip_suffix("对象")
        .or_else(|| name.strip_suffix("事件"))
        .or_else(|| name.strip_suffix("结构体"))
        .unwrap_or(name);
    (words.next().is_none() && is_identifier(name)).then(|| name.to_owned())
}

/// ASCII identifier, dots allowed.
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '$')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-' | '$'))
}

/// Cells that stand for no example.
pub fn is_placeholder(text: &str) -> bool {
    matches!(
        text.trim(),
        "" | "\\" | "\\\\" | "-" | "--" | "—" | "/" | "无" | "N/A"
    )
}

#[cfg(test)]
mod tests {
    use super::Column::{Example, Name, Text, Type};
    use super::*;

    #[test]
    fn header_words_of_both_languages_are_known() {
        let header: Vec<String> = ["**参数**", "**类型**", "是否必选", "**示例**", "**说明**"]
            .map(str::to_owned)
            .into();
        assert_eq!(
            columns(&header),
            [Name, Type, Column::Presence, Example, Text]
        );
        let header: Vec<String> = ["Parameter", "Type", "Required", "Description"]
            .map(str::to_owned)
            .into();
        assert_eq!(columns(&header), [Name, Type, Column::Presence, Text]);
        let header: Vec<String> = ["**文件类型**", "**支持的格式**"].map(str::to_owned).into();
        assert_eq!(columns(&header), [Name, Column::Other]);
    }

    #[test]
    fn presence_words() {
        let read = |word| presence(word, Column::Presence);
        assert_eq!(read("必选"), Some(Presence::Required));
        assert_eq!(read("非必填"), Some(Presence::Optional));
        assert_eq!(read("条件必选"), Some(Presence::Conditional));
        assert_eq!(read("optinal"), None);
        assert_eq!(presence("是", Column::Absence), Some(Presence::Optional));
    }

    #[test]
    fn object_names_of_headings() {
        assert_eq!(object_name("Chat Object").as_deref(), Some("Chat"));
        assert_eq!(object_name("Message 事件").as_deref(), Some("Message"));
        assert_eq!(object_name("Header 和 Payload"), None);
        assert_eq!(
            object_name("additional_messages object").as_deref(),
            Some("additional_messages")
        );
    }
}
