//! Contradictions of a page with itself and with other pages.
//!
//! Each rule compares two statements of the vendor; none of them decides which is right. That is
//! done on our page, whose Deviations table names the rule and the place.

mod cross;
mod evidence;
mod hits;
mod kinds;
mod links;
mod request;
mod wording;

pub use cross::{Envelope, across};
pub use hits::Finding;

use crate::capture::Page;
use evidence::Walk;
use hits::Hits;
use std::collections::BTreeSet;

/// The word in the Rule column for what a reader found: in an SDK, in responses of a server, in two
/// sentences. No rule can demand or refute such a row.
pub const READER: &str = "reader";

/// What a rule means: shown with its findings.
pub fn explain(rule: &str) -> &'static str {
    match rule {
        "T101" => {
            "an example has another kind of value than the table says; the page type must accept both"
        }
        "T102" => "the example cannot be read as the type of its own row",
        "T103" => "an example is null where nothing allows it; null is read as absent",
        "T104" => "an example is not among the listed values; the set of values must stay open",
        "T105" => "the words give another format of time than the example has",
        "T106" => "an id has another shape in the call than in its row; ids stay opaque text",
        "T107" => "one field has two kinds on one page; the page type must accept both",
        "T108" => "the example shows the inside of a JSON string, escapes included",
        "T109" => "a cell that should say something is empty",
        "T201" => "a type is named and has no table; link it to the table with the same fields",
        "T202" => "a table that no type names; link it to the type it describes",
        "T203" => "a map without a type of values, whose values fit one table",
        "T301" => "an example has a key without a row",
        "T302" => "a response is shown and no table describes it",
        "T303" => "a required field is absent from an example",
        "T304" => "one key has two kinds in two shapes of response",
        "T401" => "placeholders of the address and the table for the path differ",
        "T402" => "the example of a call differs from method, address or tables",
        "T404" => "a header for bodies on a request without one; it is not sent",
        "T601" => "a field of the envelope has another type on other pages",
        "T602" => "a field of the envelope has no row here, and one on other pages",
        "T603" => "two sources describe the same call with other fields",
        "T606" => "a field of the envelope has another value for success on other pages",
        "T701" => "a map is described as an array, or an array as a map",
        "T702" => "a coordinate is described as the other one; the key name is trusted",
        "T703" => "a text is described as Unix time",
        "T704" => "values stand in the description, without a keyword for them",
        _ => "",
    }
}

/// Runs all rules that look at one page. Each finding is given once, at its first line.
pub fn run(page: &Page) -> Vec<Finding> {
    let mut seen = BTreeSet::new();
    let mut hits = hits(page);
    hits.retain(|hit| seen.insert((hit.rule, hit.at.clone(), hit.op)));
    hits
}

/// The same with each piece of evidence as a hit of its own.
pub fn hits(page: &Page) -> Vec<Finding> {
    let walk = Walk::over(page);
    let mut hits = Hits::default();
    kinds::check(&walk, &mut hits);
    links::check(&walk, &mut hits);
    request::check(page, &mut hits);
    wording::check(page, &mut hits);
    hits.0.sort();
    hits.0.dedup();
    hits.0
}
