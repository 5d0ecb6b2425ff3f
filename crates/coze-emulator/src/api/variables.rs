//! Variables that agents and apps keep for their users. Definitions declare none, so every name is taken.

use axum::{extract::Request, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    ids::{API_CHANNEL, USER_ID},
    render::{Members, data},
    request::{
        Context, Problem, body,
        query::{self, Pairs},
        required,
    },
    store::Owner,
};

#[derive(Debug, Deserialize)]
struct Update {
    app_id: Option<String>,
    bot_id: Option<String>,
    connector_id: Option<String>,
    connector_uid: Option<String>,
    data: Option<Vec<Entry>>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    keyword: Option<String>,
    value: Option<String>,
}

/// `GET /v1/variables`.
pub(super) async fn read(context: Context, query: Pairs) -> Response {
    context.respond(found(&context, &query))
}

fn found(context: &Context, query: &Pairs) -> Result<Members, Problem> {
    let text = |name| query::text(query, name);
    let owner = owner(
        text("app_id"),
        text("bot_id"),
        text("connector_id"),
        text("connector_uid"),
    )?;
    let wanted: Option<Vec<&str>> = text("keywords").map(|names| names.split(',').collect());
    let all = context.core.variables.of(&owner);
    let items: Vec<Value> = all
        .iter()
        .filter(|(name, _)| {
            let mut wanted = wanted.iter().flatten().peekable();
            wanted.peek().is_none() || wanted.any(|wanted| wanted == name)
        })
        .map(|(name, variable)| {
            json!({
                "keyword": name,
                "value": variable.value,
                "create_time": variable.created,
                "update_time": variable.updated,
            })
        })
        .collect();
    Ok(data(json!({ "items": items })))
}

/// `PUT /v1/variables`.
pub(super) async fn update(context: Context, request: Request) -> Response {
    context.respond(updated(&context, request).await)
}

async fn updated(context: &Context, request: Request) -> Result<Members, Problem> {
    let update: Update = body::object(request).await?;
    let owner = owner(
        update.app_id.as_deref(),
        update.bot_id.as_deref(),
        update.connector_id.as_deref(),
        update.connector_uid.as_deref(),
    )?;
    let entries = update.data.unwrap_or_default();
    if entries.is_empty() {
        return Err(Problem::missing("data"));
    }
    let values = entries.into_iter().map(|entry| {
        let name = required("keyword", entry.keyword.as_deref())?.to_owned();
        let value = entry.value.ok_or_else(|| Problem::missing("value"))?;
        Ok((name, value))
    });
    let values = values.collect::<Result<_, Problem>>()?;
    let now = context.core.clock.seconds();
    context.core.variables.set(owner, values, now);
    Ok(Members::new())
}

fn owner(
    app_id: Option<&str>,
    bot_id: Option<&str>,
    connector_id: Option<&str>,
    user: Option<&str>,
) -> Result<Owner, Problem> {
    let named = |id: Option<&str>| id.filter(|id| !id.is_empty()).map(str::to_owned);
    let ((Some(of), None) | (None, Some(of))) = (named(app_id), named(bot_id)) else {
        let message = "exactly one of 'app_id' and 'bot_id' must be set";
        return Err(Problem::value(message));
    };
    Ok(Owner {
        of,
        connector_id: named(connector_id).unwrap_or_else(|| API_CHANNEL.into()),
        // The page requires it, an example of an official SDK leaves it out.
        user: named(user).unwrap_or_else(|| USER_ID.into()),
    })
}
