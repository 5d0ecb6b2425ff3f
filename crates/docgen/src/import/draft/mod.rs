//! The draft of a page: tables, enums, examples and deviations. The words are left to a person.

mod field;
mod known;
mod names;
mod payload;
mod write;

pub use known::Known;

use crate::capture::Page;
use crate::capture::model::{Role, Table};
use crate::compare::Facts;
use crate::rules::{self, Finding};
use field::Field;
use heck::ToUpperCamelCase as _;
use names::{Names, rows};
use payload::{Payload, payload};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use write::{an_enum, escape, head, section};

/// Writes the draft of an operation's page, whose name is as in `conversation/list`. Texts say `TODO`, so
/// that it is refused until a person has written them.
pub fn draft(page: &Page, op: usize, facts: &Facts, name: &str, known: &Known<'_>) -> String {
    let operation = operation(name);
    let request = operation.to_upper_camel_case();
    let mut draft = Draft {
        names: Names::new(known, request),
        objects: BTreeMap::new(),
    };
    draft.write(page, op, facts, &operation)
}

/// `declared X, Y in an example` as words of a page.
fn plain(message: &str) -> String {
    let said = message
        .strip_prefix("declared ")
        .and_then(|rest| rest.split_once(", "));
    let text = said.map(|(ty, rest)| format!("`{ty}` in the table, {rest}"));
    escape(&text.unwrap_or_else(|| message.to_owned()))
}

/// Objects of a page that ours have under another name, with the number of rows they share.
pub(super) fn similar(
    page: &Page,
    op: usize,
    known: &Known<'_>,
) -> Vec<(String, String, usize, usize)> {
    let objects = page.tables_of(op).filter(|table| table.has_types());
    let found = objects.filter_map(|table| {
        let Role::Object(name) = &table.role else {
            return None;
        };
        if known.object(name, &rows(table)).is_some() {
            return None;
        }
        let (ours, count) = known.similar(table)?;
        Some((name.clone(), ours.name.clone(), count, table.rows.len()))
    });
    found.collect()
}

/// `conversation/list` is `list_conversation`, `chat/list-messages` is `list_messages`.
fn operation(name: &str) -> String {
    let (folder, verb) = name.rsplit_once('/').unwrap_or(("", name));
    let noun = folder.rsplit('/').next().unwrap_or_default();
    let words = if verb.contains(['-', '_']) || noun.is_empty() {
        verb.to_owned()
    } else {
        format!("{verb}_{noun}")
    };
    let word = |c: char| {
        if c.is_ascii_alphanumeric() {
            c.to_ascii_lowercase()
        } else {
            '_'
        }
    };
    words.chars().map(word).collect()
}

struct Draft<'a> {
    names: Names<'a>,
    /// Rows of the objects of this page, by our name.
    objects: BTreeMap<String, Vec<Field>>,
}

impl Draft<'_> {
    fn write(&mut self, page: &Page, op: usize, facts: &Facts, operation: &str) -> String {
        let tables: Vec<&Table> = page.tables_of(op).filter(|one| one.has_types()).collect();
        let payload = payload(&tables);
        let reply = self.names.find(&tables, &payload);
        let mut out = head(facts, operation, &payload, reply.as_deref(), &page.name);
        let (mut sent, mut received) = (Vec::new(), Vec::new());
        let request = self.names.request.clone();
        for table in &tables {
            let (role, name, vendor) = match &table.role {
                Role::Path => ("Path", request.clone(), None),
                Role::Query => ("Query", request.clone(), None),
                Role::Body => ("Body", request.clone(), None),
                _ if payload.table.is_some_and(|one| std::ptr::eq(one, *table)) => {
                    if reply.is_some() {
                        continue;
                    }
                    let vendor = match &table.role {
                        Role::Object(vendor) => Some(vendor),
                        _ => None,
                    };
                    let own = vendor.and_then(|vendor| self.names.objects.get(vendor).cloned());
                    let name = own.unwrap_or_else(|| format!("{request}Reply"));
                    ("Response", name, vendor)
                }
                Role::Object(vendor) => match self.names.objects.get(vendor) {
                    Some(name)
                        if !self.names.known.has(name) && !self.objects.contains_key(name) =>
                    {
                        ("Object", name.clone(), Some(vendor))
                    }
                    _ => continue,
                },
                _ => continue,
            };
            let mut fields = self.names.fields(table, &name);
            if role == "Response" {
                fields.retain(|field| !payload.without.contains(&field.name.as_str()));
            }
            match role {
                "Body" => sent.clone_from(&fields),
                "Response" => received.clone_from(&fields),
                _ => {}
            }
            section(&mut out, role, &name, vendor, &fields);
            // Path, query and body are one request.
            self.objects.entry(name).or_default().extend(fields);
        }
        for (name, values) in &self.names.enums {
            an_enum(&mut out, name, values);
        }
        self.examples(&mut out, &payload, &sent, &received);
        self.deviations(&mut out, page, op, &tables);
        out
    }

    fn examples(
        &self,
        out: &mut String,
        payload: &Payload<'_>,
        sent: &[Field],
        received: &[Field],
    ) {
        let sent = Value::Object(self.object(sent, &mut Vec::new()));
        let received = Value::Object(self.object(received, &mut Vec::new()));
        let mut whole = json!({ "code": 0, "msg": "" });
        match (payload.envelope, received) {
            ("data", value) => whole["data"] = value,
            ("data list", value) => whole["data"] = json!([value]),
            (_, Value::Object(members)) => whole.as_object_mut().into_iter().for_each(|whole| {
                whole.extend(members.clone());
            }),
            _ => {}
        }
        whole["detail"] = json!({ "logid": "20260101120000ABCDEF" });
        out.push_str("\n## Examples\n");
        let has_body = sent.as_object().is_some_and(|sent| !sent.is_empty());
        for (heading, value) in [("Request", sent), ("Response", whole)] {
            if heading == "Response" || has_body {
                let _ = write!(out, "\n### {heading} `usual`\n\n```json\n{value:#}\n```\n");
            }
        }
    }

    /// An object made of the examples of its rows.
    fn object(&self, fields: &[Field], above: &mut Vec<String>) -> Map<String, Value> {
        let member = |field: &Field, above: &mut Vec<String>| {
            let wrap = |ty: &str| ty.strip_suffix('>').map(str::to_owned);
            let list = field.ty.strip_prefix("list<").and_then(wrap);
            let name = list.as_deref().unwrap_or(&field.ty);
            match self.objects.get(name) {
                Some(rows) if !above.iter().any(|one| one == name) => {
                    above.push(name.to_owned());
                    let value = Value::Object(self.object(rows, above));
                    above.pop();
                    Some(if list.is_some() {
                        json!([value])
                    } else {
                        value
                    })
                }
                _ => field.example.clone(),
            }
        };
        let members = fields.iter();
        let members = members.filter_map(|field| Some((field.name.clone(), member(field, above)?)));
        members.collect()
    }

    fn deviations(&self, out: &mut String, page: &Page, op: usize, tables: &[&Table]) {
        let mut rows: Vec<String> = rules::run(page)
            .into_iter()
            .filter(|one| one.op.is_none_or(|own| own == op))
            .map(|one| self.deviation(&one, tables))
            .collect();
        for (name, fields) in &self.objects {
            let lost = fields.iter().filter(|field| field.required);
            let differing = fields.iter();
            let differing = differing.filter_map(|field| Some((field, field.differs.as_ref()?)));
            rows.extend(differing.map(|(Field { name: own, ty, .. }, said)| {
                format!("| `{name}.{own}` | `T603` | `{said}` | `{ty}` |")
            }));
            let defaults = fields.iter();
            let defaults = defaults.filter_map(|field| Some((field, field.default.as_ref()?)));
            rows.extend(defaults.map(|(field, said)| {
                let at = format!("{name}.{}", field.name);
                format!("| `{at}` | `T603` | default `{said}` | no default |")
            }));
            let more = fields.iter().filter(|field| !field.more.is_empty());
            rows.extend(more.map(
                |Field {
                     name: own, more, ..
                 }| {
                    let values: Vec<String> =
                        more.iter().map(|one| format!("value `{one}`")).collect();
                    let values = values.join(", ");
                    format!("| `{name}.{own}` | `T603` | no value | {values}: the set is open |")
                },
            ));
            rows.extend(lost.map(|field| {
                let at = format!("{name}.{}", field.name);
                format!("| `{at}` | `T603` | required by the table | optional: a response may lack any field |")
            }));
        }
        if !rows.is_empty() {
            out.push_str("\n## Deviations\n\n| At | Rule | Vendor page | Decision |\n| :-- | :-- | :-- | :-- |\n");
            let _ = writeln!(out, "{}", rows.join("\n"));
        }
    }

    fn deviation(&self, one: &Finding, tables: &[&Table]) -> String {
        let at = self.place(&one.at, tables);
        let (object, name) = at.split_once('.').unwrap_or((&at, ""));
        let own = self.objects.get(object).into_iter().flatten();
        let mut own = own
            .filter(|field| field.name == name)
            .map(|field| field.ty.clone());
        let ty = own.next().or_else(|| self.names.known.field(object, name));
        let lenient = |ty: &&String| {
            let words = ["unix_seconds", "id<", "int", "text", "json_text"];
            words.iter().any(|word| ty.starts_with(word))
        };
        let both = || match ty.as_ref().filter(lenient) {
            Some(ty) => format!("`{ty}` reads both"),
            None => "as the table says".to_owned(),
        };
        let (vendor, decision) = match one.rule {
            "T404" => (
                "listed although the request has no body".to_owned(),
                "not sent".to_owned(),
            ),
            "T703" => (
                "`String` described as Unix time".to_owned(),
                "`unix_seconds`".to_owned(),
            ),
            "T102" => (
                "the example is not of its own type".to_owned(),
                "as the table says".to_owned(),
            ),
            "T103" => (
                "`null` in an example".to_owned(),
                "read as absent".to_owned(),
            ),
            "T108" => (
                "the example shows the inside of a JSON string".to_owned(),
                "text, as it is on the wire".to_owned(),
            ),
            "T301" => (
                "in an example, without a row".to_owned(),
                if ty.is_some() { "optional" } else { "left out" }.to_owned(),
            ),
            "T303" => (
                "required, but missing in an example".to_owned(),
                "optional".to_owned(),
            ),
            "T101" | "T107" => (plain(&one.message), both()),
            _ => (escape(&one.message), "TODO".to_owned()),
        };
        format!("| `{at}` | `{}` | {vendor} | {decision} |", one.rule)
    }

    /// A place of the source in our words.
    fn place(&self, at: &str, tables: &[&Table]) -> String {
        let (table, rest) = at.split_once('.').unwrap_or((at, ""));
        let ours = match table {
            "$" => return at.to_owned(),
            "path" | "query" | "body" => Some(&self.names.request),
            "response" => {
                let reply = format!("{}Reply", self.names.request);
                return if self.objects.contains_key(&reply) && rest != "data" {
                    format!("{reply}.{rest}")
                } else {
                    format!("$.{rest}")
                };
            }
            _ => {
                let own = tables.iter().find(|one| one.key == table);
                match own.map(|one| &one.role) {
                    Some(Role::Object(name)) => self.names.objects.get(name),
                    _ => None,
                }
            }
        };
        match (ours, rest) {
            (Some(ours), "") => ours.clone(),
            (Some(ours), rest) => format!("{ours}.{rest}"),
            (None, _) => at.to_owned(),
        }
    }
}
