//! Tables of figures with limits.

use std::fmt;

/// What a figure may be.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    /// What is aimed at.
    pub(super) asked: f64,
    /// What the check allows: what is aimed at where that was reached, else what was reached and 1 %, of processor
    /// time 10 %.
    pub(super) allowed: f64,
}

/// A table in Markdown, and its rows that exceed their limits.
pub(super) struct Table {
    title: String,
    head: &'static [&'static str],
    rows: Vec<Vec<String>>,
    exceeded: Vec<String>,
}

impl Table {
    pub(super) fn new(title: impl Into<String>, head: &'static [&'static str]) -> Self {
        Self {
            title: title.into(),
            head,
            rows: Vec::new(),
            exceeded: Vec::new(),
        }
    }

    /// Adds a row, and shows on standard error that it is done.
    pub(super) fn push(&mut self, cells: Vec<String>) {
        eprintln!("{}", cells.join(" | "));
        self.rows.push(cells);
    }

    /// Notes what the last row is judged by; the cells that show its limit.
    pub(super) fn judge(&mut self, work: &str, figure: f64, limit: Limit) -> [String; 2] {
        if figure > limit.allowed {
            let allowed = number(limit.allowed);
            let excess = format!("{work}: {}, limit {allowed}", number(figure));
            self.exceeded.push(excess);
        }
        [number(limit.asked), number(limit.allowed)]
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(super) fn exceeded(&self) -> impl Iterator<Item = &String> {
        self.exceeded.iter()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.title)?;
        writeln!(f, "| {} |", self.head.join(" | "))?;
        writeln!(f, "|{}", "---|".repeat(self.head.len()))?;
        for row in &self.rows {
            writeln!(f, "| {} |", row.join(" | "))?;
        }
        Ok(())
    }
}

/// A figure with as many digits as tell something: a ratio with three behind the point, a count with separators.
pub(super) fn number(figure: f64) -> String {
    if figure < 10.0 {
        return format!("{figure:.3}");
    }
    if figure < 1000.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
