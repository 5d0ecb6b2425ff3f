//! Recorded exchanges: a request, and the response as it came.

use super::{response, stream};
use crate::{
    api::{Api, Module},
    check::{Fit, Misfit},
    page::ast::Envelope,
};
use serde_json::Value;

/// Stands for what a recording leaves out.
const OMITTED: &str = "\u{fffd}";

/// What of an exchange is judged.
#[derive(Clone, Debug)]
pub struct Exchange {
    method: String,
    /// Without its query.
    path: String,
    status: u16,
    events: bool,
    body: String,
}

/// What the pages say about an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// No page describes the call, or none says what its failures are.
    NoPage,
    /// The body is no JSON, or the recording does not hold the whole of it.
    Unread,
    /// What does not fit; empty when all does.
    Against(Vec<Misfit>),
}

impl Exchange {
    /// Reads `{"request": {method, path}, "response": {status, headers, chunks: [{text}]}}`; `None` for
    /// other JSON and for a request that got no response.
    pub fn read(json: &Value) -> Option<Self> {
        let (request, response) = (json.get("request")?, json.get("response")?);
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let headers = response.get("headers")?.as_array()?;
        let events = headers.iter().any(|pair| {
            let part = |at: usize| pair.get(at).and_then(Value::as_str).unwrap_or_default();
            part(0).eq_ignore_ascii_case("content-type") && part(1).starts_with("text/event-stream")
        });
        let chunks = response.get("chunks")?.as_array()?.iter();
        let body = chunks.map(|chunk| {
            let text = chunk.get("text").and_then(Value::as_str);
            text.unwrap_or(OMITTED)
        });
        let path = text(request.get("path")?)?;
        Some(Self {
            method: text(request.get("method")?)?,
            path: path.split('?').next().unwrap_or_default().to_owned(),
            status: response.get("status")?.as_u64()?.try_into().ok()?,
            events,
            body: body.collect(),
        })
    }

    /// Method and path.
    pub fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// Judges the response. Pages may leave out the first segments of the path, which belong to the base
    /// URL.
    pub fn judge(&self, api: &Api) -> Judged {
        let Some(module) = self.module(api) else {
            return Judged::NoPage;
        };
        if self.events {
            return Judged::Against(stream(api, module, &self.body, Some(OMITTED)));
        }
        let Ok(json) = serde_json::from_str::<Value>(&self.body) else {
            return Judged::Unread;
        };
        if self.status < 400 {
            return Judged::Against(response(api, module, &json));
        }
        let failure = module
            .page
            .endpoint
            .as_ref()
            .and_then(|e| e.failure.as_ref());
        let Some(failure) = failure else {
            return Judged::NoPage;
        };
        let mut misfits = Vec::new();
        Fit { api }.object(&failure.value, &json, "$", &mut misfits);
        Judged::Against(misfits)
    }

    /// The page of the call; of two pages for one call, the one whose response has the same form.
    fn module<'a>(&self, api: &'a Api) -> Option<&'a Module> {
        let fits = |module: &&Module| {
            let Some(endpoint) = &module.page.endpoint else {
                return false;
            };
            endpoint.method.value.word() == self.method
                && ends_with(&self.path, &endpoint.path.value)
        };
        let form = |module: &&Module| {
            let endpoint = module.page.endpoint.as_ref();
            endpoint.is_some_and(|e| (e.envelope.value == Envelope::Events) == self.events)
        };
        let found: Vec<_> = api.pages.iter().filter(fits).collect();
        let same = found.iter().copied().find(form);
        same.or_else(|| found.first().copied())
    }
}

/// Whether the last segments of a path are those of a template.
fn ends_with(path: &str, template: &str) -> bool {
    let (mut path, template) = (path.rsplit('/'), template.trim_start_matches('/'));
    template.rsplit('/').all(|wanted| {
        let found = path.next();
        found.is_some_and(|found| found == wanted || wanted.starts_with('{') && !found.is_empty())
    })
}
