//! Inputs checked against what the workflow takes, before a run is sent.

use std::collections::BTreeMap;

use coze_engine::{BoxFuture, CheckInputs};
use coze_models::{OperationMeta, WorkflowId};
use serde_json::Value;

use crate::{Client, ClientBuilder, Error, Workflow, error::ErrorContext, settings::CallSettings};

impl Workflow {
    /// Whether inputs are checked against what the workflow takes before a run is sent; see
    /// [`ClientBuilder::check_inputs`]. Default: what the client does.
    pub fn check_inputs(self, check: CheckInputs) -> Self {
        self.with_settings(|settings| settings.check_inputs = check)
    }
}

impl ClientBuilder {
    /// Whether inputs are checked against what their workflow takes before a run is sent: names that it does not have, with
    /// the one that was likely meant, inputs that are missing, and values of another type, all at once. Default:
    /// [`CheckInputs::Off`].
    ///
    /// What a workflow takes is asked for once, and anew when something does not fit. That needs the permission
    /// `getMetaData`; without it runs are sent unchecked, and so are runs of a certain version, chats, and all on
    /// self-hosted servers, which do not tell what a workflow takes.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// # let stack = HttpStack::from_fn(|request: coze_workflow::Request| async move {
    /// #     assert_eq!(request.method(), "GET");
    /// #     json_reply(r#"{"data":{"input":{"parameters":{"name":{"type":"string","required":true}}}}}"#) });
    /// # let builder = Client::builder().transport(stack).token("pat_1");
    /// use coze_workflow::engine::CheckInputs;
    ///
    /// let coze = builder.check_inputs(CheckInputs::Enforce).build()?;
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let error = coze.workflow("7366").parameter("nam", "Ada").run().await.unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "run_workflow: the inputs do not fit the workflow: there is no input `nam`; did you mean `name`?; \
    ///      the input `name` is required"
    /// );
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn check_inputs(self, check: CheckInputs) -> Self {
        self.with_settings(|settings| settings.check_inputs = check)
    }
}

/// Refuses inputs that do not fit; `None` where the settings do not want that. In a box: few runs are checked, and no
/// other is to be larger for it.
pub(crate) fn check(
    client: &Client,
    settings: &CallSettings,
    meta: &'static OperationMeta,
    workflow: &WorkflowId,
    version: Option<&str>,
    inputs: &BTreeMap<String, Value>,
) -> Option<BoxFuture<'static, Result<(), Error>>> {
    let check = settings.check_inputs;
    if check == CheckInputs::Off || version.is_some() {
        return None;
    }
    let (client, workflow) = (client.clone(), workflow.clone());
    let inputs = inputs.clone().into_iter().collect();
    Some(Box::pin(async move {
        let schemas = client.schemas();
        let problems = schemas.problems(&client, &workflow, &inputs).await;
        let problems = problems.unwrap_or_else(|error| {
            tracing::debug!(%workflow, %error, "the inputs are not checked");
            Vec::new()
        });
        check.judge(&workflow, &problems).map_err(|told| {
            Error::build(told).with_context(ErrorContext::of(meta, client.region()))
        })
    }))
}
