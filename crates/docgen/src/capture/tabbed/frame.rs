//! What stands around the article: navigation, links to neighbours, outline.

use crate::capture::sections::Builder;

/// The address of the page and the menu.
pub(super) fn navigation(b: &mut Builder<'_>, end: usize) {
    for line in 1..=end {
        let text = b.source.text(line).trim().to_owned();
        if text.is_empty() {
            continue;
        }
        if line == 1 && text.starts_with("http") {
            b.page.source = Some(text);
        } else {
            b.page.menu.push(text);
        }
    }
    b.mark(1..=end);
}

/// The footer: neighbours, then the outline up to `rangeDom`.
pub(super) fn outline(b: &mut Builder<'_>, footer: usize) -> Vec<(String, usize)> {
    let source = b.source;
    let filled: Vec<usize> = (footer..=source.lines.len())
        .filter(|line| !source.is_blank(*line))
        .collect();
    let mut outline = Vec::new();
    let mut index = 0;
    while let Some(line) = filled.get(index) {
        let text = source.text(*line).trim();
        if matches!(text, "上一篇" | "下一篇") {
            index += 2;
            continue;
        }
        if text != "rangeDom" {
            outline.push((text.to_owned(), *line));
        }
        index += 1;
    }
    b.mark(footer..=source.lines.len());
    outline
}
