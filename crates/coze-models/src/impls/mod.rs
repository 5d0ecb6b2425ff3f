//! Methods of generated types that no table describes.

mod chat;
mod codes;
mod run;
