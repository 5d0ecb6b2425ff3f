//! Each fault of a page has its code and its place; all faults of a run are told at once.

use docgen::{diagnostic::Diagnostics, set, source::Sources};
use expect_test::expect;

const PAGE: &str = r#"# Read a thing

Reads 一个 thing.

| Endpoint  | |
| --------- | - |
| Method    | `GET` |
| Path      | `/v1/things/{thing_id}` |
| Operation | `get_thing` |
| Scope     | `read` |
| Envelope  | `data` |
| Retry     | `safe` |
| Source    | <https://example.com/thing> |

## Path `GetThing`

| Field | Type | Presence | Example | Description |
| ----- | ---- | -------- | ------- | ----------- |
| `thing_id` | `id<thing>` | required | `"7"` | 中文说明 The thing. |

## Response `Thing`

| Field | Type | Presence | Example | Description |
| ----- | ---- | -------- | ------- | ----------- |
| `kind` | `Kind` | optional | `"big"` | Its kind. |
| `size` | `int` | if `kind` = `big` | `3` | Its size. |
| `parts` | `list<Thing>` | optional | | Its parts. |

## Enum `Kind`

| Value | Description |
| ----- | ----------- |
| `big` | Big. |
| `small` | Small. |

## Ids

| Kind | Description |
| ---- | ----------- |
| `thing` | A thing. |

## Examples

### Response `one`

```json
{ "code": 0, "data": { "kind": "big", "size": 3 } }
```

## Deviations

| At | Rule | Vendor page | Decision |
| -- | ---- | ----------- | -------- |
| `Thing.size` | `T101` | a string | `int` |
"#;

fn faults(page: &str) -> (Sources, Diagnostics) {
    let mut sources = Sources::new();
    let mut faults = Diagnostics::new();
    let pages = [("thing".to_owned(), page.to_owned())];
    set::load("docs/api", &pages, &mut sources, &mut faults);
    (sources, faults)
}

/// Codes with line and column of the faults after one edit.
fn after(find: &str, replace: &str) -> Vec<String> {
    assert!(PAGE.contains(find), "no `{find}` in the page");
    let (sources, faults) = faults(&PAGE.replacen(find, replace, 1));
    let place = |d: &&docgen::diagnostic::Diagnostic| {
        let (line, column) = sources.line_column(d.span);
        format!("{} {line}:{column}", d.code)
    };
    faults.sorted().iter().map(place).collect()
}

#[test]
fn the_page_has_no_faults() {
    let (sources, faults) = faults(PAGE);
    assert!(faults.is_empty(), "{}", faults.render(&sources, false));
}

#[test]
fn each_fault_is_found_at_its_place() {
    let mut wrong = Vec::new();
    for (find, replace, expected) in [
        ("# Read a thing\n", "Read a thing\n", "D002 1:1"),
        ("## Enum `Kind`", "#### Enum `Kind`", "D001 29:6"),
        ("| `size` | `int` |", "| `int` |", "D010 26:1"),
        (
            "| ----- | ----------- |\n| `big`",
            "| ----- \n| `big`",
            "D011 31:1",
        ),
        ("`int`", "`integer`", "D012 26:13"),
        ("`list<Thing>`", "`list<Thing`", "D012 27:14"),
        ("3 } }\n```\n", "3 } }\n", "D013 46:1"),
        ("Reads 一个 thing.\n", "Reads.\n\n> quote\n", "D020 5:1"),
        ("## Enum `Kind`", "## Enums `Kind`", "D021 29:4"),
        (
            "| Value | Description |",
            "| Values | Description |",
            "D023 31:1",
        ),
        ("| Retry     | `safe` |\n", "", "D024 5:1"),
        ("| Retry     |", "| Again     |", "D024 12:3"),
        ("`GET`", "`FETCH`", "D025 7:16"),
        ("`T101`", "`101`", "D025 54:19"),
        ("| `kind` |", "| kind |", "D030 25:3"),
        ("`kind` | `Kind`", "`2kind` | `Kind`", "D031 25:4"),
        ("| required |", "| requird |", "D032 19:30"),
        ("`\"big\"`", "`big`", "D033 25:33"),
        ("`\"big\"`", "`\"tall\"`", "D034 25:33"),
        ("`small`", "`big`", "D035 34:4"),
        ("A thing.", "", "D036 40:12"),
        ("if `kind`", "if `sort`", "D037 26:20"),
        ("if `kind` = `big`", "if `kind` = `tall`", "D037 26:20"),
        ("`size` | `int`", "`new` | `int`", "D038 26:4"),
        (
            "| optional | `\"big\"`",
            "| required | `\"big\"`",
            "D039 25:21",
        ),
        ("\"size\": 3 }", "\"size\": 3 ", "D040 47:50"),
        ("\"size\": 3", "\"size\": true", "D042 47:39"),
        ("\"size\": 3", "\"sise\": 3", "D043 47:39"),
        ("`id<thing>`", "`id<thin>`", "D050 19:17"),
        ("`Kind` | optional", "`Kinds` | optional", "D050 25:13"),
        ("/{thing_id}", "/{thing}", "D060 8:27"),
        ("## Path", "## Body", "D060 8:27"),
        ("`id<thing>`", "`string`", "D061 19:17"),
        (
            "| Source    |",
            "| Effect    | `run` |\n| Source    |",
            "D062 12:16",
        ),
        (
            "| Source    |",
            "| Effect    | `harm` |\n| Source    |",
            "D025 13:16",
        ),
        (
            "| Source    |",
            "| Attempts  | `0` |\n| Source    |",
            "D025 13:16",
        ),
        (
            "| `kind` | `Kind` | optional | `\"big\"` | Its kind. |",
            "| `code` | `int` | optional | | Code. |\n| `msg` | `string` | optional | | Text. |\n\
             | `detail` | `json` | optional | | Log id. |\n| `kind` | `Kind` | optional | | Its kind. |",
            "D063 25:4",
        ),
        ("`list<Thing>`", "`Thing`", "D070 27:14"),
        ("`Thing.size`", "`Thing.sise`", "D080 54:4"),
    ] {
        let found = after(find, replace);
        if !found.contains(&expected.to_owned()) {
            wrong.push(format!(
                "`{find}` → `{replace}`: expected {expected}, found {found:?}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn columns_are_right_on_lines_with_chinese_text_and_all_faults_come_at_once() {
    let page = PAGE
        .replace("| 中文说明 The thing. |", "| 中文说明 The thing. | x |")
        .replace("`kind` | `Kind` | optional", "`kind` | `Kind` | 可选")
        .replace("| `size` | `int` |", "| `size` | `jsontext` |");
    let (sources, faults) = faults(&page);
    expect![[r#"
        error[D060]: placeholder `thing_id` has no row
         --> docs/api/thing.md:8:27
          |
        8 | | Path      | `/v1/things/{thing_id}` |
          |                           ^^^^^^^^^^ expected a row in a section Path

        error[D022]: table has no rows
          --> docs/api/thing.md:17:1
           |
        17 | | Field | Type | Presence | Example | Description |
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^

        error[D010]: row has 6 cells, the header has 5
          --> docs/api/thing.md:19:1
           |
        17 | | Field | Type | Presence | Example | Description |
           | --------------------------------------------------- the header
        18 | | ----- | ---- | -------- | ------- | ----------- |
        19 | | `thing_id` | `id<thing>` | required | `"7"` | 中文说明 The thing. | x |
           | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ one cell a column
           |
           = help: a `|` inside a cell is written `\|`

        error[D032]: presence `可选` is not understood
          --> docs/api/thing.md:25:21
           |
        25 | | `kind` | `Kind` | 可选 | `"big"` | Its kind. |
           |                     ^^^^ required | optional | default `v` | always `v` | fixed `v` | if `field` = `v` | absent as `v`

        error[D012]: unknown type `jsontext`
          --> docs/api/thing.md:26:13
           |
        26 | | `size` | `jsontext` | if `kind` = `big` | `3` | Its size. |
           |             ^^^^^^^^ not a type of the page grammar
           |
           = help: types: string text bool int float unix_seconds json json_text file id<..> map<..> list<..> box<..> or the `Name` of a section

    "#]].assert_eq(&faults.render(&sources, false));
}
