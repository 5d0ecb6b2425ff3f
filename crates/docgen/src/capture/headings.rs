//! From headings to the meaning of what stands under them.

use super::model::{Role, Side};
use super::words::{self, Column};

/// What a table under these headings (outer to inner) describes.
pub(crate) fn role(headings: &[&str], header: &[String], columns: &[Column], method: &str) -> Role {
    let inner = headings.last().copied().unwrap_or("");
    let typed = columns.contains(&Column::Type);
    let named = header.first().is_some_and(|word| words::is_name_word(word));
    if !typed && !(named && (columns.contains(&Column::Example) || columns.contains(&Column::Text)))
    {
        return Role::Other(slug(inner));
    }
    if let Some(role) = exact(inner) {
        return role;
    }
    if let Some(name) = words::object_name(inner).filter(|_| typed) {
        return Role::Object(name);
    }
    for heading in headings.iter().rev() {
        if words::is_example_heading(heading) {
            break;
        }
        if let Some(role) = exact(heading).or_else(|| worded(heading, method)) {
            return role;
        }
    }
    Role::Other(slug(inner))
}

fn exact(heading: &str) -> Option<Role> {
    let bare = words::bare(heading);
    Some(match bare.trim_end_matches(['：', ':']) {
        "header" | "headers" | "requestheader" | "requestheaders" => Role::Header,
        "path" | "pathparameters" | "pathparameter" | "pathparams" | "path参数" => Role::Path,
        "query" | "queryparameters" | "queryparameter" | "queryparams" | "query参数" => {
            Role::Query
        }
        "body" | "requestbody" | "bodyparameters" | "body参数" => Role::Body,
        "response" | "responses" | "returns" | "responseparameters" | "returnparameters"
        | "responsebody" => Role::Response,
        _ => return None,
    })
}

fn worded(heading: &str, method: &str) -> Option<Role> {
    let parameters = if method == "GET" {
        Role::Query
    } else {
        Role::Body
    };
    let roles = [
        (Role::Path, &["path", "路径"][..]),
        (Role::Query, &["query", "查询参数"]),
        (Role::Header, &["header", "请求头"]),
        (Role::Body, &["body", "请求体"]),
        (Role::Response, words::RESPONSE),
        (parameters, &["请求参数", "request parameter", "入参"]),
    ];
    let found = roles
        .into_iter()
        .find(|(_, list)| words::has_any(heading, list));
    found.map(|(role, _)| role)
}

/// The ASCII words of a heading, for keys of tables without a role.
pub(crate) fn slug(heading: &str) -> String {
    let words = heading.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    let slug = words.join("-").to_lowercase();
    if slug.is_empty() {
        "table".to_owned()
    } else {
        slug
    }
}

/// Which way an example goes: label of its tab first, then headings from inner to outer, then a
/// short line above it.
pub(crate) fn side(headings: &[&str], tab: &str, label: &str) -> Side {
    let inner = headings.last().copied().unwrap_or("");
    if exact(inner).is_none()
        && !words::is_example_heading(inner)
        && let Some(name) = words::object_name(inner)
    {
        return Side::Object(name);
    }
    let label = Some(label).filter(|label| label.chars().count() <= 40);
    let headings = headings.iter().rev().copied();
    let texts = std::iter::once(tab).chain(headings).chain(label);
    for text in texts {
        if words::has_any(text, words::RESPONSE) {
            return Side::Response;
        }
        if words::has_any(text, words::REQUEST) {
            return Side::Request;
        }
    }
    Side::Other
}

/// Whether the headings announce the response of a failed call that has no table of its own.
pub(crate) fn error_response(headings: &[&str]) -> bool {
    let inner = headings.last().copied().unwrap_or("");
    !words::is_example_heading(inner)
        && headings
            .iter()
            .any(|heading| words::has_any(heading, words::ERROR))
}

/// `field` and value of a heading or text such as: `async` is `true`.
pub(crate) fn condition(heading: &str) -> Option<(String, String)> {
    let mut spans = heading.split('`').skip(1).step_by(2);
    let (field, value) = (spans.next()?, spans.next()?);
    let between = heading.split('`').nth(2)?.trim();
    (spans.next().is_none() && matches!(between, "为" | "是" | "=" | "is"))
        .then(|| (field.to_owned(), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_of_headings() {
        let header: Vec<String> = ["参数", "类型", "说明"].map(str::to_owned).into();
        let columns = words::columns(&header);
        let role = |headings: &[&str]| role(headings, &header, &columns, "POST").key().to_owned();
        assert_eq!(role(&["x", "返回参数"]), "response");
        assert_eq!(role(&["x", "返回参数", "UserInfo"]), "UserInfo");
        assert_eq!(role(&["4. 请求参数（Request Body）"]), "body");
        assert_eq!(role(&["x", "Message 事件"]), "Message");
        assert_eq!(role(&["请求参数"]), "body");
        assert_eq!(role(&["返回结果", "5.1 同步（`a` 为 `b`）"]), "response");
    }

    #[test]
    fn conditions_in_headings() {
        assert_eq!(
            condition("5.1 同步（`async` 为 `false`）"),
            Some(("async".to_owned(), "false".to_owned()))
        );
        assert_eq!(condition("`a`"), None);
    }
}
