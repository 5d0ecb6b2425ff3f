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

impl Presence {
    /// What yes or no in answer to "required?" means.
    pub const fn of(required: bool) -> Self {
        if required {
            Self::Required
        } else {
            Self::Optional
        }
    }
}

/// Header words of the column of names.
const NAMES: &str = "参数 参数名 参数名称 字段 字段名 字段名称 名称 属性 属性名 变量 parameter parameters \
    param parametername field fieldname name property key attribute";

/// Header words of the other columns.
const COLUMNS: &[(Column, &str)] = &[
    (
        Column::Type,
        "类型 参数类型 字段类型 数据类型 值类型 变量类型 type datatype parametertype fieldtype",
    ),
    (
        Column::Presence,
        "是否必选 是否必填 是否必须 是否必需 必选 必填 必须 必需 是否必传 是否可选 必选/可选 \
         required isrequired required/optional required? mandatory",
    ),
    (Column::Absence, "可选 optional isoptional optional?"),
    (
        Column::Example,
        "示例 取值 示例值 样例 值 参数示例 取值示例 example examples value samplevalue \
         examplevalue sample",
    ),
    (
        Column::Text,
        "说明 描述 参数描述 参数说明 字段说明 字段描述 含义 备注 解释 description desc \
         explanation remarks notes instruction instructions meaning",
    ),
];

/// Keys of tables that say how to call.
const KEYS: &[(EndpointKey, &str)] = &[
    (
        EndpointKey::Method,
        "请求方式 请求方法 http方法 请求类型 method httpmethod requestmethod requesttype",
    ),
    (
        EndpointKey::Url,
        "请求地址 请求url 接口地址 url requesturl requestaddress endpoint api地址 address",
    ),
    (
        EndpointKey::Scope,
        "权限 权限要求 所需权限 permission permissions scope",
    ),
    (
        EndpointKey::Other,
        "接口说明 接口描述 功能说明 apidescription headers 请求头 query 流控 流控限制 ratelimit \
         contenttype",
    ),
];

fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

fn meaning<T: Copy>(lists: &[(T, &str)], word: &str) -> Option<T> {
    let found = lists.iter().find(|(_, list)| listed(list, word));
    found.map(|(meaning, _)| *meaning)
}

/// A text on one line, with single spaces.
pub fn squeeze(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A header word without markup, blanks and brackets, lower case.
pub fn bare(word: &str) -> String {
    let word = word.replace(['*', '`', '_'], "");
    let cut = word.split(['（', '(']).next().unwrap_or("");
    cut.split_whitespace().collect::<String>().to_lowercase()
}

/// Meaning of a header word behind the first, which names its row whatever it is.
pub fn column(word: &str) -> Column {
    meaning(COLUMNS, &bare(word)).unwrap_or(Column::Other)
}

/// Whether a header word names the column of field names.
pub fn is_name_word(word: &str) -> bool {
    listed(NAMES, &bare(word))
}

/// Meanings of a header. In a header that starts with a word for names, a column of a type-like
/// word nobody listed is still found by the word for type in it.
pub fn columns(header: &[String]) -> Vec<Column> {
    let mut columns: Vec<Column> = header.iter().map(|word| column(word)).collect();
    if let Some(first) = columns.first_mut() {
        *first = Column::Name;
    }
    if !columns.contains(&Column::Type) && header.first().is_some_and(|word| is_name_word(word)) {
        let unlisted = header.iter().zip(&mut columns).find(|(word, column)| {
            let word = bare(word);
            **column == Column::Other && (word.ends_with("类型") || word.ends_with("type"))
        });
        if let Some((_, column)) = unlisted {
            *column = Column::Type;
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
    let required = |said: bool| Presence::of(said != (column == Column::Absence));
    Some(match bare {
        "" | "-" | "—" | "/" | "\\" | "n/a" | "无" => Presence::Unknown,
        "是" | "yes" | "y" | "true" | "√" | "✓" | "✅" => required(true),
        "否" | "no" | "n" | "false" | "×" | "✗" | "❌" => required(false),
        "必选" | "必填" | "必须" | "必需" | "必传" | "required" | "mandatory" => {
            Presence::Required
        }
        _ => return longer_presence(bare),
    })
}

fn longer_presence(bare: &str) -> Option<Presence> {
    let any = |list: &str| list.split(' ').any(|word| bare.contains(word));
    let negated = bare.contains("not required") || any("非必 不必");
    let optional = negated || any("可选 选填 可空 optional");
    let required = !negated && any("必选 必填 必须 必需 必传 required mandatory");
    if required || any("条件 conditional depends") {
        Some(Presence::Conditional)
    } else {
        optional.then_some(Presence::Optional)
    }
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
    meaning(KEYS, bare(word).trim_end_matches(['：', ':']))
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

/// The text before the first of some words.
pub fn before_any<'t>(text: &'t str, words: &[&str]) -> &'t str {
    let found = words.iter().filter_map(|word| text.find(word)).min();
    &text[..found.unwrap_or(text.len())]
}

/// Heading of examples.
pub fn is_example_heading(text: &str) -> bool {
    has_any(text, &["示例", "样例", "example", "sample"])
}

/// Words for responses.
pub const RESPONSE: &[&str] = &["返回", "响应", "response", "returned", "returns", "回调"];
/// Words for requests.
pub const REQUEST: &[&str] = &["请求", "request"];
/// Words for errors.
pub const ERROR: &[&str] = &["错误", "异常", "失败", "error", "fail"];

/// Words beside the name in a heading.
const KINDS: &str = "object objects 对象 事件 event 结构 结构体 struct 参数 说明 字段";

/// `name` as it is used for keys: the identifier of a heading such as `Chat Object` or
/// `Message 事件`.
pub fn object_name(heading: &str) -> Option<String> {
    let text = heading.replace(['`', '*', '#'], " ").replace("\\_", "_");
    let mut words = text
        .split_whitespace()
        .filter(|word| !listed(KINDS, &word.to_lowercase()));
    let name = words.next()?;
    let kinds = ["对象", "事件", "结构体"];
    let name = kinds
        .iter()
        .find_map(|kind| name.strip_suffix(kind))
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
