//! Shapes of Markdown pages: what is read, and what is refused with a place.

mod import_support;

use docgen::capture::model::{Page, Role};
use docgen::rules;
use import_support::open;

fn page(text: &str) -> Page {
    open(text).unwrap_or_else(|faults| panic!("{faults:?}")).1
}

fn names(page: &Page, key: &str) -> Vec<String> {
    let table = page
        .tables
        .iter()
        .find(|table| table.key == key)
        .unwrap_or_else(|| panic!("no {key}"));
    table
        .rows
        .iter()
        .map(|row| {
            format!(
                "{}:{}",
                row.name.text,
                row.kind().map_or(String::new(), ToString::to_string)
            )
        })
        .collect()
}

const START: &str = "# Page\n## Basic information\n| **Method** | POST |\n| --- | --- |\n| **URL** | https://h/v1/x/{id} |\n| **Permission** | `doIt` <br> Needs it. |\n## Request parameters\n";

#[test]
fn english_pages() {
    let text = format!(
        "{START}### Path\n| **Parameter** | **Type** | **Required** | **Description** |\n| --- | --- | --- | --- |\n| id | String | Required | Id. |\n## Response\n| Field | Data type | Example | Description |\n|---|---|---|---|\n| data | Array\\<Item\\> | \\ | X |\n### Item\n| Field | Type | Description |\n|---|---|---|\n| ok | Boolean | y |\n"
    );
    let page = page(&text);
    assert_eq!(names(&page, "path"), ["id:string"]);
    assert_eq!(names(&page, "response"), ["data:list<Item>"]);
    assert_eq!(page.operations[0].scope.as_deref(), Some("doIt"));
    assert_eq!(page.operations[0].path(), "/v1/x/{id}");
}

#[test]
fn html_tables_with_spans() {
    let text = format!(
        "{START}### Body\n<table>\n<tr><th>参数</th><th>类型</th><th>是否必选</th><th>说明</th></tr>\n<tr><td>a_b</td><td>String</td><td rowspan=\"2\">必选</td><td>一<br>二</td></tr>\n<tr><td>c</td><td>Map&lt;String, Long&gt;</td><td>三</td></tr>\n</table>\n"
    );
    let page = page(&text);
    assert_eq!(names(&page, "body"), ["a_b:string", "c:map<int>"]);
    assert_eq!(page.field_rows(), 2);
}

#[test]
fn tables_in_lists_quotes_and_tabs() {
    let text = format!(
        "{START}### Body\n1. 步骤\n   | 参数 | 类型 | 说明 |\n   | --- | --- | --- |\n   | a | String | 甲 |\n\n> | 参数 | 类型 | 说明 |\n> | --- | --- | --- |\n> | b | Long | 乙 |\n\n<div type=\"doc-tabs\">\n<div type=\"tab-item\" title=\"丙\" key=\"k\">\n\n| 参数 | 类型 | 说明 |\n| --- | --- | --- |\n| c | File | 丙 |\n\n</div>\n</div>\n"
    );
    let page = page(&text);
    assert_eq!(page.field_rows(), 3);
    assert_eq!(names(&page, "body#3"), ["c:file"]);
}

#[test]
fn glued_tables_and_nested_names() {
    let text = format!(
        "{START}## 返回参数\n| **参数** | **类型** | **说明** |\n| --- | --- | --- |\n| usage | Object | 甲 |\n| »count | Integer | 乙 |\n| **参数** | **类型** | **说明** |\n| --- | --- | --- |\n| data.list[].id | String | 丙 |\n"
    );
    let page = page(&text);
    assert_eq!(names(&page, "response"), ["usage:object", "count:int"]);
    assert_eq!(names(&page, "response#2"), ["data.list[].id:string"]);
    assert_eq!(page.tables[1].rows[1].depth, 1);
}

#[test]
fn tables_without_types_are_read_and_not_counted() {
    let text = format!(
        "{START}## 错误码\n| **错误码** | **错误信息** | **说明** |\n| --- | --- | --- |\n| 4000 | invalid | 错 |\n|  | other | 错 |\n## 事件\n| **事件名称** | **说明** |\n| --- | --- |\n| done | 完 |\n"
    );
    let page = page(&text);
    assert_eq!((page.headed().count(), page.field_rows()), (2, 0));
    assert!(
        page.tables[1..]
            .iter()
            .all(|table| matches!(table.role, Role::Other(_)))
    );
}

#[test]
fn pipes_and_breaks_inside_cells() {
    let text = format!(
        "{START}### Body\n| 参数 | 类型 | 示例 | 说明 |\n| --- | --- | --- | --- |\n| a | String | x | 甲 `b|c` 乙 |\n| d | JSON Map | {{\n  \"k\": 1\n}} | 丙 |\n| e | String | \\| | 丁 |\n"
    );
    let page = page(&text);
    assert_eq!(names(&page, "body"), ["a:string", "d:map<?>", "e:string"]);
    let table = &page.tables[1];
    assert_eq!(table.rows[0].text.text, "甲 b|c 乙");
    assert_eq!(
        table.rows[2]
            .example
            .as_ref()
            .map(|cell| cell.text.as_str()),
        Some("|")
    );
}

#[test]
fn fences_hide_what_looks_like_structure() {
    let text = format!(
        "{START}## 示例\n~~~python\n# no heading\n| no | table |\n~~~\n````JSON\n```\n{{}}\n```\n````\n"
    );
    let page = page(&text);
    assert_eq!(page.headed().count(), 0);
    assert_eq!(page.examples.len(), 2);
}

#[test]
fn what_is_not_understood_is_refused_with_its_place() {
    let table = "| 参数 | 类型 | 是否必选 | 说明 |\n| --- | --- | --- | --- |\n";
    for (text, place) in [
        (
            format!("{START}### Body\n{table}| a | String | 也许 | x |\n"),
            ":11:16: `也许` is no word",
        ),
        (
            format!("{START}### Body\n{table}| a | 这是 什么 | 必选 | x |\n"),
            ":11:7: `这是 什么` is not understood",
        ),
        (
            format!("{START}### Body\n{table}| a | String | x |\n"),
            ":11:1: row has 3 cells",
        ),
        (
            format!("{START}### Body\n| a | b |\n"),
            ":9:1: a row outside a table",
        ),
        // A list in a cell ends a table without pipes at the ends of its rows.
        (
            format!(
                "{START}### Body\n参数| 类型| 是否必选| 说明\n---|---|---|---\na| String| 必选| 取值：\n  * 0：x\n\n  \nb| String| 可选| y\n"
            ),
            ":15:1: a row outside a table",
        ),
        (
            format!("{START}参数| 说明\n---|---\na| x\n\n文字\nb| y\n"),
            ":13:1: a row outside a table",
        ),
        (format!("{START}```JSON\n{{\n"), ":8:1: a code fence"),
        (
            format!("{START}<table><tr><td>a\n"),
            ":8:1: an HTML table that is not closed",
        ),
    ] {
        let faults = open(&text).expect_err("refused");
        assert!(
            faults.iter().any(|fault| fault.contains(place)),
            "{place}: {faults:?}"
        );
    }
}

#[test]
fn contradictions_are_found_and_agreement_is_not() {
    let page_of = |ty: &str, first: &str, second: &str| {
        format!(
            "{START}### Path\n| 参数 | 类型 | 是否必选 | 示例 | 说明 |\n| --- | --- | --- | --- | --- |\n| id | String | 必选 | 77*** | 号 |\n## 返回参数\n| 参数 | 类型 | 示例 | 说明 |\n| --- | --- | --- | --- |\n| data | Object of [Thing](#thing) | {{\"made_at\":{first}}} | 物 |\n### Thing\n| 参数 | 类型 | 示例 | 说明 |\n| --- | --- | --- | --- |\n| made_at | {ty} | 1752060786 | 时 |\n## 示例\n### 请求示例\n```Shell\ncurl --request POST 'https://h/v1/x/78***'\n```\n### 返回示例\n```JSON\n{{\n  \"data\": {{\n    \"made_at\": {second}\n  }}\n}}\n```\n"
        )
    };
    let rules = |text: &str| -> Vec<(&'static str, String)> {
        rules::hits(&page(text))
            .into_iter()
            .map(|one| (one.rule, one.at))
            .collect()
    };
    assert_eq!(rules(&page_of("Long", "1", "2")), []);
    assert_eq!(rules(&page_of("String", "\"1\"", "\"2\"")), []);
    let at = || "Thing.made_at".to_owned();
    assert_eq!(
        rules(&page_of("String", "1", "2")),
        [("T101", at()), ("T101", at())]
    );
    assert_eq!(
        rules(&page_of("String", "\"1\"", "2")),
        [("T101", at()), ("T107", at())]
    );
    let shape = page_of("Long", "1", "2").replace("x/78***", "x/7f***");
    assert_eq!(rules(&shape), [("T106", "path.id".to_owned())]);
    let call = page_of("Long", "1", "2").replace("--request POST", "--request GET");
    assert_eq!(rules(&call), [("T402", "$.method".to_owned())]);
    let key = page_of("Long", "1", "2").replace("{\n  \"data\"", "{\n  \"more\": 1,\n  \"data\"");
    assert_eq!(rules(&key), [("T301", "response.more".to_owned())]);
    let null = page_of("Long", "1", "null");
    assert_eq!(rules(&null), [("T103", at())]);
}
