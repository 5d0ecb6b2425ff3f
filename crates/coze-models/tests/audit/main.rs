//! The examples on the pages, decoded by the models, written again and compared.

mod check;
#[rustfmt::skip]
mod examples;
