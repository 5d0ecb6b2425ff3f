//! The page grammar: Markdown to [`ast::Page`].

pub mod ast;
pub mod blocks;
pub mod cell;
mod endpoint;
mod examples;
mod parse;
mod sections;

pub use parse::parse;
