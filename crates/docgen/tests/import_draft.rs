//! A draft is a page that lacks its words and nothing else.

use docgen::{
    compare::views,
    diagnostic::Diagnostics,
    import::{Options, run},
    set::{self, SETS},
    source::Sources,
};
use std::path::{Path, PathBuf};

/// A page as the service writes them: a list below `data`, listed values, defaults, ids, a shared object.
const PAGE: &str = r#"# 列表
说明
## 基础信息
| **请求方式** | GET |
| --- | --- |
| **请求地址** | https://api.coze.cn/v1/things |
| **权限** | `listThing` |
## 请求参数
### Header
| **参数** | **取值** | **说明** |
| --- | --- | --- |
| Authorization | Bearer $Access_Token | 令牌 |
### Query
| **参数** | **类型** | **是否必选** | **示例** | **说明** |
| --- | --- | --- | --- | --- |
| workspace_id | String | 必选 | 512394*** | 空间 |
| publish_status | String | 可选 | all | 枚举值： <br> * all：所有。 <br> * published_online：（默认）正式版。 <br> * unpublished_draft：草稿。 |
| page_size | Integer | 可选 | 20 | 默认为 20。 |
| keywords | Array of String | 可选 |  | 名称 |
## 返回参数
| **参数** | **类型** | **示例** | **说明** |
| --- | --- | --- | --- |
| data | Object of [OpenThingList](#openthinglist) | \ | 数据 |
| code | Long | 0 | 状态码 |
| msg | String | "" | 信息 |
| detail | Object of [ResponseDetail](#responsedetail) | {"logid":"2024"} | 详情 |
### OpenThingList
| **参数** | **类型** | **示例** | **说明** |
| --- | --- | --- | --- |
| items | Array of [OpenThing](#openthing) | \ | 列表 |
| total | Long | 2 | 数量 |
### OpenThing
| **参数** | **类型** | **示例** | **说明** |
| --- | --- | --- | --- |
| thing_id | String | 7493*** | ID |
| creator | Object of [OpenAPIUserInfo](#openapiuserinfo) | \ | 创建者 |
| shape | String | round | 枚举值： <br> * round：圆。 <br> * square：方。 |
| updated_at | Long | 1718289297 | Unix 时间戳，单位为秒 |
### OpenAPIUserInfo
| **参数** | **类型** | **示例** | **说明** |
| --- | --- | --- | --- |
| id | String | 247*** | ID |
| name | String | ada | 名称 |
### ResponseDetail
| **参数** | **类型** | **示例** | **说明** |
| --- | --- | --- | --- |
| logid | String | 2024 | 日志 |
## 示例
### 返回示例
```JSON
{ "code": 0, "msg": "", "data": { "items": [{ "thing_id": "1", "creator": { "id": "2", "name": "ada" }, "shape": "round", "updated_at": 1718289297 }], "total": 1 } }
```
"#;

#[test]
fn a_draft_has_no_fault_but_its_missing_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let pages = set::read_pages(&root, &SETS[0]).unwrap();
    let mut sources = Sources::new();
    let api = set::load(SETS[0].pages, &pages, &mut sources, &mut Diagnostics::new());
    let views = views(&api, &sources);
    let folder: PathBuf = std::env::temp_dir().join(format!("docgen-draft-{}", std::process::id()));
    let options = Options {
        root: folder.clone(),
        names: vec!["thing/list".to_owned()],
        ..Options::default()
    };
    let outcome = run(
        &[("list_things.md".to_owned(), PAGE.into())],
        &views,
        &options,
    );
    let draft = std::fs::read_to_string(folder.join("thing/list.md"));
    let _ = std::fs::remove_dir_all(&folder);
    assert_eq!(
        (outcome.code, outcome.errors.as_str()),
        (0, ""),
        "{}",
        outcome.out
    );
    let draft = draft.unwrap();

    for line in [
        "| Operation | `list_thing` |",
        "| Envelope | `data` |",
        "| Scope | `listThing` |",
        "| Source | <https://www.coze.cn/open/docs/developer_guides/list_things> |",
        "## Query `ListThing`",
        "| `workspace_id` | `id<workspace>` | required | `\"512394\"` | TODO |",
        "| `publish_status` | `PublishStatus` | default `\"published_online\"` | `\"all\"` | TODO |",
        "| `page_size` | `int` | default `20` | `20` | TODO |",
        "| `keywords` | `string` | optional |  | TODO |",
        "## Response `ThingList` = `OpenThingList`",
        "| `items` | `list<Thing>` | optional |  | TODO |",
        "## Object `Thing` = `OpenThing`",
        "| `creator` | `UserInfo` | optional |  | TODO |",
        "| `shape` | `Shape` | optional | `\"round\"` | TODO |",
        "| `updated_at` | `unix_seconds` | optional | `1718289297` | TODO |",
        "| `square` | TODO |",
        "| `ListThing.keywords` | `T603` | `Array of String` | `string` |",
    ] {
        assert!(draft.contains(line), "no {line} in\n{draft}");
    }
    assert!(
        !draft.contains("| `code` |") && !draft.contains("`ResponseDetail`"),
        "{draft}"
    );

    let mut whole = pages;
    whole.push(("thing/list".to_owned(), draft.clone()));
    let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
    set::load(SETS[0].pages, &whole, &mut sources, &mut faults);
    let codes = faults.sorted();
    assert!(
        codes.iter().all(|fault| fault.code == "D036"),
        "{}",
        faults.render(&sources, false)
    );
    assert_eq!(codes.len(), draft.matches("TODO").count());

    whole.last_mut().unwrap().1 = draft.replace("TODO", "Words.");
    let (mut sources, mut faults) = (Sources::new(), Diagnostics::new());
    set::load(SETS[0].pages, &whole, &mut sources, &mut faults);
    assert!(faults.is_empty(), "{}", faults.render(&sources, false));
}
