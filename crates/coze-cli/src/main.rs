//! The command `coze`.
fn main() {}
