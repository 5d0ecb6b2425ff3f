//! What workflows take, asked once.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::{Map, Value};

use crate::{Engine, EngineError, InputProblem, InputSchema};

/// As many schemas are kept; with one more all are forgotten.
const MOST: usize = 256;

/// What the workflows of one engine take, each asked for once; clones share it.
///
/// A schema that is kept may be that of an earlier version. So a problem counts only if a schema that was asked for anew
/// has it too; what a later version has made wrong, the server tells.
#[derive(Clone, Debug, Default)]
pub struct SchemaCache(Arc<Mutex<BTreeMap<String, Option<InputSchema>>>>);

impl SchemaCache {
    /// An empty cache.
    pub fn new() -> Self {
        Self::default()
    }

    /// All that is wrong with these inputs; nothing where the engine does not tell what the workflow takes.
    ///
    /// # Errors
    ///
    /// [`EngineError`], if the engine was asked and did not respond.
    pub async fn problems(
        &self,
        engine: &dyn Engine,
        workflow: &str,
        inputs: &Map<String, Value>,
    ) -> Result<Vec<InputProblem>, EngineError> {
        let check = |schema: &Option<InputSchema>| {
            let schema = schema.as_ref();
            schema
                .map(|schema| schema.check(inputs))
                .unwrap_or_default()
        };
        let kept = self.lock().get(workflow).map(check);
        if kept.is_some_and(|problems| problems.is_empty()) {
            return Ok(Vec::new());
        }
        let schema = engine.inputs(workflow).await?;
        let problems = check(&schema);
        let mut schemas = self.lock();
        if schemas.len() >= MOST {
            schemas.clear();
        }
        schemas.insert(workflow.to_owned(), schema);
        Ok(problems)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Option<InputSchema>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
