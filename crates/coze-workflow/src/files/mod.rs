//! Files: uploading them, asking about them, and passing them to workflows.

#[cfg(feature = "blocking")]
mod blocking;
mod body;
mod disk;
mod form;
mod input;
mod source;
mod upload;

use coze_models::{FileId, RetrieveFile};

pub use self::{body::UploadProgress, input::FileInput, source::FileSource, upload::Upload};
use crate::{Call, Client};

impl Client {
    /// Stores a file of up to 512 MB for three months, to be passed to workflows; `.await` sends it.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/upload_files>
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use std::path::Path;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async { json_reply(r#"{"data":{"id":"7369"}}"#) }));
    /// # let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    /// # runtime.block_on(async {
    /// let file = coze
    ///     .upload(Path::new("Cargo.toml"))
    ///     .content_type("text/plain")
    ///     .on_progress(|now| println!("{} of {:?} bytes", now.sent, now.total))
    ///     .await?;
    /// println!("stored as {:?}", file.get_ref().id);
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn upload(&self, file: impl Into<FileSource>) -> Upload {
        Upload::new(self.clone(), file.into())
    }

    /// Name, size and date of an uploaded file; `.await` asks. Its bytes cannot be read.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/retrieve_files>
    pub fn file(&self, id: impl Into<FileId>) -> Call<RetrieveFile> {
        self.call(RetrieveFile::new(id))
    }
}
