//! Texts that were read, and places in them.

/// One of the files in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A text with the path that messages show for it.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path as shown in messages and in generated headers, with `/` between its parts.
    pub path: String,
    /// The text as read.
    pub text: String,
}

/// All texts of one run, so that messages about any of them can be printed together.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

impl Sources {
    /// No files yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file.
    ///
    /// # Panics
    ///
    /// When the text is longer than 4 GiB, or after as many files: places are 32-bit numbers.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        let file = SourceFile {
            path: path.into(),
            text: text.into(),
        };
        assert!(
            u32::try_from(file.text.len()).is_ok(),
            "page longer than 4 GiB"
        );
        let id = FileId(u32::try_from(self.files.len()).expect("fewer than 2^32 pages"));
        self.files.push(file);
        id
    }

    /// The file with this id.
    pub fn file(&self, id: FileId) -> &SourceFile {
        &self.files[id.0 as usize]
    }

    /// The text at a place.
    pub fn slice(&self, span: Span) -> &str {
        &self.file(span.file).text[span.start as usize..span.end as usize]
    }

    /// Line and column (in characters) of the start of a place, both from 1.
    pub fn line_column(&self, span: Span) -> (usize, usize) {
        let before = &self.file(span.file).text[..span.start as usize];
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before
            .rsplit('\n')
            .next()
            .unwrap_or_default()
            .chars()
            .count()
            + 1;
        (line, column)
    }
}

/// A range of bytes in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A place in a file; the caller's offsets come from that file's text.
    pub fn new(file: FileId, range: core::ops::Range<usize>) -> Self {
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self {
            file,
            start: narrow(range.start),
            end: narrow(range.end),
        }
    }

    /// The part of this place given by a range of bytes relative to its start.
    #[must_use]
    pub fn part(self, range: core::ops::Range<usize>) -> Self {
        let start = self.start as usize;
        Self::new(self.file, start + range.start..start + range.end)
    }

    /// The first line of `text`, which stands at this place.
    #[must_use]
    pub fn first_line(self, text: &str) -> Self {
        self.part(0..text.lines().next().unwrap_or_default().len())
    }
}

/// A value and the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value with its place.
    pub const fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

impl Spanned<String> {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.value
    }
}
