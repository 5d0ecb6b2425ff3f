//! The page grammar: Markdown to [`ast::Page`].
//!
//! A page is a title, an introduction, on pages of operations the endpoint table, and sections. Text may
//! stand below the title and below a section's heading; what else the grammar has no place for is a fault.
//!
//! ```text
//! page       = "# " title intro [ endpoint ] { section }
//! endpoint   = table Endpoint | (empty)   rows Method Path Operation Scope Envelope Retry Source
//!                                           [ Reply ] [ Effect ] [ Attempts ] [ Failure ]
//! section    = "## " role " `Name`" { " = `VendorName`" } [ text ] table
//!            | "## Events `Name`" [ " named by `key`" ] [ text ] table
//!            | "## Codes `name`" table | "## Ids" table | "## Examples" … | "## Deviations" table
//! role       = Path | Query | Body | Parts | Response | Object | Enum | Events
//! fields     = table Field | Type | Presence | Example | Description
//! values     = table Value | Description   or   Value | Name | Description
//! events     = table Event | Payload | Ends | Description
//! codes      = table Code | Name | Class | Outcome | Retry | Meaning | Advice
//! deviations = table At | Rule | Vendor page | Decision
//! Rule       = `T101` … (a rule of the importer) | `reader`
//! Field      = `name` { ", also `name`" }
//! type       = string | text | bool | int | float | json | json_text | unix_seconds | file
//!            | id<kind> | map<type> | list<type> | box<type> | Name
//! Presence   = required | optional | default `v` | always `v` | fixed `v` | if `field` = `v` | absent as `v`
//! Envelope   = flat | data | data list | bare | events        Retry = safe | not-sent | never
//! Effect     = run
//! Event      = `name` [ "or unnamed" ]
//! Payload    = ignored | `Object` [ "or nothing" | "or text in `field`" ]
//! example    = "### " (Request | Response) " `label`"  or  "### " (Event | Object) " `Name` `label`", then a fence
//! ```
//!
//! Types are named once in a set of pages, and any page may refer to any of them. In a table of a response, `default`
//! names the value that an absent field has; in one of a request, the value that the service takes.
//!
//! A deviation with a rule is proven: the audit demands it while the rule finds something in a source at that place, and
//! refuses it when it does not. `T603` stands for any difference between our page and a source. `reader` marks what no rule
//! can find, because it comes from an SDK, from a server or from two sentences; nothing demands or refutes it.

pub mod ast;
pub mod blocks;
pub mod cell;
mod endpoint;
mod examples;
mod parse;
mod sections;

pub use parse::parse;
