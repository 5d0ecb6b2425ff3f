//! Nodes that play something outside: a model, a server, a program.

use serde_json::{Map, Value, json};

use super::{
    execution::{Execution, failed},
    scope::Scope,
};
use crate::{
    definition::{Case, Code, Filled, Http, Llm, Mistake, Step, Tokens},
    runs::Failure,
};

/// Bytes of UTF-8 that count as one token where a definition names no number.
const BYTES_PER_TOKEN: usize = 4;

impl Execution {
    pub(super) async fn llm(&self, step: &Step, node: &Llm, own: &Scope) -> Result<Value, Failure> {
        let request = self.llm_request(step, node, own)?;
        let mut scope = own.clone();
        scope.set("request", &request);
        self.wait(node.latency).await;
        let said = self.scripted(step, &node.cases, node.returns.as_ref(), &scope)?;
        let tokens = node.tokens.unwrap_or_else(|| Tokens {
            input: tokens_of(&request["system"]) + tokens_of(&request["prompt"]),
            output: tokens_of(&said),
        });
        self.wait(node.pace * u64::from(tokens.output)).await;
        self.run.used(tokens);
        match said {
            Value::Object(_) => Ok(said),
            Value::String(_) => Ok(json!({ "output": said })),
            other => Ok(json!({ "output": other.to_string() })),
        }
    }

    pub(super) fn llm_request(
        &self,
        step: &Step,
        node: &Llm,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let title = step.node.title();
        Ok(json!({
            "model": node.model,
            "system": self.text(title, &node.system, own)?,
            "prompt": self.text(title, &node.prompt, own)?,
        }))
    }

    pub(super) async fn http(
        &self,
        step: &Step,
        node: &Http,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let mut scope = own.clone();
        scope.set("request", &self.http_request(step, node, own)?);
        self.wait(node.latency).await;
        let response = self.scripted(step, &node.cases, node.returns.as_ref(), &scope)?;
        let mut output = json!({ "status": 200, "headers": {}, "body": null });
        let parts = response.as_object().into_iter().flatten();
        for (name, part) in parts {
            output[name] = part.clone();
        }
        Ok(output)
    }

    pub(super) fn http_request(
        &self,
        step: &Step,
        node: &Http,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let title = step.node.title();
        let mut headers = Map::new();
        for (name, value) in &node.headers {
            headers.insert(name.clone(), self.text(title, value, own)?.into());
        }
        Ok(json!({
            "method": node.method,
            "url": self.text(title, &node.url, own)?,
            "headers": headers,
            "body": self.value(title, &node.body, own)?,
        }))
    }

    pub(super) async fn code(
        &self,
        step: &Step,
        node: &Code,
        own: &Scope,
    ) -> Result<Value, Failure> {
        let mut scope = Scope::new(&self.values(step.node.title(), &node.inputs, own)?);
        for name in ["call", "attempt"] {
            if let Some(number) = own.get(name) {
                scope.set_missing(name, &number);
            }
        }
        self.wait(node.latency).await;
        let computed = self.scripted(step, &node.cases, node.returns.as_ref(), &scope)?;
        if computed.is_object() {
            return Ok(computed);
        }
        let message = format!("a code node returns an object, not {computed}");
        Err(failed(step.node.title(), message))
    }

    /// The result of the first case that fits.
    fn scripted(
        &self,
        step: &Step,
        cases: &[Case],
        otherwise: Option<&Filled>,
        scope: &Scope,
    ) -> Result<Value, Failure> {
        let title = step.node.title();
        for case in cases {
            let fits = match &case.when {
                Some(when) => self.is_true(title, when, scope)?,
                None => true,
            };
            if !fits {
                continue;
            }
            if let Some(refusal) = &case.fail {
                let refusal = &refusal.value;
                return Err(Failure {
                    code: refusal.code,
                    message: self.text(title, &refusal.message, scope)?,
                    is_mistake: false,
                });
            }
            if let Some(result) = &case.returns {
                return self.value(title, result, scope);
            }
        }
        if let Some(result) = otherwise {
            return self.value(title, result, scope);
        }
        let message = "no case fits, and there is no 'returns'";
        Err(self.mistaken(title, Mistake::new(step.place, message)))
    }
}

/// The tokens of a text, or of a value as JSON.
fn tokens_of(value: &Value) -> u32 {
    let bytes = match value {
        Value::String(text) => text.len(),
        other => other.to_string().len(),
    };
    u32::try_from(bytes.div_ceil(BYTES_PER_TOKEN)).unwrap_or(u32::MAX)
}
