//! The second count of a Markdown page.

use crate::capture::text::Source;

/// What a page holds, counted without reading it.
pub(super) struct Present {
    pub(super) pipes: usize,
    pub(super) fences: usize,
    pub(super) html: usize,
}

/// The second count: lines that start with a pipe, fence lines and `<tr`, outside fences.
pub(super) fn count(source: &Source) -> Present {
    let mut present = Present {
        pipes: 0,
        fences: 0,
        html: 0,
    };
    let mut open: Option<String> = None;
    for line in &source.lines {
        let text = line.text.trim_start_matches([' ', '\t', '>']);
        let run: String = text
            .chars()
            .take_while(|c| matches!(c, '`' | '~'))
            .collect();
        if let Some(mark) = &open {
            if run.starts_with(mark.as_str()) && text.trim() == run {
                present.fences += 1;
                open = None;
            }
        } else if run.len() >= 3 && (run.starts_with('~') || !text[run.len()..].contains('`')) {
            present.fences += 1;
            open = Some(run);
        } else {
            present.pipes += usize::from(text.starts_with('|'));
            if !text.starts_with('|') {
                present.html += text.to_ascii_lowercase().matches("<tr").count();
            }
        }
    }
    present
}
