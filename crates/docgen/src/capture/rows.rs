//! From cells to rows, and from endpoint rows to operations.

use super::fault::Fault;
use super::model::{Address, Cell, Operation, Row};
use super::text::Source;
use super::types::{self, TypeExpr};
use super::words::{self, Column, EndpointKey};

/// Marks of nesting that stand before a name.
const NESTING: &[char] = &['»', '└', '├', '─', '>', '→', '↳', '·', '•', '∟'];

/// Takes marks of nesting and remarks off a name. Gives the name and its depth.
pub(crate) fn clean_name(text: &str) -> (String, usize) {
    let flat = words::squeeze(&text.replace("\\_", "_"));
    let is_mark = |c: char| NESTING.contains(&c) || c == ' ';
    let rest = flat.trim_start_matches(is_mark);
    let marks = &flat[..flat.len() - rest.len()];
    let depth = match marks.chars().filter(|c| matches!(c, '»' | '>')).count() {
        0 => usize::from(!marks.is_empty()),
        count => count,
    };
    let in_name = |c: char| c.is_ascii_alphanumeric() || "_.-[]$*:".contains(c);
    let remark = rest.trim_start_matches(in_name);
    let word = rest[..rest.len() - remark.len()].trim_end_matches(':');
    // `name（remark）` and `name remark` keep the name; a name in words is kept whole.
    let whole = !remark.is_empty() && !remark.trim_start().starts_with(['（', '(']);
    let name = if word.is_empty() || whole { rest } else { word };
    (name.to_owned(), depth)
}

/// Makes a row of cells, one for each column.
///
/// # Errors
///
/// When a type or a word of presence is not understood.
pub(crate) fn build(
    source: &Source,
    columns: &[Column],
    cells: &[Cell],
    lone_names: bool,
) -> Result<Row, Fault> {
    let mut row = Row::named(cells.first().cloned().unwrap_or_default());
    let typed = columns.contains(&Column::Type);
    if typed {
        let (name, depth) = clean_name(&row.name.text);
        row.name.text = name;
        row.depth = depth;
    }
    if row.name.text.is_empty() && typed {
        row.empty.push(Column::Name);
    }
    for (column, cell) in columns.iter().zip(cells).skip(1) {
        match column {
            Column::Type => row.ty = Some((cell.clone(), read_type(source, cell, lone_names)?)),
            Column::Presence | Column::Absence => {
                let flat = cell.flat();
                let said = words::presence(&flat, *column).ok_or_else(|| {
                    place(
                        source,
                        cell,
                        &format!("`{flat}` is no word for required or optional"),
                    )
                    .help(
                        "known words: 必选, 必填, 是, 可选, 选填, 否, required, optional, yes, no",
                    )
                })?;
                row.presence = Some((cell.clone(), said));
            }
            Column::Example if !words::is_placeholder(&cell.text) => {
                row.example = Some(cell.clone());
            }
            Column::Text if row.text.text.is_empty() => row.text = cell.clone(),
            // That a placeholder is there belongs to the fingerprint.
            _ if *column != Column::Example || !cell.text.is_empty() => {
                row.others.push(cell.clone());
            }
            _ => {}
        }
        let filled = matches!(column, Column::Type | Column::Presence | Column::Absence);
        if filled && cell.text.trim().is_empty() {
            row.empty.push(*column);
        }
    }
    Ok(row)
}

fn read_type(source: &Source, cell: &Cell, lone_names: bool) -> Result<TypeExpr, Fault> {
    let flat = cell.flat();
    if words::is_placeholder(&flat) {
        return Ok(TypeExpr::Any);
    }
    types::parse(&flat, lone_names).ok_or_else(|| {
        place(
            source,
            cell,
            &format!("`{flat}` is not understood as a type"),
        )
        .help(
            "known: String, Integer, Long, Number, Double, Boolean, Object, File, JSON Map, \
             Map[…][…], Object of X, Array of X",
        )
    })
}

/// A fault at a cell.
pub(crate) fn place(source: &Source, cell: &Cell, message: &str) -> Fault {
    let mut lines = cell.text.lines().map(str::trim);
    let first = lines.find(|line| !line.is_empty()).unwrap_or("");
    let width = source.text(cell.line).chars().count().max(1);
    let mut fault = Fault::new(cell.line, cell.column, message);
    fault.length = first.chars().count().clamp(1, width);
    fault
}

/// Takes a row of an endpoint table into its operation. Gives the server, when the row names one.
pub(crate) fn endpoint(op: &mut Operation, key: &Cell, value: &Cell) -> Option<String> {
    match words::endpoint_key(&key.flat())? {
        EndpointKey::Method => {
            let word = value.text.split_whitespace().next();
            op.method = word.unwrap_or("").to_uppercase();
        }
        EndpointKey::Url => {
            op.addresses = addresses(value);
            return op.addresses.first().and_then(|one| server(&one.url));
        }
        EndpointKey::Scope => {
            let end = |c: char| c.is_whitespace() || matches!(c, '，' | '。' | '`');
            let token = value.text.split(end).find(|word| !word.is_empty());
            op.scope = token
                .filter(|word| words::is_identifier(word))
                .map(str::to_owned);
        }
        EndpointKey::Other => {}
    }
    None
}

/// All addresses in a cell.
pub(crate) fn addresses(cell: &Cell) -> Vec<Address> {
    let end = |c: char| c.is_whitespace() || "`，。；）\"'".contains(c);
    let mut found = Vec::new();
    for (index, line) in cell.text.lines().enumerate() {
        let mut rest = line;
        let schemes = ["https://", "http://", "wss://", "ws://"];
        while let Some(at) = schemes.iter().filter_map(|one| rest.find(one)).min() {
            let url = rest[at..].split(end).next().unwrap_or("");
            found.push(Address::new(url, cell.line + index));
            rest = &rest[at + url.len()..];
        }
    }
    let path = || {
        cell.text
            .split_whitespace()
            .find(|word| word.starts_with('/'))
    };
    if found.is_empty() {
        found.extend(path().map(|path| Address::new(path, cell.line)));
    }
    found
}

impl Address {
    /// An address as written, at a line.
    pub(crate) fn new(url: &str, line: usize) -> Self {
        Self {
            url: url.to_owned(),
            path: path_of(url),
            line,
        }
    }
}

impl Operation {
    /// The path that a call in an example goes to: placeholders and masks match anything.
    pub(crate) fn called_as(&self, url: &str) -> Option<&str> {
        let path = path_of(url);
        let fits = |template: &&str| {
            let (left, right) = (template.split('/'), path.split('/'));
            let same = |(left, right): (&str, &str)| {
                left.starts_with('{') || left == right || right.contains('*')
            };
            left.clone().count() == right.clone().count() && left.zip(right).all(same)
        };
        let mut paths = self.addresses.iter().map(|one| one.path.as_str());
        paths.find(fits)
    }
}

/// Scheme and host of an address.
pub(crate) fn server(url: &str) -> Option<String> {
    let start = url.find("://")? + 3;
    let end = url[start..].find('/').map_or(url.len(), |at| at + start);
    Some(url[..end].to_owned())
}

/// Path of an address, placeholders as `{name}`.
pub(crate) fn path_of(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let path = url[start..].find('/').map_or("", |at| &url[start + at..]);
    let path = if start == 0 { url } else { path };
    let path = path.split(['?', '#']).next().unwrap_or("");
    path.split('/')
        .map(|part| {
            if let Some(name) = part.strip_prefix(':') {
                return format!("{{{name}}}");
            }
            let bare = part.trim_matches('*').trim_start_matches('$');
            if bare.starts_with('{') && bare.ends_with('}') {
                bare.to_owned()
            } else {
                let name = bare
                    .strip_prefix('<')
                    .and_then(|rest| rest.strip_suffix('>'));
                name.map_or_else(|| part.to_owned(), |name| format!("{{{name}}}"))
            }
        })
        .collect::<Vec<_>>()
        .join("/")
}

/// Names of the placeholders of a path.
pub(crate) fn placeholders(path: &str) -> Vec<&str> {
    path.split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_marks_and_remarks() {
        assert_eq!(clean_name("»token_count"), ("token_count".to_owned(), 1));
        assert_eq!(clean_name("bot\\_id"), ("bot_id".to_owned(), 0));
        assert_eq!(clean_name("role（必选）"), ("role".to_owned(), 0));
        assert_eq!(clean_name("data[].id"), ("data[].id".to_owned(), 0));
    }

    #[test]
    fn placeholders_in_all_spellings() {
        assert_eq!(
            path_of("https://api.coze.cn/v1/w/:id/x/*${a}*/{b}?q=1"),
            "/v1/w/{id}/x/{a}/{b}"
        );
        assert_eq!(placeholders("/v1/{id}/x/{a}"), ["id", "a"]);
        assert_eq!(
            server("https://api.coze.cn/v1").as_deref(),
            Some("https://api.coze.cn")
        );
    }
}
