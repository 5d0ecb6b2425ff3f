//! HTML tables: cells may span rows and columns, and may hold tables.

use super::Grid;
use crate::capture::fault::Fault;
use crate::capture::model::Cell;
use crate::capture::text::Source;

/// A table that is not closed yet.
#[derive(Default)]
struct Open {
    rows: Vec<Vec<Item>>,
    cell: Option<Item>,
}

/// A cell that may span columns and rows.
#[derive(Clone)]
struct Item {
    cell: Cell,
    across: usize,
    down: usize,
}

/// Reads all tables between two lines, inner tables after the outer one. Gives the rows they have
/// in the text and their cells, header first.
pub(super) fn tables(
    source: &Source,
    first: usize,
    last: usize,
) -> Result<Vec<(usize, Grid)>, Fault> {
    let mut open: Vec<Open> = Vec::new();
    let mut done = Vec::new();
    for line in first..=last {
        let text = source.text(line);
        let mut at = 0;
        while let Some(start) = text[at..].find('<').map(|found| at + found) {
            let Some(end) = text[start..].find('>').map(|found| start + found) else {
                break;
            };
            push(&mut open, &text[at..start]);
            at = end + 1;
            let tag = &text[start + 1..end];
            let name = tag
                .split(|c: char| !c.is_ascii_alphanumeric() && c != '/')
                .next();
            match name.unwrap_or("").to_ascii_lowercase().as_str() {
                "table" => open.push(Open::default()),
                "tr" => match open.last_mut() {
                    Some(table) => table.rows.push(Vec::new()),
                    None => return Err(source.fault(line, "<tr", "a row outside an HTML table")),
                },
                "td" | "th" => match open.last_mut() {
                    Some(table) if !table.rows.is_empty() => {
                        table.cell = Some(Item {
                            cell: Cell::new("", line, source.column(line, at)),
                            across: span(tag, "colspan"),
                            down: span(tag, "rowspan"),
                        });
                    }
                    _ => {
                        let message = "a cell outside a row of an HTML table";
                        return Err(source.fault(line, tag, message));
                    }
                },
                "/td" | "/th" => {
                    if let Some(table) = open.last_mut()
                        && let (Some(cell), Some(row)) = (table.cell.take(), table.rows.last_mut())
                    {
                        row.push(cell);
                    }
                }
                "/table" => {
                    let table = open.pop().unwrap_or_default();
                    done.push((table.rows.len(), expand(table.rows)));
                }
                "br" | "br/" | "p" | "/p" | "li" => push(&mut open, " <br> "),
                _ => {}
            }
        }
        push(&mut open, &text[at..]);
        push(&mut open, " ");
    }
    done.reverse();
    Ok(done)
}

fn push(open: &mut [Open], text: &str) {
    if let Some(item) = open.last_mut().and_then(|table| table.cell.as_mut()) {
        item.cell.text.push_str(text);
    }
}

/// The number an attribute gives.
fn span(tag: &str, name: &str) -> usize {
    let value = tag.split(name).nth(1).unwrap_or("");
    let value = value.trim_start_matches(['=', '"', '\'', ' ']);
    let digits = value.split(|c: char| !c.is_ascii_digit()).next();
    digits.unwrap_or("").parse().unwrap_or(1).clamp(1, 100)
}

/// Repeats cells that span rows and columns; all rows get the width of the first.
fn expand(rows: Vec<Vec<Item>>) -> Grid {
    let mut hanging: Vec<Item> = Vec::new();
    let mut out: Grid = Vec::new();
    for row in rows {
        let mut cells: Vec<Cell> = Vec::new();
        let mut items = row.into_iter();
        loop {
            // A cell of a row above that still hangs into this column.
            if let Some(item) = hanging.get_mut(cells.len()).filter(|item| item.down > 0) {
                item.down -= 1;
                cells.push(item.cell.clone());
                continue;
            }
            let Some(item) = items.next() else { break };
            for _ in 0..item.across {
                let at = cells.len();
                let free = Item {
                    down: 0,
                    ..item.clone()
                };
                hanging.resize(hanging.len().max(at + 1), free);
                hanging[at] = Item {
                    down: item.down - 1,
                    ..item.clone()
                };
                cells.push(item.cell.clone());
            }
        }
        let width = out.first().map_or(cells.len(), Vec::len);
        let place = cells
            .first()
            .map_or((1, 1), |cell| (cell.line, cell.column));
        cells.resize(width, Cell::new("", place.0, place.1));
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
        let texts: Vec<&str> = grids[0].1[2].iter().map(|cell| cell.text.trim()).collect();
        assert_eq!(texts, ["x", "2"]);
        assert_eq!((grids[0].0, grids[1].0), (3, 1));
    }
}
