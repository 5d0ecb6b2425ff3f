//! A captured page, whole or refused.

use crate::capture::{self, Fault, Page, Refused, Source};
use std::fmt::Write as _;

/// A page that was read whole.
pub(super) struct Read {
    pub(super) source: Source,
    pub(super) page: Page,
}

/// Faults of a page that are printed.
const SHOWN: usize = 50;

/// A page that was not.
pub(super) struct Unread {
    pub(super) refused: Refused,
    /// The faults as text.
    pub(super) text: String,
}

/// Reads a page; `prose` says whether one without tables is one.
pub(super) fn open(name: &str, bytes: &[u8], prose: bool) -> Result<Read, Unread> {
    let refused = |page: Option<Page>, faults: Vec<Fault>| Refused {
        page: page.map(Box::new),
        faults,
    };
    let source = Source::new(name, bytes).map_err(|fault| Unread {
        text: format!("error: {}\n\n", fault.short(name)),
        refused: refused(None, vec![fault]),
    })?;
    let wrong = |page: &Page| capture::wrong(page).filter(|_| !prose);
    let read = capture::read(&source).and_then(|page| match wrong(&page) {
        Some(fault) => Err(refused(Some(page), vec![fault])),
        None => Ok(page),
    });
    match read {
        Ok(page) => Ok(Read { source, page }),
        Err(refused) => {
            let shown = refused.faults.iter().take(SHOWN);
            let mut text: String = shown.map(|one| source.render(one) + "\n\n").collect();
            if let Some(more) = refused
                .faults
                .len()
                .checked_sub(SHOWN)
                .filter(|more| *more > 0)
            {
                let _ = writeln!(text, "error: {name}: {more} more faults\n");
            }
            Err(Unread { refused, text })
        }
    }
}
