//! T701 to T704: words of a description against its type.

use super::kinds::place;
use super::{Finding, push};
use crate::capture::hints::{self, Time};
use crate::capture::model::{Format, Page};
use crate::capture::types::TypeExpr;
use crate::capture::words;

pub(super) fn check(page: &Page, out: &mut Vec<Finding>) {
    for table in page.tables.iter().filter(|table| table.has_types()) {
        for row in &table.rows {
            let text = &row.text.text;
            let at = || place(table, &row.name.text);
            let line = row.text.line.max(row.name.line);
            match row.kind() {
                Some(TypeExpr::Map(_)) if words::has_any(text, &["数组", "array of"]) => {
                    push(
                        out,
                        "T701",
                        table.op,
                        at(),
                        line,
                        "a map, described as an array".to_owned(),
                    );
                }
                Some(TypeExpr::List(_)) if words::has_any(text, &["键值对", "key-value"]) => {
                    push(
                        out,
                        "T701",
                        table.op,
                        at(),
                        line,
                        "a list, described as a map".to_owned(),
                    );
                }
                Some(TypeExpr::Str)
                    if matches!(
                        hints::time(text),
                        Some(Time::Unix | Time::Seconds | Time::Milliseconds)
                    ) =>
                {
                    push(
                        out,
                        "T703",
                        table.op,
                        at(),
                        line,
                        "a text, described as Unix time".to_owned(),
                    );
                }
                _ => {}
            }
            coordinate(&row.name.text, text, line, table.op, &at(), out);
            for (offset, one) in text.lines().enumerate() {
                for (key, words) in hints::keys(one) {
                    let line = if page.format == Format::Official {
                        line
                    } else {
                        line + offset
                    };
                    coordinate(
                        &key,
                        &words,
                        line,
                        table.op,
                        &format!("{}.{key}", at()),
                        out,
                    );
                }
            }
            if page.format == Format::D
                && row.keyword_values.is_empty()
                && hints::code_values(text).len() >= 2
            {
                push(
                    out,
                    "T704",
                    table.op,
                    at(),
                    line,
                    "values in words only".to_owned(),
                );
            }
        }
    }
}

fn coordinate(
    key: &str,
    text: &str,
    line: usize,
    op: Option<usize>,
    at: &str,
    out: &mut Vec<Finding>,
) {
    let wrong = match key {
        "latitude" => text.contains("经度") && !text.contains("纬度"),
        "longitude" => text.contains("纬度") && !text.contains("经度"),
        _ => false,
    };
    if wrong {
        push(
            out,
            "T702",
            op,
            at.to_owned(),
            line,
            "described as the other coordinate".to_owned(),
        );
    }
}
