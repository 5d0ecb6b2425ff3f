//! A definition out of YAML, with every mistake at once.

use std::collections::HashSet;

use serde::Deserialize;

use super::{error::Mistake, source::Source, tree::Tree};

/// Mistakes of one file that are told.
const MOST: usize = 100;

/// What could be read of a file.
pub(super) struct Read {
    /// Without the parts that cannot be read; `None` when nothing is left.
    pub(super) source: Option<Source>,
    pub(super) mistakes: Vec<Mistake>,
    /// Names that the parts left out may have defined.
    pub(super) excused: HashSet<String>,
}

/// Reads as much as can be read: what is wrong is told, taken out, and the rest is read again.
pub(super) fn read(yaml: &str) -> Read {
    let (tree, mut mistakes) = Tree::parse(yaml);
    let mut excused = HashSet::new();
    let Some(mut tree) = tree else {
        return Read {
            source: None,
            mistakes,
            excused,
        };
    };
    let source = loop {
        let mut mismatch = match Source::deserialize(&tree) {
            Ok(source) => break Some(source),
            Err(mismatch) => mismatch,
        };
        if !mismatch.follows {
            mistakes.push(Mistake::new(mismatch.place, mismatch.message));
        }
        mismatch.path.reverse();
        if mistakes.len() == MOST || !tree.remove(&mismatch.path) {
            break None;
        }
    };
    tree.removed_names(false, &mut excused);
    Read {
        source,
        mistakes,
        excused,
    }
}
