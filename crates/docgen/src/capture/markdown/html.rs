//! HTML tables: cells may span rows and columns, and may hold tables.

use super::super::fault::Fault;
use super::super::text::Source;

/// The cells of a table, header first, and the `<tr` it took.
pub(super) struct Grid {
    pub(super) cells: Vec<Vec<(String, usize, usize)>>,
    pub(super) rows: usize,
}

struct Open {
    rows: Vec<Vec<Item>>,
    cell: Option<Item>,
    row: usize,
}

#[derive(Clone)]
struct Item {
    text: String,
    line: usize,
    column: usize,
    across: usize,
    down: usize,
}

/// Reads all tables between two lines, inner tables after the outer one.
pub(super) fn tables(source: &Source, first: usize, last: usize) -> Result<Vec<Grid>, Fault> {
    let mut open: Vec<Open> = Vec::new();
    let mut done = Vec::new();
    for line in first..=last {
        let text = source.text(line);
        let mut rest = text;
        while !rest.is_empty() {
            let at = text.len() - rest.len();
            let Some(start) = rest.find('<') else {
                push(&mut open, rest);
                break;
            };
            push(&mut open, &rest[..start]);
            let Some(end) = rest[start..].find('>') else {
                push(&mut open, &rest[start..]);
                break;
            };
            let tag = &rest[start + 1..start + end];
            rest = &rest[start + end + 1..];
            let name: String = tag
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '/')
                .collect();
            match name.to_ascii_lowercase().as_str() {
                "table" => open.push(Open {
                    rows: Vec::new(),
                    cell: None,
                    row: 0,
                }),
                "tr" => {
                    let Some(table) = open.last_mut() else {
                        return Err(source.fault(line, "<tr", "a row outside an HTML table"));
                    };
                    table.row += 1;
                    table.rows.push(Vec::new());
                }
                "td" | "th" => {
                    let item = Item {
                        text: String::new(),
                        line,
                        column: source.column(line, at + start + end + 1),
                        across: span(tag, "colspan"),
                        down: span(tag, "rowspan"),
                    };
                    match open.last_mut() {
                        Some(table) if !table.rows.is_empty() => table.cell = Some(item),
                        _ => {
                            return Err(source.fault(
                                line,
                                tag,
                                "a cell outside a row of an HTML table",
                            ));
                        }
                    }
                }
                "/td" | "/th" => {
                    if let Some(table) = open.last_mut()
                        && let (Some(cell), Some(row)) = (table.cell.take(), table.rows.last_mut())
                    {
                        row.push(cell);
                    }
                }
                "/table" => {
                    if let Some(table) = open.pop() {
                        done.push(Grid {
                            rows: table.row,
                            cells: expand(table.rows),
                        });
                    }
                }
                "br" | "br/" | "p" | "/p" | "li" => push(&mut open, " <br> "),
                _ => {}
            }
        }
        push(&mut open, " ");
    }
    done.reverse();
    Ok(done)
}

fn push(open: &mut [Open], text: &str) {
    if let Some(cell) = open.last_mut().and_then(|table| table.cell.as_mut()) {
        cell.text.push_str(text);
    }
}

fn span(tag: &str, name: &str) -> usize {
    let value = tag
        .split(name)
        .nth(1)
        .map(|rest| rest.trim_start_matches(['=', '"', '\'', ' ']));
    let digits: String = value
        .unwrap_or("")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(1).clamp(1, 100)
}

/// Repeats cells that span rows and columns; all rows get the width of the first.
fn expand(rows: Vec<Vec<Item>>) -> Vec<Vec<(String, usize, usize)>> {
    let mut hanging: Vec<Option<(Item, usize)>> = Vec::new();
    let mut out: Vec<Vec<(String, usize, usize)>> = Vec::new();
    for row in rows {
        let mut cells: Vec<Item> = Vec::new();
        let mut items = row.into_iter().peekable();
        loop {
            let at = cells.len();
            if let Some(Some((item, left))) = hanging.get_mut(at).filter(|slot| slot.is_some()) {
                cells.push(item.clone());
                *left -= 1;
                if *left == 0 {
                    hanging[at] = None;
                }
                continue;
            }
            let Some(item) = items.next() else { break };
            for _ in 0..item.across {
                let at = cells.len();
                if item.down > 1 {
                    hanging.resize(hanging.len().max(at + 1), None);
                    hanging[at] = Some((item.clone(), item.down - 1));
                }
                cells.push(item.clone());
            }
        }
        let width = out.first().map_or(cells.len(), Vec::len);
        let (line, column) = cells
            .first()
            .map_or((1, 1), |item| (item.line, item.column));
        let mut cells: Vec<(String, usize, usize)> = cells
            .into_iter()
            .map(|item| (item.text, item.line, item.column))
            .collect();
        cells.resize(width, (String::new(), line, column));
        out.push(cells);
    }
    out.retain(|row| !row.is_empty());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_repeated_and_inner_tables_found() {
        let text = "<table><tr><th>a</th><th>b</th></tr><tr><td rowspan=\"2\">x</td><td>1</td></tr>\n<tr><td>2<table><tr><td>i</td></tr></table></td></tr></table>";
        let source = Source::new("x", text.as_bytes()).expect("UTF-8");
        let grids = tables(&source, 1, 2).expect("reads");
        assert_eq!(grids.len(), 2);
        let texts: Vec<&str> = grids[0].cells[2]
            .iter()
            .map(|(text, ..)| text.trim())
            .collect();
        assert_eq!(texts, ["x", "2"]);
        assert_eq!((grids[0].rows, grids[1].rows), (3, 1));
    }
}
