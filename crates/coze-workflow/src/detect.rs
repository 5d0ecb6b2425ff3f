//! Asking a server what kind of server it is.

use coze_models::ListWorkspaces;

use crate::{Client, Dialect, Error, ErrorKind, LOG_ID_HEADERS, call::Exchange};

impl Client {
    /// Asks the server once which kind of server it is. Nothing is changed by it, neither there nor here:
    /// [`with_dialect`](Self::with_dialect) makes use of the result.
    ///
    /// The call asks for the list of workspaces. What tells the servers apart is the header in which a response has its log
    /// id, of a success and of a refusal alike: `x-tt-logid` of the service, `x-log-id` of a self-hosted server. Where a proxy
    /// takes both away, a list that comes proves the service, as a self-hosted server has none.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use coze_workflow::Dialect;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     let mut response = json_reply(r#"{"code":401,"msg":"session required"}"#)?;
    /// #     *response.status_mut() = http::StatusCode::UNAUTHORIZED;
    /// #     response.headers_mut().insert("x-log-id", "0b7c1f2e-0000-4000-8000-000000000001".parse()?);
    /// #     Ok::<_, coze_workflow::BoxError>(response)
    /// # }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let found = coze.detect().await?;
    /// let coze = coze.with_dialect(found);
    /// assert_eq!(coze.dialect(), Dialect::Studio);
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Decode`] if the response tells neither; else [`Error`], if there is none.
    pub async fn detect(&self) -> Result<Dialect, Error> {
        let request = ListWorkspaces::new().page_num(1).page_size(1);
        let cloud = self.clone().with_dialect(Dialect::Cloud);
        let settings = self.settings().clone();
        let exchange = Exchange::new(&cloud, &request, settings, None).await?;
        let headers = &exchange.head.headers;
        match LOG_ID_HEADERS.map(|name| headers.contains_key(name)) {
            [true, false] => return Ok(Dialect::Cloud),
            [false, true] => return Ok(Dialect::Studio),
            _ => {}
        }
        let context = exchange.context.clone();
        match exchange.reply::<ListWorkspaces>().await {
            Ok(_) => Ok(Dialect::Cloud),
            Err(error) => {
                let message =
                    "the response does not tell what kind of server it is of: choose the dialect";
                Err(Error::new(ErrorKind::Decode, message)
                    .with_context(*context)
                    .with_source(error))
            }
        }
    }
}
