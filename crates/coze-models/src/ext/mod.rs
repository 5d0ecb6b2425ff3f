//! Methods of generated types that no table describes.

mod run;
