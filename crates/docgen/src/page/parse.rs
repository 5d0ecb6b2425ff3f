//! The top level of a page: title, introduction, endpoint, sections.

use super::{
    ast::{
        CODE_CLASSES, CODE_OUTCOMES, CODE_RETRIES, CodeRow, CodeSection, Deviation, IdRow, Page,
        Role, Section,
    },
    blocks::{self, Block, Row, Table},
    cell::{self, Piece, code, is_snake, is_type_name, text},
    endpoint, examples, sections,
};
use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    rules::{READER, explain},
    source::{FileId, Sources, Span, Spanned},
};

/// The blocks of a page, read from front to back.
pub(super) struct Reader<'a> {
    blocks: std::iter::Peekable<std::vec::IntoIter<Block>>,
    pub(super) diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    pub(super) fn next(&mut self) -> Option<Block> {
        self.blocks.next()
    }

    /// The next block if it is a heading of this level.
    pub(super) fn heading(&mut self, level: u8) -> Option<Spanned<String>> {
        match self
            .blocks
            .next_if(|b| matches!(b, Block::Heading(l, _) if *l == level))
        {
            Some(Block::Heading(_, text)) => Some(text),
            _ => None,
        }
    }

    /// The next block if it is a fenced one.
    pub(super) fn next_if_code(&mut self) -> Option<Block> {
        self.blocks.next_if(|b| matches!(b, Block::Code(..)))
    }

    /// The paragraphs that come next.
    pub(super) fn prose(&mut self) -> Vec<Spanned<String>> {
        let mut out = Vec::new();
        while let Some(Block::Prose(text)) = self.blocks.next_if(|b| matches!(b, Block::Prose(_))) {
            out.push(text);
        }
        out
    }

    /// The table that comes next; a missing one is reported at `after`.
    pub(super) fn table(&mut self, after: Span, columns: &[&[&str]]) -> Option<Table> {
        if let Some(Block::Table(table)) = self.blocks.next_if(|b| matches!(b, Block::Table(_))) {
            self.columns(&table, columns).then_some(table)
        } else {
            let expected = shapes(columns);
            self.diagnostics.push(
                Diagnostic::new("D022", after, "no table follows")
                    .label(format!("expected a table with the columns {expected}")),
            );
            None
        }
    }

    fn columns(&mut self, table: &Table, allowed: &[&[&str]]) -> bool {
        let found: Vec<&str> = table.header.cells.iter().map(Spanned::as_str).collect();
        let fits = allowed.contains(&found.as_slice());
        if !fits {
            self.diagnostics.push(
                Diagnostic::new("D023", table.header.span, "wrong columns")
                    .label(format!("expected {}", shapes(allowed))),
            );
        }
        fits
    }

    /// Notes the error and goes on without the value.
    pub(super) fn keep<T>(&mut self, result: Result<T, Diagnostic>) -> Option<T> {
        result.map_err(|error| self.diagnostics.push(error)).ok()
    }

    /// Reports blocks up to the next heading that is not deeper than `level`.
    pub(super) fn nothing_more(&mut self, level: u8, place: &str) {
        while let Some(block) = self
            .blocks
            .next_if(|b| !matches!(b, Block::Heading(l, _) if *l <= level))
        {
            let what = match &block {
                Block::Heading(..) => "a heading of this depth",
                Block::Prose(_) => "text",
                Block::Table(_) => "a table",
                Block::Code(..) => "a fenced block",
                Block::Other(what, _) => what,
            };
            let code = if matches!(block, Block::Heading(..)) {
                "D001"
            } else {
                "D020"
            };
            self.diagnostics.push(
                Diagnostic::new(code, block.span(), format!("{what} has no place here"))
                    .label(format!("not allowed {place}")),
            );
        }
    }
}

fn shapes(columns: &[&[&str]]) -> String {
    let shape = |c: &&[&str]| format!("| {} |", c.join(" | "));
    columns.iter().map(shape).collect::<Vec<_>>().join(" or ")
}

/// Reads a page. What is not understood is reported, and `None` means that not even a title is there.
pub fn parse(sources: &Sources, file: FileId, diagnostics: &mut Diagnostics) -> Option<Page> {
    let text = &sources.file(file).text;
    let blocks = blocks::read(file, text, diagnostics);
    let mut reader = Reader {
        blocks: blocks.into_iter().peekable(),
        diagnostics,
    };
    let Some(title) = reader.heading(1).filter(|t| !t.value.is_empty()) else {
        let first = Span::new(file, 0..text.lines().next().unwrap_or_default().len());
        reader.diagnostics.push(
            Diagnostic::new("D002", first, "page does not begin with its title")
                .label("expected `# Title`"),
        );
        return None;
    };
    let intro = reader.prose();
    if intro.is_empty() {
        reader.diagnostics.push(
            Diagnostic::new("D036", title.span, "introduction is missing")
                .label("a paragraph must follow that says what the page is about"),
        );
    }
    for text in std::iter::once(&title).chain(&intro) {
        if text.value == "TODO" {
            let fault = Diagnostic::new("D036", text.span, "these words are missing");
            reader.diagnostics.push(fault.label("must say something"));
        }
    }
    let mut page = Page {
        file,
        title,
        intro,
        endpoint: None,
        sections: Vec::new(),
        ids: Vec::new(),
        codes: Vec::new(),
        examples: Vec::new(),
        deviations: Vec::new(),
    };
    if let Some(Block::Table(_)) = reader.blocks.peek()
        && let Some(table) = reader.table(page.title.span, &[&["Endpoint", ""]])
    {
        page.endpoint = endpoint::read(&mut reader, &table);
    }
    reader.nothing_more(2, "before the first section");
    while let Some(block) = reader.next() {
        if let Block::Heading(2, heading) = block {
            section(&mut reader, &mut page, &heading);
        } else {
            reader.diagnostics.push(
                Diagnostic::new("D001", block.span(), "a page has one title")
                    .label("second heading of the first level"),
            );
        }
        reader.nothing_more(2, "in this section");
    }
    Some(page)
}

fn section(reader: &mut Reader<'_>, page: &mut Page, heading: &Spanned<String>) {
    match heading.as_str() {
        "Examples" => examples::read(reader, page),
        "Deviations" => {
            const COLUMNS: &[&str] = &["At", "Rule", "Vendor page", "Decision"];
            if let Some(table) = reader.table(heading.span, &[COLUMNS]) {
                for row in &table.rows {
                    let deviation = deviation(row);
                    page.deviations.extend(reader.keep(deviation));
                }
            }
        }
        "Ids" => {
            if let Some(table) = reader.table(heading.span, &[&["Kind", "Description"]]) {
                for row in &table.rows {
                    let id = id_row(row);
                    page.ids.extend(reader.keep(id));
                }
            }
        }
        _ => named_section(reader, page, heading),
    }
}

fn named_section(reader: &mut Reader<'_>, page: &mut Page, heading: &Spanned<String>) {
    let pieces = cell::pieces(heading);
    let mut pieces = pieces.into_iter();
    let (Some(Piece::Words(role)), Some(Piece::Code(name))) = (pieces.next(), pieces.next()) else {
        return unknown_section(reader, heading);
    };
    if role == "Codes" && pieces.len() == 0 {
        return codes(reader, page, heading, name);
    }
    let Some(role) = Role::from_word(&role) else {
        return unknown_section(reader, heading);
    };
    let (mut vendor, mut named_by) = (Vec::new(), None);
    while let Some(piece) = pieces.next() {
        match (piece, pieces.next()) {
            (Piece::Words(equals), Some(Piece::Code(name))) if equals == "=" => vendor.push(name),
            (Piece::Words(words), Some(Piece::Code(key)))
                if words == "named by" && role == Role::Events =>
            {
                named_by = Some(key);
            }
            _ => return unknown_section(reader, heading),
        }
    }
    if !is_type_name(name.as_str()) {
        reader.diagnostics.push(
            Diagnostic::new(
                "D031",
                name.span,
                format!("`{}` cannot name a type", name.value),
            )
            .label("letters and digits, each word with a capital: `RunWorkflow`"),
        );
        return;
    }
    let prose = reader.prose();
    if let Some(rows) = sections::rows(reader, role, heading.span) {
        page.sections.push(Section {
            role,
            name,
            vendor,
            named_by,
            prose,
            rows,
        });
    }
}

fn unknown_section(reader: &mut Reader<'_>, heading: &Spanned<String>) {
    reader.diagnostics.push(
        Diagnostic::new("D021", heading.span, "section is not understood")
            .label("not a heading of the page grammar")
            .help(
                "sections: Path, Query, Body, Parts, Response, Object, Enum, Events with a `Name`, \
                 Codes with a `name`, Ids, Examples, Deviations",
            ),
    );
    while reader
        .blocks
        .next_if(|b| !matches!(b, Block::Heading(l, _) if *l <= 2))
        .is_some()
    {}
}

fn deviation(row: &Row) -> Result<Deviation, Diagnostic> {
    let rule = code(&row.cells[1])?;
    if rule.value != READER && explain(&rule.value).is_empty() {
        return Err(Diagnostic::new("D025", rule.span, "rule is not understood")
            .label("expected a rule such as `T101`, or `reader` where no rule can find it"));
    }
    Ok(Deviation {
        at: code(&row.cells[0])?,
        rule,
        vendor: text(&row.cells[2], "what the vendor says")?,
        decision: text(&row.cells[3], "decision")?,
    })
}

fn id_row(row: &Row) -> Result<IdRow, Diagnostic> {
    let kind = endpoint::checked(&row.cells[0], is_snake, "lower-case words joined by `_`")?;
    Ok(IdRow {
        kind,
        doc: text(&row.cells[1], "description")?,
    })
}

fn codes(
    reader: &mut Reader<'_>,
    page: &mut Page,
    heading: &Spanned<String>,
    name: Spanned<String>,
) {
    let prose = reader.prose();
    let columns: &[&str] = &[
        "Code", "Name", "Class", "Outcome", "Retry", "Meaning", "Advice",
    ];
    let Some(table) = reader.table(heading.span, &[columns]) else {
        return;
    };
    let mut rows = Vec::new();
    for row in &table.rows {
        let row = code_row(row);
        rows.extend(reader.keep(row));
    }
    page.codes.push(CodeSection { name, prose, rows });
}

fn code_row(row: &Row) -> Result<CodeRow, Diagnostic> {
    let number = code(&row.cells[0])?;
    let value = number.value.parse().map_err(|_| {
        Diagnostic::new("D025", number.span, "code is no number").label("expected `4000`")
    })?;
    Ok(CodeRow {
        code: Spanned::new(value, number.span),
        name: endpoint::checked(&row.cells[1], is_snake, "lower-case words joined by `_`")?,
        class: word(&row.cells[2], "class", &CODE_CLASSES)?,
        outcome: word(&row.cells[3], "outcome", &CODE_OUTCOMES)?,
        retry: word(&row.cells[4], "retry word", &CODE_RETRIES)?,
        meaning: text(&row.cells[5], "meaning")?,
        advice: text(&row.cells[6], "advice")?,
    })
}

fn word(cell: &Spanned<String>, what: &str, words: &[&str]) -> Result<Spanned<String>, Diagnostic> {
    if words.contains(&cell.as_str()) {
        return Ok(cell.clone());
    }
    let message = format!("{what} is not understood");
    Err(Diagnostic::new("D025", cell.span, message)
        .label(format!("expected one of: {}", words.join(", "))))
}
