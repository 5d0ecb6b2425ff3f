//! Documentation tables to Rust models.
