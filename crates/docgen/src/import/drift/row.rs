//! What changed in a row.

use super::{Level, Report};
use crate::import::facts::RowFacts;
use std::collections::BTreeMap;

impl Report<'_> {
    pub(super) fn properties(&mut self, table: &str, old: &RowFacts, new: &RowFacts) {
        let at = format!("{table}.{}", new.name);
        let place = self.place(table, Some(&new.name));
        let word = |value: &Option<String>| value.clone().unwrap_or_else(|| "none".to_owned());
        if old.ty != new.ty {
            self.push(
                Level::Breaking,
                '~',
                &at,
                format!("type {} → {}", word(&old.ty), word(&new.ty)),
                place,
            );
        }
        if old.required != new.required {
            let what = format!("required {} → {}", word(&old.required), word(&new.required));
            self.push(Level::Breaking, '~', &at, what, place);
        }
        if old.depth != new.depth {
            self.push(
                Level::Breaking,
                '~',
                &at,
                "nested differently".to_owned(),
                place,
            );
        }
        self.hints(&at, &old.hints, &new.hints, place);
        if old.example != new.example {
            let what = format!("example {} → {}", word(&old.example), word(&new.example));
            self.push(Level::Additive, '~', &at, what, place);
        } else if old.example_hash != new.example_hash {
            self.push(
                Level::Wording,
                '~',
                &at,
                "another example".to_owned(),
                place,
            );
        }
        if old.text != new.text {
            self.push(Level::Wording, '~', &at, "text changed".to_owned(), place);
        }
    }

    fn hints(
        &mut self,
        at: &str,
        old: &BTreeMap<String, String>,
        new: &BTreeMap<String, String>,
        place: Option<(usize, usize)>,
    ) {
        for key in ["values", "open_values"] {
            let list = |map: &BTreeMap<String, String>| -> Vec<String> {
                map.get(key)
                    .map(|text| text.split(' ').map(str::to_owned).collect())
                    .unwrap_or_default()
            };
            let (before, after) = (list(old), list(new));
            for value in after.iter().filter(|value| !before.contains(value)) {
                self.push(Level::Additive, '+', at, format!("value {value}"), place);
            }
            for value in before.iter().filter(|value| !after.contains(value)) {
                self.push(Level::Breaking, '-', at, format!("value {value}"), place);
            }
        }
        let mut keys: Vec<&String> = old
            .keys()
            .chain(new.keys())
            .filter(|key| !key.ends_with("values"))
            .collect();
        keys.sort();
        keys.dedup();
        for key in keys {
            let word = |map: &BTreeMap<String, String>| {
                map.get(key).cloned().unwrap_or_else(|| "none".to_owned())
            };
            if old.get(key) != new.get(key) {
                self.push(
                    Level::Breaking,
                    '~',
                    at,
                    format!("{key} {} → {}", word(old), word(new)),
                    place,
                );
            }
        }
    }
}
