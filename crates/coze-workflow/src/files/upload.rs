//! Uploads.

use std::{
    fmt,
    future::{Future, IntoFuture, poll_fn},
    path::PathBuf,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use coze_models::{Operation, UploadFile, UploadedFile};
use coze_transport::{
    Outcome, RequestBody,
    time::{Instant, sleep_until},
};

use super::{
    body::{Content, OnProgress, Shared, UploadBody, UploadProgress},
    disk::{length_of, open},
    form::{Form, content_type_of},
    source::{FileSource, Kind, LARGEST},
};
use crate::{
    Client, Error, ErrorKind, Reply,
    error::ErrorContext,
    settings::{CallSettings, call_settings},
};

/// The wait for a response, beside the time that the file itself takes.
const HEAD: Duration = Duration::from_secs(60);
/// The slowest connection that is waited for, in bytes a second, and the longest pause on it.
const SLOWEST: u64 = 64 * 1024;
const STALL: Duration = Duration::from_secs(60);

/// An upload that is not sent yet; `.await` sends it.
///
/// The file is read and sent in pieces, in constant memory. Should the first attempt fail, a file on
/// disk or in memory is sent once more: a second copy does no harm.
#[must_use = "an upload does nothing until it is awaited"]
pub struct Upload {
    client: Client,
    source: FileSource,
    content_type: Option<String>,
    on_progress: Option<OnProgress>,
    settings: CallSettings,
    stall: Duration,
}

impl Upload {
    pub(super) fn new(client: Client, source: FileSource) -> Self {
        Self {
            settings: client.settings().clone(),
            client,
            source,
            content_type: None,
            on_progress: None,
            stall: STALL,
        }
    }

    /// What the file is called, with its ending: the service tells the kind of file by it. Default: its
    /// name on disk. Any text will do; a line break in it is sent as `%0A`.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.source.name = name.into();
        self
    }

    /// The content type of the file, e.g. `image/png`. Default: what the name tells.
    pub fn content_type(mut self, content_type: impl Into<String>) -> Self {
        self.content_type = Some(content_type.into());
        self
    }

    /// Calls `progress` with each piece that the connection takes, 128 KiB at most.
    pub fn on_progress(mut self, progress: impl FnMut(UploadProgress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(progress));
        self
    }

    call_settings!(
        settings,
        deadline = "Default: two minutes and twice what the file takes at 64 KiB a second.",
        head_timeout = "Default: 60 s and what the file takes at 64 KiB a second."
    );

    /// Gives up when the connection takes nothing of the file for so long. Default: 60 s.
    pub fn stall_timeout(mut self, limit: Duration) -> Self {
        self.stall = limit;
        self
    }

    async fn send(self) -> Result<Reply<UploadedFile>, Error> {
        let length = match &self.source.kind {
            Kind::Path(path) => match length_of(path).await {
                Ok(length) => Some(length),
                Err(error) => {
                    return Err(refused("the file cannot be read").with_source(error));
                }
            },
            Kind::Bytes(bytes) => Some(bytes.len() as u64),
            Kind::Reader { length, .. } => *length,
        };
        if let Some(length) = length.filter(|length| *length > LARGEST) {
            return Err(refused(format!(
                "the file has {length} bytes: the service stores {LARGEST} (512 MB) at most"
            )));
        }
        let name = &self.source.name;
        let content_type = self.content_type.as_deref();
        let form = Form::new(name, content_type.unwrap_or_else(|| content_type_of(name)))
            .map_err(refused)?;

        let shared = Arc::new(Shared::new(self.on_progress));
        let content_type = form.content_type.clone();
        let body = request_body(form, self.source.kind, length, &shared);
        let sending = Duration::from_secs(length.unwrap_or(LARGEST) / SLOWEST);
        let mut settings = self.settings;
        settings.head_timeout.get_or_insert(HEAD + sending);
        settings.deadline.get_or_insert(2 * (HEAD + sending));
        let call = self
            .client
            .call(UploadFile::new())
            .settings(settings)
            .body((content_type, body));
        let Some(result) = unless_stalled(call.send(), &shared, self.stall).await else {
            let limit = self.stall;
            let message = format!("the connection took nothing of the file for {limit:?}");
            return Err(failed(ErrorKind::Timeout, message));
        };
        match shared.take_failure() {
            // Whatever the server made of half a form, this is why it got half a form.
            Some(error) if result.is_err() => {
                let message = "the file could not be read to its end";
                Err(failed(ErrorKind::Input, message).with_source(error))
            }
            _ => result,
        }
    }
}

fn request_body(form: Form, kind: Kind, length: Option<u64>, shared: &Arc<Shared>) -> RequestBody {
    let shared = Arc::clone(shared);
    let size = UploadBody::size_of(&form, length);
    let body = move |form: &Form, content, shared: &Arc<Shared>| {
        UploadBody::new(form.clone(), content, length, Arc::clone(shared))
    };
    match kind {
        Kind::Path(path) => RequestBody::reopened(size, move || {
            let path: PathBuf = path.clone();
            body(&form, Content::Opening(Box::pin(open(path))), &shared)
        }),
        Kind::Bytes(bytes) => RequestBody::reopened(size, move || {
            body(&form, Content::Bytes(bytes.clone()), &shared)
        }),
        Kind::Reader { reader, .. } => {
            RequestBody::once(body(&form, Content::Reader(reader), &shared))
        }
    }
}

/// The result of `call`, or nothing once the connection has taken nothing for so long.
async fn unless_stalled<T>(
    call: impl Future<Output = T>,
    shared: &Shared,
    limit: Duration,
) -> Option<T> {
    let mut call = pin!(call);
    // A limit beyond the clock's range is no limit.
    let after = |start: Instant| start.checked_add(limit);
    let Some(first) = after(Instant::now()) else {
        return Some(call.await);
    };
    let mut timer = pin!(sleep_until(first));
    poll_fn(|cx| {
        if let Poll::Ready(result) = call.as_mut().poll(cx) {
            return Poll::Ready(Some(result));
        }
        while timer.as_mut().poll(cx).is_ready() {
            let now = Instant::now();
            match shared.waiting_since().and_then(after) {
                Some(end) if end <= now => return Poll::Ready(None),
                Some(end) => timer.as_mut().reset(end),
                None => timer.as_mut().reset(after(now).unwrap_or(now)),
            }
        }
        Poll::Pending
    })
    .await
}

/// An error of an upload of which nothing was sent.
fn refused(message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::build(message).with_context(ErrorContext::of(UploadFile::META, None))
}

/// An error of an upload of which a part was sent.
fn failed(kind: ErrorKind, message: impl Into<std::borrow::Cow<'static, str>>) -> Error {
    Error::new(kind, message).with_context(ErrorContext {
        outcome: Some(Outcome::Unknown),
        ..ErrorContext::of(UploadFile::META, None)
    })
}

impl IntoFuture for Upload {
    type Output = Result<Reply<UploadedFile>, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("source", &self.source)
            .field("content_type", &self.content_type)
            .field("settings", &self.settings)
            .field("stall", &self.stall)
            .finish_non_exhaustive()
    }
}
