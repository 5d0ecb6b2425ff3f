//! Markdown to blocks, with the place of each.
//!
//! The blocks come from `pulldown-cmark`, which is also rustdoc's parser. It pads short table rows and
//! drops surplus cells without a word, so the cells are counted here, on the raw line.

use crate::{
    diagnostic::{Diagnostic, Diagnostics},
    source::{FileId, Span, Spanned},
};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};
use std::ops::Range;

/// A part of a page at its top level.
#[derive(Clone, Debug)]
pub enum Block {
    /// `# …` with its level and raw text.
    Heading(u8, Spanned<String>),
    /// A paragraph or a bullet list, raw.
    Prose(Spanned<String>),
    /// A pipe table.
    Table(Table),
    /// A fenced block: info string and content.
    Code(Spanned<String>, Spanned<String>),
    /// Anything the grammar has no place for.
    Other(&'static str, Span),
}

impl Block {
    /// The place of the block.
    pub fn span(&self) -> Span {
        match self {
            Self::Heading(_, text) | Self::Prose(text) | Self::Code(text, _) => text.span,
            Self::Table(table) => table.header.span,
            Self::Other(_, span) => *span,
        }
    }
}

/// A pipe table whose rows all have as many cells as its header.
#[derive(Clone, Debug)]
pub struct Table {
    /// The column names.
    pub header: Row,
    /// The rows below the rule.
    pub rows: Vec<Row>,
}

/// One line of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// Trimmed raw cells; `\|` is kept.
    pub cells: Vec<Spanned<String>>,
    /// The whole line.
    pub span: Span,
}

/// Cuts a page into blocks.
pub fn read(file: FileId, text: &str, diagnostics: &mut Diagnostics) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut depth = 0usize;
    for (event, range) in Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter() {
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    block(file, text, &tag, range, &mut blocks, diagnostics);
                }
                depth += 1;
            }
            Event::End(_) => depth = depth.saturating_sub(1),
            Event::Rule if depth == 0 => {
                blocks.push(Block::Other("a rule", line_span(file, text, range)));
            }
            _ => {}
        }
    }
    blocks
}

fn block(
    file: FileId,
    text: &str,
    tag: &Tag<'_>,
    range: Range<usize>,
    blocks: &mut Vec<Block>,
    diagnostics: &mut Diagnostics,
) {
    let other = |what| Block::Other(what, line_span(file, text, range.clone()));
    blocks.push(match tag {
        Tag::Heading { level, .. } => heading(file, text, *level, range),
        Tag::Paragraph => {
            let raw = trimmed(file, text, range);
            looks_like_table(&raw, diagnostics);
            Block::Prose(raw)
        }
        Tag::List(None) => Block::Prose(trimmed(file, text, range)),
        Tag::Table(_) => Block::Table(table(file, text, range, diagnostics)),
        Tag::CodeBlock(CodeBlockKind::Fenced(_)) => fence(file, text, range, diagnostics),
        Tag::CodeBlock(CodeBlockKind::Indented) => other("an indented block"),
        Tag::List(Some(_)) => other("a numbered list"),
        Tag::BlockQuote(_) => other("a quotation"),
        Tag::HtmlBlock => other("HTML"),
        _ => other("this construct"),
    });
}

fn heading(file: FileId, text: &str, level: HeadingLevel, range: Range<usize>) -> Block {
    let raw = trimmed(file, text, range);
    let content = raw.value.trim_start_matches('#');
    let lead = raw.value.len() - content.trim_start().len();
    let body = content.trim_start().trim_end();
    Block::Heading(
        level as u8,
        Spanned::new(body.to_owned(), raw.span.part(lead..lead + body.len())),
    )
}

fn fence(file: FileId, text: &str, range: Range<usize>, diagnostics: &mut Diagnostics) -> Block {
    let raw = &text[range.clone()];
    let first = raw.lines().next().unwrap_or_default();
    let info = first.trim_start_matches(['`', '~']);
    let info_start = range.start + first.len() - info.len();
    let body_start = (range.start + first.len() + 1).min(range.end);
    let body = text[body_start..range.end].trim_end();
    let last = body.lines().next_back().unwrap_or_default().trim();
    if last.len() < 3 || !first.starts_with(last) {
        let span = Span::new(file, range.start..range.start + first.len());
        let fault = Diagnostic::new("D013", span, "fenced block has no end");
        diagnostics.push(fault.label("expected a closing fence"));
    }
    let body = body.trim_end_matches(['`', '~']).trim_end();
    Block::Code(
        Spanned::new(
            info.trim().to_owned(),
            Span::new(file, info_start..info_start + info.len()),
        ),
        Spanned::new(
            body.to_owned(),
            Span::new(file, body_start..body_start + body.len()),
        ),
    )
}

/// The first line of a block.
fn line_span(file: FileId, text: &str, range: Range<usize>) -> Span {
    Span::new(file, range.clone()).first_line(&text[range])
}

fn trimmed(file: FileId, text: &str, range: Range<usize>) -> Spanned<String> {
    let raw = &text[range.clone()];
    let lead = raw.len() - raw.trim_start().len();
    let body = raw.trim();
    let start = range.start + lead;
    Spanned::new(body.to_owned(), Span::new(file, start..start + body.len()))
}

/// A wrong rule line turns a table into a paragraph; that must not pass as prose.
fn looks_like_table(raw: &Spanned<String>, diagnostics: &mut Diagnostics) {
    let mut at = 0;
    for line in raw.value.split_inclusive('\n') {
        let body = line.trim();
        let rule = body.len() > 2
            && body.contains('|')
            && body.chars().all(|c| matches!(c, '|' | '-' | ':' | ' '));
        if body.starts_with('|') || body.ends_with('|') || rule {
            diagnostics.push(
                Diagnostic::new(
                    "D011",
                    raw.span.part(at..at + line.trim_end().len()),
                    "this looks like a table but is not one",
                )
                .help(
                    "a table is a header row, a rule row `| --- |` with as many cells, \
                     then its rows, each line beginning and ending with `|`",
                ),
            );
            return;
        }
        at += line.len();
    }
}

fn table(file: FileId, text: &str, range: Range<usize>, diagnostics: &mut Diagnostics) -> Table {
    let mut lines = Vec::new();
    let mut at = range.start;
    for line in text[range].split_inclusive('\n') {
        let body = line.trim();
        let lead = line.len() - line.trim_start().len();
        if !body.is_empty() {
            lines.push((at + lead, body));
        }
        at += line.len();
    }
    let mut lines = lines.into_iter();
    let (start, head) = lines.next().unwrap_or((0, ""));
    let header = cells(file, start, head);
    if !framed(head) {
        diagnostics.push(unframed(header.span));
    }
    let mut rows = Vec::new();
    for (start, line) in lines.skip(1) {
        let row = cells(file, start, line);
        if !framed(line) {
            diagnostics.push(unframed(row.span));
        } else if row.cells.len() == header.cells.len() {
            rows.push(row);
        } else {
            diagnostics.push(
                Diagnostic::new(
                    "D010",
                    row.span,
                    format!(
                        "row has {} cells, the header has {}",
                        row.cells.len(),
                        header.cells.len()
                    ),
                )
                .label("one cell a column")
                .other(header.span, "the header")
                .help("a `|` inside a cell is written `\\|`"),
            );
        }
    }
    Table { header, rows }
}

fn framed(line: &str) -> bool {
    line.len() > 1 && line.starts_with('|') && line.ends_with('|') && !line.ends_with("\\|")
}

fn unframed(span: Span) -> Diagnostic {
    Diagnostic::new("D010", span, "table row without `|` at its ends")
        .label("must begin and end with `|`")
}

/// Splits a line at its unescaped pipes.
fn cells(file: FileId, start: usize, line: &str) -> Row {
    let mut cells = Vec::new();
    let mut push = |from: usize, to: usize| {
        let raw = &line[from..to];
        let lead = raw.len() - raw.trim_start().len();
        let body = raw.trim();
        // An empty cell is marked by its blanks, so that a message has something to point at.
        let span = if body.is_empty() {
            start + from..start + to
        } else {
            start + from + lead..start + from + lead + body.len()
        };
        cells.push(Spanned::new(body.to_owned(), Span::new(file, span)));
    };
    let mut from = usize::from(line.starts_with('|'));
    let mut escaped = false;
    for (at, byte) in line.bytes().enumerate().skip(from) {
        match byte {
            b'|' if !escaped => {
                push(from, at);
                from = at + 1;
            }
            _ => {}
        }
        escaped = byte == b'\\' && !escaped;
    }
    if from < line.len() {
        push(from, line.len());
    }
    Row {
        cells,
        span: Span::new(file, start..start + line.len()),
    }
}
