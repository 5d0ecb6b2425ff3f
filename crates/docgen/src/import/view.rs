//! The little of one of our pages that is compared with a lock.

use crate::capture::model::Role;

/// One of our pages.
#[derive(Clone, Debug, Default)]
pub struct PageView {
    /// Path of the file.
    pub file: String,
    /// HTTP method.
    pub method: String,
    /// Path, placeholders as `{name}`.
    pub path: String,
    /// Scope.
    pub scope: String,
    /// Whether the fields of the answer stand inside `data`.
    pub data_envelope: bool,
    /// Whether the answer is a stream of events.
    pub stream: bool,
    /// Tables.
    pub tables: Vec<TableView>,
    /// Rows of the Deviations table.
    pub deviations: Vec<DeviationView>,
    /// Rows of the Deviations tables of the pages without a call, which speak for all.
    pub shared: Vec<DeviationView>,
}

/// A table of fields.
#[derive(Clone, Debug)]
pub struct TableView {
    /// Path of the page it stands on.
    pub file: String,
    /// Path, Query, Body, Response or Object.
    pub role: Role,
    /// Our name of the type.
    pub name: String,
    /// The vendor's names of it.
    pub vendor_names: Vec<String>,
    /// Rows.
    pub rows: Vec<FieldView>,
}

/// A field.
#[derive(Clone, Debug)]
pub struct FieldView {
    /// Name on the wire.
    pub name: String,
    /// Type in the page grammar.
    pub ty: String,
    /// When it is there.
    pub presence: PresenceView,
    /// Values, when the type is one of the page's enums.
    pub values: Vec<String>,
    /// Line on the page.
    pub line: usize,
}

/// When a field is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresenceView {
    /// Always.
    Required,
    /// Not always.
    Optional,
    /// Not always; this value is taken when it is not.
    Default(String),
    /// Only when another field has a value.
    If(String, String),
    /// This value stands for none.
    AbsentAs(String),
}

/// A row of the Deviations table.
#[derive(Clone, Debug)]
pub struct DeviationView {
    /// Place: our type and field, or `$.…`.
    pub at: String,
    /// Rule.
    pub rule: String,
    /// Path of the file.
    pub file: String,
    /// Line on the page.
    pub line: usize,
}

impl PageView {
    /// The rows of Deviations that speak for this page.
    pub fn explanations(&self) -> impl Iterator<Item = &DeviationView> {
        self.deviations.iter().chain(&self.shared)
    }

    /// Our table for a table of the vendor.
    pub fn table_for(&self, key: &str, data_type: Option<&str>) -> Vec<&TableView> {
        let base = key.split('#').next().unwrap_or(key);
        let role = match base {
            "path" => Some(Role::Path),
            "query" => Some(Role::Query),
            "body" => Some(Role::Body),
            "response" => Some(Role::Response),
            _ => None,
        };
        let inside =
            self.data_envelope && data_type.is_some_and(|name| name.eq_ignore_ascii_case(base));
        self.tables
            .iter()
            .filter(|table| match &role {
                Some(role) => {
                    table.role == *role && !(self.data_envelope && *role == Role::Response)
                }
                None => {
                    (inside && table.role == Role::Response)
                        || matches!(table.role, Role::Object(_) | Role::Response)
                            && (table.name.eq_ignore_ascii_case(base)
                                || table
                                    .vendor_names
                                    .iter()
                                    .any(|name| name.eq_ignore_ascii_case(base)))
                }
            })
            .collect()
    }

    /// A place of the vendor in our words: `OpenAPIX.field` is `X.field`, `response.code` is `$.code`.
    pub fn place(&self, at: &str, data_type: Option<&str>) -> String {
        if at.starts_with("$.") {
            return at.to_owned();
        }
        let (table, field) = at
            .split_once('.')
            .map_or((at, None), |(table, field)| (table, Some(field)));
        let ours = self.table_for(table, data_type);
        let base = table.split('#').next().unwrap_or(table);
        let has = |one: &&&TableView| {
            let field = field.and_then(|field| field.split('.').next());
            one.rows.iter().any(|row| Some(row.name.as_str()) == field)
        };
        match (ours.iter().find(has).or(ours.first()), field) {
            (Some(ours), Some(field))
                if base != "response"
                    || ours
                        .rows
                        .iter()
                        .any(|row| row.name == field.split('.').next().unwrap_or(field)) =>
            {
                format!("{}.{field}", ours.name)
            }
            (Some(ours), None) => ours.name.clone(),
            (_, Some(field)) if base == "response" => format!("$.{field}"),
            _ => at.to_owned(),
        }
    }
}
