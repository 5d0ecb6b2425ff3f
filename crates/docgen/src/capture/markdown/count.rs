//! The second count of a Markdown page.

use crate::capture::text::Source;

/// What a page holds, counted without reading it: lines that start with a pipe, fence lines and `<tr`
/// outside fences.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) pipes: usize,
    pub(super) fences: usize,
    pub(super) html: usize,
}

pub(super) fn count(source: &Source) -> Counts {
    let mut counts = Counts::default();
    let mut open: Option<&str> = None;
    for line in &source.lines {
        let text = line.text.trim_start_matches([' ', '\t', '>']);
        let rest = text.trim_start_matches(['`', '~']);
        let run = &text[..text.len() - rest.len()];
        if let Some(mark) = open {
            if run.starts_with(mark) && text.trim() == run {
                counts.fences += 1;
                open = None;
            }
        } else if run.len() >= 3 && (run.starts_with('~') || !rest.contains('`')) {
            counts.fences += 1;
            open = Some(run);
        } else if text.starts_with('|') {
            counts.pipes += 1;
        } else {
            counts.html += text.to_ascii_lowercase().matches("<tr").count();
        }
    }
    counts
}
