//! Messages about pages, printed like rustc's.

use crate::source::{Sources, Span};
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// Something that a page says and that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, e.g. `D012`.
    pub code: &'static str,
    /// What is wrong, in one clause.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What stands beside the mark: as a rule what was expected.
    pub label: String,
    /// How to go on.
    pub help: Option<String>,
    /// A second place that explains the first.
    pub other: Option<(Span, String)>,
}

impl Diagnostic {
    /// A message at a place.
    pub fn new(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: String::new(),
            help: None,
            other: None,
        }
    }

    /// Sets the text beside the mark.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// Sets the advice below the text.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Marks a second place.
    #[must_use]
    pub fn other(mut self, span: Span, label: impl Into<String>) -> Self {
        self.other = Some((span, label.into()));
        self
    }
}

/// Messages of a run, over all pages.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// How many were found.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether a file has faults already.
    pub fn concerns(&self, file: crate::source::FileId) -> bool {
        self.list.iter().any(|d| d.span.file == file)
    }

    /// The messages by file and place; one that is repeated word for word is kept once.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut list: Vec<&Diagnostic> = self.list.iter().collect();
        list.sort_by(|a, b| (a.span, a.code, &a.message).cmp(&(b.span, b.code, &b.message)));
        list.dedup();
        list
    }

    /// All messages as text, in the order of [`Diagnostics::sorted`].
    pub fn render(&self, sources: &Sources, color: bool) -> String {
        let renderer = if color {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        let mut out = String::new();
        for diagnostic in self.sorted() {
            out.push_str(&render_one(&renderer, sources, diagnostic));
            out.push_str("\n\n");
        }
        out
    }
}

fn render_one(renderer: &Renderer, sources: &Sources, diagnostic: &Diagnostic) -> String {
    let file = sources.file(diagnostic.span.file);
    let text = file.text.as_str();
    let mark = |kind: AnnotationKind, span: Span, label: &str| {
        let mark = kind.span(char_range(text, span));
        if label.is_empty() {
            mark
        } else {
            mark.label(label.to_owned())
        }
    };
    let mut snippet = Snippet::source(text)
        .path(file.path.as_str())
        .annotation(mark(
            AnnotationKind::Primary,
            diagnostic.span,
            &diagnostic.label,
        ));
    let mut elsewhere = None;
    match &diagnostic.other {
        Some((span, label)) if span.file == diagnostic.span.file => {
            snippet = snippet.annotation(mark(AnnotationKind::Context, *span, label));
        }
        Some((span, label)) => {
            let (line, column) = sources.line_column(*span);
            let path = &sources.file(span.file).path;
            elsewhere = Some(format!("{label}: {path}:{line}:{column}"));
        }
        None => {}
    }
    let mut group = Level::ERROR
        .primary_title(diagnostic.message.as_str())
        .id(diagnostic.code)
        .element(snippet);
    if let Some(elsewhere) = &elsewhere {
        group = group.element(Level::NOTE.message(elsewhere.as_str()));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer.render(&[group])
}

/// The byte range of a place, widened to whole characters so that a careless span cannot panic.
fn char_range(text: &str, span: Span) -> core::ops::Range<usize> {
    let mut start = (span.start as usize).min(text.len());
    let mut end = (span.end as usize).clamp(start, text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}
