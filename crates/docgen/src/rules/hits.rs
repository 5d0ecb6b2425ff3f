//! What rules find.

use crate::capture::model::Table;

/// Two statements that do not agree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Line of the statement to look at first.
    pub line: usize,
    /// Rule, e.g. `T101`.
    pub rule: &'static str,
    /// Place in the vendor's words: table and field.
    pub at: String,
    /// Index of the operation it belongs to.
    pub op: Option<usize>,
    /// What was found, in one clause.
    pub message: String,
}

/// What the rules found so far.
#[derive(Default)]
pub(super) struct Hits(pub(super) Vec<Finding>);

impl Hits {
    /// A finding at a place of an operation.
    pub(super) fn at(
        &mut self,
        rule: &'static str,
        op: Option<usize>,
        at: impl Into<String>,
        line: usize,
        message: impl Into<String>,
    ) {
        self.0.push(Finding {
            line,
            rule,
            at: at.into(),
            op,
            message: message.into(),
        });
    }

    /// A finding about a field of a table.
    pub(super) fn field(
        &mut self,
        rule: &'static str,
        table: &Table,
        field: &str,
        line: usize,
        message: impl Into<String>,
    ) {
        self.at(
            rule,
            table.op,
            format!("{}.{field}", table.key),
            line,
            message,
        );
    }
}
