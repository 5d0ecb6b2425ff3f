//! Files as inputs of a workflow.

use coze_models::{FileId, UploadedFile};

use crate::{Dialect, Reply, Workflow};

/// A file for an input of a workflow: an uploaded one, or one on the web.
///
/// Source: <https://www.coze.cn/open/docs/developer_guides/workflow_run>
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileInput {
    id: Option<FileId>,
    url: Option<String>,
}

impl FileInput {
    /// An uploaded file.
    pub fn id(id: impl Into<FileId>) -> Self {
        Self {
            id: Some(id.into()),
            url: None,
        }
    }

    /// A file on the web, where the service can read it.
    pub fn url(url: impl Into<String>) -> Self {
        Self {
            id: None,
            url: Some(url.into()),
        }
    }

    fn value(self, dialect: Dialect) -> Result<String, &'static str> {
        dialect.file_value(self.id, self.url)
    }
}

impl From<FileId> for FileInput {
    fn from(id: FileId) -> Self {
        Self::id(id)
    }
}

impl From<&FileId> for FileInput {
    fn from(id: &FileId) -> Self {
        Self::id(id)
    }
}

impl From<&UploadedFile> for FileInput {
    fn from(file: &UploadedFile) -> Self {
        Self {
            id: file.id.clone(),
            url: file.url.clone(),
        }
    }
}

impl From<&Reply<UploadedFile>> for FileInput {
    fn from(file: &Reply<UploadedFile>) -> Self {
        Self::from(file.get_ref())
    }
}

impl Workflow {
    /// Sets an input that is a file.
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, Request, json_reply};
    /// use coze_workflow::FileSource;
    /// # let coze = Client::new(HttpStack::from_fn(|request: Request| async move {
    /// #     json_reply(if request.uri() == "/v1/files/upload" { r#"{"data":{"id":"7369"}}"# } else { r#"{"data":"a cat"}"# }) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let photo = coze.upload(FileSource::bytes("cat.png", &b"\x89PNG"[..])).await?;
    /// let run = coze.workflow("7366").file_parameter("photo", &photo).run().await?;
    /// # assert_eq!(run.raw(), "a cat");
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn file_parameter(self, name: impl Into<String>, file: impl Into<FileInput>) -> Self {
        let name = name.into();
        match file.into().value(self.client().dialect()) {
            Ok(value) => self.parameter(name, value),
            Err(reason) => self.refuse(&name, reason),
        }
    }

    /// Sets an input that is a list of files.
    pub fn file_parameters(
        self,
        name: impl Into<String>,
        files: impl IntoIterator<Item = impl Into<FileInput>>,
    ) -> Self {
        let name = name.into();
        let dialect = self.client().dialect();
        let values: Result<Vec<_>, _> = files
            .into_iter()
            .map(|file| file.into().value(dialect))
            .collect();
        match values {
            Ok(values) => self.parameter(name, values),
            Err(reason) => self.refuse(&name, reason),
        }
    }
}
