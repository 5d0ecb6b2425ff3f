//! T701 to T704: words of a description against its type.

use super::hits::Hits;
use crate::capture::hints::{self, Time};
use crate::capture::model::{Format, Page, Row, Table};
use crate::capture::types::TypeExpr;
use crate::capture::words;

pub(super) fn check(page: &Page, hits: &mut Hits) {
    for table in page.typed() {
        for row in &table.rows {
            let (text, name) = (row.text.text.as_str(), row.name.text.as_str());
            let line = row.text.line.max(row.name.line);
            if let Some((rule, message)) = against_type(row, text) {
                hits.field(rule, table, name, line, message);
            }
            coordinate(name, text, table, name, line, hits);
            for (offset, one) in text.lines().enumerate() {
                for (key, words) in hints::keys(one) {
                    let offset = if page.format == Format::Official {
                        0
                    } else {
                        offset
                    };
                    let place = format!("{name}.{key}");
                    coordinate(&key, &words, table, &place, line + offset, hits);
                }
            }
            let unlisted = page.format == Format::D && row.keyword_values.is_empty();
            if unlisted && hints::code_values(text).len() >= 2 {
                hits.field("T704", table, name, line, "values in words only");
            }
        }
    }
}

fn against_type(row: &Row, text: &str) -> Option<(&'static str, &'static str)> {
    // What an example of a value shows is no word about the type.
    let about = words::before_any(text, &["示例", "例如", "example"]);
    let unix = || !matches!(hints::time(text), None | Some(Time::Iso));
    match row.kind()? {
        TypeExpr::Map(_) if words::has_any(about, &["数组", "array of"]) => {
            Some(("T701", "a map, described as an array"))
        }
        TypeExpr::List(_) if words::has_any(about, &["键值对", "key-value"]) => {
            Some(("T701", "a list, described as a map"))
        }
        TypeExpr::Str if unix() => Some(("T703", "a text, described as Unix time")),
        _ => None,
    }
}

fn coordinate(key: &str, text: &str, table: &Table, place: &str, line: usize, hits: &mut Hits) {
    let wrong = match key {
        "latitude" => text.contains("经度") && !text.contains("纬度"),
        "longitude" => text.contains("纬度") && !text.contains("经度"),
        _ => false,
    };
    if wrong {
        hits.field(
            "T702",
            table,
            place,
            line,
            "described as the other coordinate",
        );
    }
}
