//! Format A: a whole page, cells separated by lines that hold one TAB.

use super::{Reader, next_filled};
use crate::capture::fault::Fault;
use crate::capture::model::Cell;
use crate::capture::text::Source;
use crate::capture::words::{self, Column};

/// Whether the text has the mark of this format.
pub(super) fn detect(source: &Source) -> bool {
    (1..source.lines.len()).any(|line| {
        words::is_name_word(source.text(line))
            && next_filled(source, line + 1, usize::MAX).is_some_and(|at| source.text(at) == "\t")
    })
}

impl Reader<'_> {
    /// What stands around the article: navigation before, links to neighbours and outline behind.
    pub(super) fn frame(&mut self) -> Result<(), Fault> {
        let source = self.b.source;
        let count = source.lines.len();
        let last = |word: &str| {
            (1..=count)
                .rev()
                .find(|line| source.text(*line).trim() == word)
        };
        let Some(menu) = last("大纲") else {
            return Err(Fault::new(1, 1, "no line `大纲` ends the navigation")
                .help("capture the whole page, with its outline"));
        };
        let footer = last("上一篇").or_else(|| last("下一篇"));
        let Some(footer) = footer.filter(|line| *line > menu) else {
            return Err(source
                .fault(source.line_count(), "", "no line `上一篇` ends the article")
                .help("capture the whole page, down to the links to its neighbours"));
        };
        for line in 1..=menu {
            match source.text(line).trim() {
                "" => {}
                url if line == 1 && url.starts_with("http") => {
                    self.b.page.source = Some(url.to_owned());
                }
                title => self.b.page.menu.push(title.to_owned()),
            }
        }
        let mut filled = (footer..=count).filter(|line| !source.is_blank(*line));
        while let Some(line) = filled.next() {
            match source.text(line).trim() {
                "上一篇" | "下一篇" => drop(filled.next()),
                "rangeDom" => {}
                text => self.outline.push((text.to_owned(), line)),
            }
        }
        self.outline.reverse();
        self.b.mark(1..=menu);
        self.b.mark(footer..=count);
        (self.at, self.start, self.end) = (menu + 1, menu + 1, footer);
        Ok(())
    }

    fn separator(&self, line: usize) -> Option<usize> {
        self.filled(line + 1)
            .filter(|next| self.text(*next) == "\t")
    }

    /// Whether a line is followed by a separator: it starts a row or a header.
    pub(super) fn starts_tab_row(&self, line: usize) -> bool {
        self.text(line) != "\t" && self.separator(line).is_some()
    }

    /// Whether a row is a header: `name`, `parameters` and the like are names of fields as well.
    fn starts_header(&self, line: usize) -> bool {
        let second = self.separator(line).and_then(|tab| self.filled(tab + 1));
        words::is_name_word(self.text(line))
            && second.is_some_and(|line| words::column(self.trimmed(line)) != Column::Other)
    }

    /// The header at a line, and its last line.
    pub(super) fn tab_header(&self, first: usize) -> Result<(Vec<String>, usize), Fault> {
        let text = self.trimmed(first);
        if self.text(first) == "\t" {
            let fault = self
                .b
                .source
                .fault(first, "\t", "a separator outside a table");
            return Err(fault.help("the name of its row, or the separator before it, is missing"));
        }
        if !words::is_name_word(text) {
            return Err(self.fault(first, format!("`{text}` starts a table without a header")));
        }
        let (mut header, mut last) = (vec![text.to_owned()], first);
        while let Some(tab) = self.separator(last) {
            let Some(word) = self.filled(tab + 1).filter(|line| self.text(*line) != "\t") else {
                return Err(self.b.source.fault(tab, "\t", "an empty header cell"));
            };
            let text = self.trimmed(word);
            if words::column(text) == Column::Other {
                return Err(self.fault(word, format!("`{text}` is no known column")));
            }
            header.push(text.to_owned());
            last = word;
        }
        Ok((header, last))
    }

    /// The next row of a table with so many columns; `None` at its end.
    pub(super) fn tab_row(
        &mut self,
        width: usize,
        first: bool,
    ) -> Result<Option<Vec<Cell>>, Fault> {
        let Some(start) = self.filled(self.at) else {
            return Ok(None);
        };
        let closed = start - self.at >= 3 && !first;
        let row = self.starts_tab_row(start);
        if !row || self.starts_header(start) {
            return if closed || (first && !row) {
                Ok(None)
            } else if row {
                Err(self.fault(
                    start,
                    "a header inside a table: the table above is not closed",
                ))
            } else {
                Err(self.fault(start, "neither a row nor the end of the table"))
            };
        }
        let mut cells = vec![self.b.source.cell(start)];
        let mut at = start;
        while cells.len() < width {
            let Some(tab) = self.separator(at) else {
                let (name, found) = (self.trimmed(start), cells.len());
                let message = format!("row `{name}` has {found} cells, the header has {width}");
                return Err(self.fault(start, message));
            };
            self.counted += 1;
            let lines = self.cell_lines(tab + 1, cells.len() + 1 == width, start)?;
            at = lines.last().copied().unwrap_or(tab);
            cells.push(self.joined(&lines));
        }
        self.at = at + 1;
        Ok(Some(cells))
    }

    /// The lines of a cell. The last one of a row ends before the next row, or at the end of the
    /// table.
    fn cell_lines(&self, from: usize, last: bool, row: usize) -> Result<Vec<usize>, Fault> {
        let mut lines: Vec<usize> = Vec::new();
        let mut before = from;
        while let Some(at) = self.filled(before).filter(|at| self.text(*at) != "\t") {
            let blanks = at - before;
            let next_row = || self.starts_tab_row(at) && (blanks >= 2 || !lines.is_empty());
            if last && (blanks >= 3 || next_row()) {
                break;
            }
            if !last && blanks >= 2 && !lines.is_empty() {
                let message = format!("row `{}` lacks a separator", self.trimmed(row));
                return Err(self.fault(row, message));
            }
            lines.push(at);
            before = at + 1;
        }
        Ok(lines)
    }
}
