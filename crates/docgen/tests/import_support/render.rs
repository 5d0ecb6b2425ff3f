//! Facts as pages.

use super::{Dice, Doc, Field, Sheet};
use std::fmt::Write as _;

fn heading(key: &str) -> String {
    match key {
        "body" => "Body".to_owned(),
        "query" => "Query".to_owned(),
        "response" => "返回参数".to_owned(),
        name => name.to_owned(),
    }
}

fn word(field: &Field) -> Option<&'static str> {
    field.required.map(|yes| if yes { "必选" } else { "可选" })
}

fn response() -> &'static str {
    "{\n  \"code\": 0,\n  \"msg\": \"好\"\n}"
}

fn curl(doc: &Doc) -> String {
    format!(
        "curl --location --request {} 'https://api.example.cn{}' \\\n--header 'X-Mark: 1'",
        doc.method, doc.path
    )
}

fn cells(field: &Field, columns: &[&str]) -> Vec<String> {
    columns
        .iter()
        .map(|column| match *column {
            "参数" => field.name.clone(),
            "类型" => field.ty.clone(),
            "是否必选" => word(field).unwrap_or("可选").to_owned(),
            "示例" => field.example.clone().unwrap_or_else(|| "\\".to_owned()),
            _ => field.text.clone(),
        })
        .collect()
}

fn columns(sheet: &Sheet, examples: bool) -> Vec<&'static str> {
    let mut columns = vec!["参数", "类型"];
    if sheet.fields[0].required.is_some() {
        columns.push("是否必选");
    }
    if examples {
        columns.push("示例");
    }
    columns.push("说明");
    columns
}

/// Format A, with navigation, outline and blank lines as they come.
pub fn a(doc: &Doc, dice: &mut Dice) -> String {
    let mut out = String::from("https://docs.example.cn/page\n\n菜单\n目录\n入门\n目录\n大纲\n");
    let _ = write!(out, "{}\n用一句话说明。\n基础信息\n\n", doc.title);
    let _ = write!(out, "请求方式\n\t\n{}\n\n\n", doc.method);
    let _ = write!(
        out,
        "请求地址\n\t\n\nhttps://api.example.cn{}\n\n\n\n",
        doc.path
    );
    let _ = write!(
        out,
        "权限\n\t\n{}\n需要这个权限。\n\n\n\n请求参数\n",
        doc.scope
    );
    let mut outline = vec!["基础信息".to_owned(), "请求参数".to_owned()];
    for sheet in &doc.sheets {
        let title = heading(&sheet.key);
        let _ = write!(out, "{title}\n\n");
        outline.push(title);
        let columns = columns(sheet, true);
        out.push_str(&columns.join("\n\t\n"));
        for field in &sheet.fields {
            out.push_str("\n\n\n");
            if dice.roll(6) == 0 {
                out.push('\n');
            }
            out.push_str(&cells(field, &columns).join("\n\t\n"));
        }
        out.push_str("\n\n\n\n");
        if dice.roll(3) == 0 {
            out.push('\n');
        }
    }
    let _ = write!(
        out,
        "示例\n请求示例\n\n{}\n\n返回示例\n\n{}\n\n错误码\n看错误的文档。\n\n",
        curl(doc),
        response()
    );
    outline.extend(["示例", "请求示例", "返回示例", "错误码"].map(str::to_owned));
    let _ = write!(
        out,
        "上一篇\n前页\n下一篇\n后页\n{}\nrangeDom",
        outline.join("\n")
    );
    out
}

/// Format B: no examples in tables.
pub fn b(doc: &Doc, dice: &mut Dice) -> String {
    let mut out = format!("{}\n用一句话说明。\n基础信息\n\n", doc.title);
    let _ = write!(
        out,
        "请求方式\n{}\n请求地址\n\nhttps://api.example.cn{}\n\n权限\n{}\n需要这个权限。\n\n",
        doc.method, doc.path, doc.scope
    );
    for sheet in &doc.sheets {
        let columns = columns(sheet, false);
        let _ = write!(out, "{}\n\n{}\n", heading(&sheet.key), columns.join("\n"));
        for field in &sheet.fields {
            let gap = "\n".repeat(dice.roll(3));
            let _ = writeln!(out, "{gap}{}", cells(field, &columns).join("\n"));
        }
        out.push('\n');
    }
    let _ = write!(
        out,
        "示例\n请求示例\n\n{}\n\n返回示例\n\n{}\n\n错误码\n看错误的文档。",
        curl(doc),
        response()
    );
    out
}

/// Format C: names in code spans, lower-case types.
pub fn c(doc: &Doc, dice: &mut Dice) -> String {
    let mut out = format!(
        "# {}\n\n一篇说明。\n\n---\n\n## 一、接口\n\n### 1. 请求方式\n\n",
        doc.title
    );
    let _ = write!(
        out,
        "- **HTTP 方法**：`{}`\n- **请求 URL**：`https://api.example.cn{}`\n\n",
        doc.method, doc.path
    );
    for sheet in &doc.sheets {
        let title = match sheet.key.as_str() {
            "body" => "### 2. 请求参数（Request Body）".to_owned(),
            "query" => "### 2. 查询参数（Query Parameters）".to_owned(),
            "response" => "### 3. 响应参数（Response）".to_owned(),
            name => format!("#### {name}"),
        };
        let _ = write!(out, "{title}\n\n");
        let columns = columns(sheet, false);
        pipes(&mut out, sheet, &columns, true, dice);
    }
    let _ = write!(
        out,
        "#### 响应示例\n\n**成功示例**：\n```json\n{}\n```\n\n## 二、其他\n\n- 说明：完\n",
        response()
    );
    out
}

fn pipes(out: &mut String, sheet: &Sheet, columns: &[&str], third: bool, dice: &mut Dice) {
    let pad = " ".repeat(1 + dice.roll(3));
    let head: Vec<String> = columns
        .iter()
        .map(|word| match (*word, third) {
            ("参数", true) => "参数名".to_owned(),
            ("是否必选", true) => "必填".to_owned(),
            (word, true) => word.to_owned(),
            (word, false) => format!("**{word}**"),
        })
        .collect();
    let _ = writeln!(out, "| {} |", head.join(" | "));
    let _ = writeln!(out, "|{}", " --- |".repeat(columns.len()));
    for field in &sheet.fields {
        let cells: Vec<String> = cells(field, columns)
            .into_iter()
            .zip(columns)
            .map(|(text, column)| {
                let text = text.replace('|', "\\|").replace('\n', " <br> ");
                match (*column, third) {
                    ("参数", true) => format!("`{text}`"),
                    ("类型", false) => text
                        .strip_prefix("Object of ")
                        .map_or(text.clone(), |name| {
                            format!("Object of [{name}](#{})", name.to_lowercase())
                        }),
                    _ => text,
                }
            })
            .collect();
        let _ = writeln!(out, "|{pad}{}{pad}|", cells.join(&format!("{pad}|{pad}")));
    }
    out.push('\n');
}

/// The vendor's Markdown, with tabs, a table of limits and one glued to the table before it.
pub fn official(doc: &Doc, dice: &mut Dice) -> String {
    let mut out = format!(
        "# {}\n用一句话**说明**，见[那页](https://docs.example.cn/x)。\n",
        doc.title
    );
    out.push_str("## 接口限制\n| **限制项** | **说明** |\n| --- | --- |\n| 流控 | 每秒 5 次。 |\n\n## 基础信息\n");
    let _ = writeln!(out, "| **请求方式** | {} |\n| --- | --- |", doc.method);
    let _ = writeln!(
        out,
        "| **请求地址** | ```Plain Text <br> https://api.example.cn{} <br> ``` <br>  |",
        doc.path
    );
    let _ = writeln!(out, "| **权限** | `{}` <br> 需要这个权限。 |", doc.scope);
    out.push_str("## 请求参数\n");
    for sheet in &doc.sheets {
        let level = if sheet.key == "response" { "##" } else { "###" };
        let _ = writeln!(out, "{level} {}", heading(&sheet.key));
        pipes(&mut out, sheet, &columns(sheet, true), false, dice);
        if dice.roll(2) == 0 {
            out.truncate(out.trim_end().len());
            out.push('\n');
        }
    }
    let _ = write!(
        out,
        "## 示例\n### 请求示例\n```JSON\n{}\n```\n\n### 返回示例\n",
        curl(doc)
    );
    let _ = write!(
        out,
        "\n<div type=\"doc-tabs\">\n<div type=\"tab-item\" title=\"成功\" key=\"k1\">\n\n```JSON\n{}\n```\n\n</div>\n</div>\n",
        response()
    );
    out.push_str("## 错误码\n看[错误](https://docs.example.cn/e)的文档。\n");
    out
}

/// Format D: the response and its objects as schemas.
pub fn d(doc: &Doc, dice: &mut Dice) -> String {
    let method = doc.method.to_lowercase();
    let mut out = format!(
        "> 索引\n\n# {}\n\n> 一句话。\n\n## OpenAPI\n\n````yaml /api.json {method} {}\n",
        doc.title, doc.path
    );
    let _ = write!(
        out,
        "openapi: 3.0.1\ninfo:\n  title: 说明\n  version: 1.0.0\nservers:\n  - url: https://api.example.cn\npaths:\n  {}:\n    {method}:\n      summary: 做\n      responses:\n        '200':\n          description: 好\n          content:\n            application/json:\n              schema:\n                $ref: '#/components/schemas/response'\n              examples:\n                one:\n                  value:\n                    code: {}\n                    msg: 好\ncomponents:\n  schemas:\n",
        doc.path,
        dice.roll(3)
    );
    for sheet in doc
        .sheets
        .iter()
        .filter(|sheet| sheet.key != "body" && sheet.key != "query")
    {
        let _ = write!(
            out,
            "    {}:\n      type: object\n      properties:\n",
            sheet.key
        );
        for field in &sheet.fields {
            let _ = writeln!(out, "        {}:", field.name);
            let ty = match field.ty.as_str() {
                "String" => "type: string".to_owned(),
                "Long" | "Integer" => "type: integer".to_owned(),
                "Boolean" => "type: boolean".to_owned(),
                "Double" => "type: number".to_owned(),
                "JSON Map" => "type: object\n          additionalProperties: true".to_owned(),
                "Array of String" => {
                    "type: array\n          items:\n            type: string".to_owned()
                }
                named => format!(
                    "$ref: '#/components/schemas/{}'",
                    named.trim_start_matches("Object of ")
                ),
            };
            let _ = writeln!(
                out,
                "          {ty}\n          description: >-\n            {}",
                field.text.replace('\n', " ")
            );
        }
    }
    out.push_str("````\n");
    out
}
