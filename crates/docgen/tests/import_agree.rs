//! Edits of our own pages: each that contradicts a source is told.

use docgen::compare::{Lock, PageView, agree, views};
use docgen::{
    diagnostic::Diagnostics,
    set::{self, SETS},
    source::Sources,
};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

type Pages = Vec<(String, String)>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn locks() -> BTreeMap<String, Lock> {
    Lock::read_all(&root().join("docs/api/lock")).expect("locks")
}

/// What `audit` tells of the pages, with the pages of one set replaced.
fn told(pages: &[Pages], locks: &BTreeMap<String, Lock>) -> Vec<String> {
    let mut all: Vec<PageView> = Vec::new();
    for (set, pages) in SETS.iter().zip(pages) {
        let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
        let api = set::load(set.pages, pages, &mut sources, &mut faults);
        if !faults.is_empty() {
            return vec![faults.render(&sources, false)];
        }
        all.extend(views(&api, &sources));
    }
    let problems = agree(&all, locks).into_iter();
    problems
        .map(|one| format!("{}:{}: {}", one.file, one.line, one.what))
        .collect()
}

fn pages() -> Vec<Pages> {
    let read = |set| set::read_pages(&root(), set).expect("pages");
    SETS.iter().map(read).collect()
}

/// Page, its line (the beginning of a row, blanks left out), what is written over what, and what is told.
const EDITS: &[(&str, &str, &str, &str, &str)] = &[
    // Rows that have a deviation of another rule, or of another difference.
    (
        "workflow/stream-run",
        "parameters",
        "`map<json>`",
        "`string`",
        "`string` here, `map[String]Any` there",
    ),
    (
        "workflow/resume",
        "interrupt_type",
        "required",
        "optional",
        "optional here, required there",
    ),
    (
        "workflow/run-history",
        "error_code",
        "`int` | absent as `0`",
        "`bool` | optional",
        "`bool` here, `String` there",
    ),
    (
        "workflow/run",
        "parameters",
        "`map<json>`",
        "`list<json>`",
        "`list<json>` here, `String` there",
    ),
    (
        "workflow/list",
        "has_more",
        "default `false`",
        "optional",
        "`WorkflowList.has_more`: T603 finds nothing here any more",
    ),
    (
        "workflow/info",
        "input",
        "= `true`",
        "= `false`",
        "condition `include_input_output=false` here",
    ),
    (
        "shared",
        "terminate_plan",
        "`TerminatePlan`",
        "`bool`",
        "`bool` here, `String` there",
    ),
    // Rows that no source has: the deviation names their type.
    (
        "workflow/run-history",
        "token",
        "`int`",
        "`bool`",
        "optional `bool` here, no row there",
    ),
    (
        "workflow/stream-events",
        "loop_index",
        "optional",
        "default `0`",
        "default `0` `int` here, no row there",
    ),
    (
        "files/upload",
        "file",
        "required",
        "optional",
        "optional `file` here, no row there",
    ),
    // Types.
    (
        "workflow/run",
        "is_async",
        "`bool` | default `false`",
        "`string` | default `\"x\"`",
        "`string` here, `Boolean` there",
    ),
    (
        "workflow/run",
        "usage",
        "`Usage`",
        "`int`",
        "`int` here, `Object of Usage` there",
    ),
    (
        "workflow/list",
        "items",
        "`list<WorkflowBasic>`",
        "`map<json>`",
        "`map<json>` here",
    ),
    (
        "workspace/list",
        "page_num",
        "`int` | default `1`",
        "`bool` | default `true`",
        "`bool` here",
    ),
    // Presence.
    (
        "workflow/run",
        "bot_id",
        "optional",
        "required",
        "required here, optional there",
    ),
    (
        "workflow/list",
        "workspace_id",
        "required",
        "optional",
        "optional here, required there",
    ),
    (
        "workflow/chat",
        "role",
        "required",
        "optional",
        "optional here, required there",
    ),
    // Defaults.
    (
        "workflow/list",
        "page_size",
        "default `10`",
        "default `20`",
        "default `20` here, default `10` there",
    ),
    (
        "workflow/list",
        "page_size",
        "default `10`",
        "optional",
        "no default here, default `10` there",
    ),
    (
        "workflow/list",
        "app_id",
        "optional",
        "default `\"1\"`",
        "default `1` here, no default there",
    ),
    // Conditions.
    (
        "shared",
        "content",
        "`use_answer_content`",
        "`return_variables`",
        "condition `terminate_plan=return_variables` here",
    ),
    (
        "shared",
        "content",
        "if `terminate_plan` = `use_answer_content`",
        "optional",
        "no condition here",
    ),
    (
        "workflow/run",
        "debug_url",
        "optional",
        "if `is_async` = `true`",
        "condition `is_async=true` here, no condition there",
    ),
    // Values.
    (
        "workflow/collaboration-mode",
        "single",
        "`single`",
        "`invented` | Made up. |
| `single`",
        "value `invented` here, no value there",
    ),
    (
        "workflow/collaboration-mode",
        "single",
        "`single`",
        "`alone`",
        "no value here, value `single` there",
    ),
    // Names, places and the call.
    (
        "workflow/run",
        "app_id",
        "`app_id`",
        "`application_id`",
        "`RunWorkflow.application_id`: optional `id<app>` here, no row there",
    ),
    (
        "workflow/run",
        "app_id",
        "`app_id`",
        "`application_id`",
        "`RunWorkflow.app_id`: no row here, a row there",
    ),
    (
        "workflow/list",
        "Scope",
        "`listWorkflow`",
        "`listFlow`",
        "`listFlow` here, `listWorkflow` there",
    ),
    (
        "workflow/list",
        "Path",
        "`/v1/workflows`",
        "`/v1/flows`",
        "`/v1/flows` here, `/v1/workflows` there",
    ),
    (
        "workflow/list",
        "Method",
        "`GET`",
        "`DELETE`",
        "`DELETE` here, `GET` there",
    ),
    (
        "workflow/info",
        "Envelope",
        "`data`",
        "`data list`",
        "`data list` here, `data` there",
    ),
    ("workflow/info", "Envelope", "`data`", "`flat`", "there"),
    // Objects of other pages, a response without an envelope, rows below others.
    (
        "workflow/chat-events",
        "arguments",
        "`json_text`",
        "`int`",
        "`int` here, `String` there",
    ),
    (
        "oauth/tokens",
        "expires_in",
        "`unix_seconds`",
        "`string`",
        "`string` here, `Integer` there",
    ),
    (
        "bot/list",
        "publish_status",
        "default `\"published_online\"`",
        "optional",
        "no default here, default `published_online` there",
    ),
    (
        "conversation/edit",
        "name",
        "required",
        "optional",
        "optional here, required there",
    ),
];

fn squeezed(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The pages with one row edited. Examples go: they would no longer fit their types.
fn edited(mut all: Vec<Pages>, page: &str, row: &str, old: &str, new: &str) -> Vec<Pages> {
    for (name, text) in &mut all[0] {
        let (head, rest) = text.split_once("\n## Examples").unwrap_or((text, ""));
        let rows = rest.split_once("\n## Deviations").map(|(_, rows)| rows);
        let mut bare = rows.map_or(head.to_owned(), |rows| {
            format!("{head}\n## Deviations{rows}")
        });
        if name == page {
            let is_row = |line: &&str| {
                let name = line.split('|').nth(1).unwrap_or("").trim();
                name.trim_matches('`') == row && squeezed(line).contains(old)
            };
            let found = bare.lines().find(is_row);
            let line = found.unwrap_or_else(|| panic!("{page}: no {row} with {old}"));
            let changed = squeezed(line).replacen(old, new, 1);
            let mut cells: Vec<&str> = changed.split('|').collect();
            if cells.len() == 7 && !changed.contains('\n') {
                cells[4] = " ";
            }
            bare = bare.replacen(line, &cells.join("|"), 1);
        }
        *text = bare;
    }
    all
}

#[test]
fn the_pages_agree_with_their_locks() {
    assert_eq!(told(&pages(), &locks()), Vec::<String>::new());
}

#[test]
fn an_edit_that_contradicts_a_source_is_told() {
    let (all, locks) = (pages(), locks());
    let mut silent = Vec::new();
    for (page, row, old, new, what) in EDITS {
        let told = told(&edited(all.clone(), page, row, old, new), &locks);
        if !told.iter().any(|one| one.contains(what)) {
            silent.push(format!("{page} {row} {old} → {new}: {told:#?}"));
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}
