//! Placeholder front page; the crate's content follows.
