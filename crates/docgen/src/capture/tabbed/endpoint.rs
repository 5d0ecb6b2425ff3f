//! The table without a header: method, address, scope.

use super::Reader;
use crate::capture::fault::Fault;
use crate::capture::model::{Role, Row};
use crate::capture::rows;
use crate::capture::words;

impl Reader<'_> {
    pub(super) fn endpoint_table(&mut self) -> Result<(), Fault> {
        let first = self.at;
        self.b.open_operation(first);
        let mut pairs = Vec::new();
        while let Some(cells) = self.row(2, pairs.is_empty())? {
            pairs.push(cells);
        }
        let last = self.b.page.operations.len() - 1;
        let mut rows = Vec::new();
        for pair in pairs {
            let (key, value) = (pair[0].clone(), pair[1].clone());
            if words::endpoint_key(&key.text).is_none() {
                return Err(rows::place(
                    self.b.source,
                    &key,
                    &format!("`{}` is no known key of an endpoint", key.text),
                ));
            }
            if value.text.is_empty() {
                return Err(rows::place(
                    self.b.source,
                    &key,
                    &format!("`{}` has no value", key.text),
                ));
            }
            let server = rows::endpoint(&mut self.b.page.operations[last], &key, &value);
            self.b.page.server = server.or(self.b.page.server.take());
            let mut row = Row::named(key);
            row.text = value;
            rows.push(row);
        }
        self.b
            .table(Role::Endpoint, Vec::new(), Vec::new(), rows, first);
        Ok(())
    }
}
