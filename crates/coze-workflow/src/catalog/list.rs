//! Lists that are read page by page.

use std::{
    collections::HashSet,
    fmt,
    future::poll_fn,
    hash::BuildHasher,
    pin::Pin,
    task::{Context, Poll, ready},
    vec,
};

use bytes::Bytes;
use futures_core::Stream;
use serde_json::value::RawValue;

use super::paged::{NextPage, Paged, PagesRead};
use crate::{
    Call, Client, Error, ErrorKind, Reply,
    error::ErrorContext,
    settings::{CallSettings, call_settings},
};

/// The most pages of a list, so that none goes on for ever.
const PAGES: i64 = 100_000;

/// The most that is collected, in bytes of pages; as much as the body of a response may have.
const COLLECTED: usize = 32 * 1024 * 1024;

/// A list that is not read yet; made by [`Client::workflows`], [`Client::workspaces`],
/// [`Workflow::versions`](crate::Workflow::versions) and [`Client::list`].
///
/// Nothing is asked for before it is read, and no page before its first item is wanted.
#[derive(Clone)]
#[must_use = "a list does nothing until it is read"]
pub struct List<O> {
    client: Client,
    pub(super) operation: O,
    settings: CallSettings,
}

impl<O: Paged> List<O> {
    pub(super) fn new(client: Client, operation: O) -> Self {
        Self {
            settings: client.settings().clone(),
            client,
            operation,
        }
    }

    call_settings!(
        settings,
        deadline = "It holds for the call of each page. Default: 60 s.",
        head_timeout = "Default: 15 s."
    );

    /// The list item by item.
    pub fn items(self) -> Items<O> {
        Items {
            pages: self.pages(),
            page: Vec::new().into_iter(),
            size: 0,
        }
    }

    /// The list page by page, each with its log id and raw body; 100,000 pages at most.
    pub fn pages(self) -> Pages<O> {
        let mut seen = HashSet::new();
        if let Some(first) = self.operation.token() {
            seen.insert(seen.hasher().hash_one(first));
        }
        Pages {
            next: Some(self.operation.clone()),
            list: self,
            pending: None,
            broken: None,
            read: PagesRead::default(),
            seen,
        }
    }

    /// Reads the whole list into memory, at most 32 MiB of pages.
    ///
    /// Where what was read before a failure matters, use [`Items::collect_into`].
    ///
    /// # Errors
    ///
    /// [`Error`] of the first call that fails; [`ErrorKind::Paging`] when the pages do not come to an end, or
    /// are more than 32 MiB.
    pub async fn all(self) -> Result<Vec<O::Item>, Error> {
        let mut all = Vec::new();
        self.items().collect_into(&mut all).await?;
        Ok(all)
    }

    /// Reads one page, the first unless another was chosen.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails.
    pub async fn page(self) -> Result<Reply<O::Reply>, Error> {
        self.call(self.operation.clone())?.await
    }

    /// The call for one page.
    fn call(&self, operation: O) -> Result<Call<O>, Error> {
        if let Err(reason) = operation.check() {
            return Err(Error::build(reason).with_context(self.context()));
        }
        Ok(self.client.call(operation).settings(self.settings.clone()))
    }

    fn context(&self) -> ErrorContext {
        ErrorContext::of(O::META, self.client.region())
    }
}

impl<O: fmt::Debug> fmt::Debug for List<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("List")
            .field("operation", &self.operation)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

type Pending<R> = Pin<Box<dyn Future<Output = Result<Reply<R>, Error>> + Send>>;

/// A list page by page; made by [`List::pages`]. A [`Stream`] of replies.
///
/// A failure is yielded once and ends the list; what was yielded before stands.
#[must_use = "a list does nothing until it is read"]
pub struct Pages<O: Paged> {
    list: List<O>,
    /// The request for the next page; none at the end.
    next: Option<O>,
    pending: Option<Pending<O::Reply>>,
    /// What keeps the list from going on after a page that was good.
    broken: Option<Error>,
    read: PagesRead,
    /// Hashes of the tokens and of the numbered pages that came.
    seen: HashSet<u64>,
}

impl<O: Paged> Pages<O> {
    /// The next page; `None` at the end.
    ///
    /// Dropping the future keeps the place: the next call waits for the same page.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails; [`ErrorKind::Paging`] when the pages do not come to an end: one is
    /// empty and promises more, a token or a page comes twice, or there are more than 100,000.
    pub async fn try_next(&mut self) -> Result<Option<Reply<O::Reply>>, Error> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    /// Begins with the next page, if there is one.
    fn begin(&mut self) -> Option<Result<Pending<O::Reply>, Error>> {
        if let Some(error) = self.broken.take() {
            return Some(Err(error));
        }
        let call = self.list.call(self.next.clone()?);
        if call.is_err() {
            self.next = None;
        }
        Some(call.map(IntoFuture::into_future))
    }

    /// Takes the page into account and finds out what follows it.
    fn turn(&mut self, mut request: O, page: &Reply<O::Reply>) -> Result<(), Error> {
        let count = O::count(page.get_ref());
        self.read.pages = self.read.pages.saturating_add(1);
        let items = i64::try_from(count).unwrap_or(i64::MAX);
        self.read.items = self.read.items.saturating_add(items);
        let next = request.next(page.get_ref(), self.read);
        if next == NextPage::End {
            return Ok(());
        }
        if count == 0 {
            return Err(broken(page, "a page is empty and promises more"));
        }
        let hasher = self.seen.hasher();
        let reason = match &next {
            _ if self.read.pages >= PAGES => Some("the list has more than 100,000 pages"),
            NextPage::Token(token) if token.is_empty() => {
                Some("the response promises another page and names no token for it")
            }
            NextPage::Token(token) => {
                let new = self.seen.insert(hasher.hash_one(token));
                (!new).then_some("the response names the token of a page that was read before")
            }
            _ => {
                let new = self.seen.insert(hasher.hash_one(data(page.raw())));
                (!new).then_some("the response repeats a page that was read before")
            }
        };
        if let Some(reason) = reason {
            self.broken = Some(broken(page, reason));
            return Ok(());
        }
        request.turn_to(&next);
        self.next = Some(request);
        Ok(())
    }
}

/// What a page says, without its envelope: each response has a log id of its own.
fn data(page: &Bytes) -> &[u8] {
    #[derive(serde::Deserialize)]
    struct Data<'a> {
        #[serde(borrow)]
        data: &'a RawValue,
    }
    serde_json::from_slice::<Data<'_>>(page).map_or(page, |page| page.data.get().as_bytes())
}

fn broken<R>(page: &Reply<R>, reason: &'static str) -> Error {
    Error::new(ErrorKind::Paging, reason)
        .with_context(page.context().clone())
        .with_body(page.raw().clone())
}

impl<O: Paged> Stream for Pages<O> {
    type Item = Result<Reply<O::Reply>, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        let mut pending = match this
            .pending
            .take()
            .map_or_else(|| this.begin(), |one| Some(Ok(one)))
        {
            Some(Ok(pending)) => pending,
            Some(Err(error)) => return Poll::Ready(Some(Err(error))),
            None => return Poll::Ready(None),
        };
        let Poll::Ready(result) = pending.as_mut().poll(cx) else {
            this.pending = Some(pending);
            return Poll::Pending;
        };
        Poll::Ready(match (result, this.next.take()) {
            (Ok(page), Some(request)) => Some(this.turn(request, &page).map(|()| page)),
            (result, _) => Some(result),
        })
    }
}

impl<O: Paged + fmt::Debug> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("next", &self.next)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

/// A list item by item; made by [`List::items`]. A [`Stream`] of items.
///
/// A failure is yielded once and ends the list; what was yielded before stands.
#[must_use = "a list does nothing until it is read"]
pub struct Items<O: Paged> {
    pages: Pages<O>,
    page: vec::IntoIter<O::Item>,
    /// Bytes of all pages that were read.
    size: usize,
}

impl<O: Paged> Items<O> {
    /// The next item; `None` at the end.
    ///
    /// Dropping the future keeps the place.
    ///
    /// # Errors
    ///
    /// As for [`Pages::try_next`].
    pub async fn try_next(&mut self) -> Result<Option<O::Item>, Error> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx))
            .await
            .transpose()
    }

    /// Appends all items that are left to `all`, at most 32 MiB of pages. After a failure, those that were
    /// read before it are in there.
    ///
    /// # Errors
    ///
    /// As for [`Pages::try_next`], and [`ErrorKind::Paging`] when the pages are more than 32 MiB.
    pub async fn collect_into(&mut self, all: &mut Vec<O::Item>) -> Result<(), Error> {
        let before = self.size;
        while let Some(item) = self.try_next().await? {
            all.push(item);
            if self.size - before > COLLECTED {
                let reason = "the list has more than the 32 MiB that are collected: read its items one by one";
                let context = self.pages.list.context();
                return Err(Error::new(ErrorKind::Paging, reason).with_context(context));
            }
        }
        Ok(())
    }
}

impl<O: Paged> Stream for Items<O> {
    type Item = Result<O::Item, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.page.next() {
                return Poll::Ready(Some(Ok(item)));
            }
            match ready!(Pin::new(&mut this.pages).poll_next(cx)) {
                Some(Ok(page)) => {
                    this.size = this.size.saturating_add(page.raw().len());
                    this.page = O::into_items(page.into_inner()).into_iter();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.page.len(), None)
    }
}

impl<O: Paged + fmt::Debug> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Items")
            .field("pages", &self.pages)
            .field("left_of_page", &self.page.len())
            .field("size", &self.size)
            .finish()
    }
}
