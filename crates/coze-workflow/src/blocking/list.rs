//! Lists that are read page by page.

use std::{fmt, iter::FusedIterator, time::Duration};

use coze_models::{
    AccountId, AppId, ListWorkflowVersions, ListWorkflows, ListWorkspaces, PublishStatus, UserId,
    WorkflowMode,
};
use http::{HeaderName, HeaderValue};

use super::{
    driver::{Driver, Puller},
    macros::setters,
};
use crate::{Error, Paged, Reply};

/// A list that is not read yet. The blocking form of [`List`](crate::List).
///
/// Nothing is asked for before it is read, and no page before its first item is wanted.
#[derive(Clone, Debug)]
#[must_use = "a list does nothing until it is read"]
pub struct List<O> {
    inner: crate::List<O>,
    driver: Driver,
}

impl<O: Paged> List<O> {
    pub(super) const fn new(inner: crate::List<O>, driver: Driver) -> Self {
        Self { inner, driver }
    }

    setters! { List:
        /// Bounds the call for each page, all its attempts included. Default: 60 s.
        deadline(limit: Duration);
        /// Adds a header to the call for each page.
        header(name: HeaderName, value: HeaderValue);
    }

    /// The list item by item.
    pub fn items(self) -> Items<O> {
        Items {
            inner: self.inner.items(),
            puller: Puller::new(self.driver),
        }
    }

    /// The list page by page, each with its log id and raw body.
    pub fn pages(self) -> Pages<O> {
        Pages {
            inner: self.inner.pages(),
            puller: Puller::new(self.driver),
        }
    }

    /// Reads the whole list into memory.
    ///
    /// # Errors
    ///
    /// [`Error`] of the first call that fails; [`ErrorKind::Paging`](crate::ErrorKind::Paging) when the pages do not come
    /// to an end.
    pub fn all(self) -> Result<Vec<O::Item>, Error> {
        self.driver.block_on(self.inner.all())
    }

    /// Reads one page, the first unless another was chosen.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call fails.
    pub fn page(self) -> Result<Reply<O::Reply>, Error> {
        self.driver.block_on(self.inner.page())
    }
}

impl List<ListWorkflows> {
    setters! { List:
        /// Only workflows, or only chatflows. Default: both.
        mode(mode: impl Into<WorkflowMode>);
        /// Only workflows of this app. Default: all.
        app_id(id: impl Into<AppId>);
        /// Only workflows in this state. Default: those that are published.
        publish_status(status: impl Into<PublishStatus>);
        /// Workflows a page, 1 to 30. Default: 30.
        page_size(size: i64);
        /// The page to begin with, from 1. Default: 1.
        from_page(number: i64);
    }
}

impl List<ListWorkflowVersions> {
    setters! { List:
        /// Only versions in this state. Default: those that are published.
        publish_status(status: impl Into<PublishStatus>);
        /// Reads the shapes of the inputs and outputs of each version too. Default: `false`.
        with_shapes(yes: bool);
        /// Versions a page, 1 to 30. Default: 30.
        page_size(size: i64);
        /// Begins with the page that this token stands for. Default: the newest version.
        from_token(token: impl Into<String>);
    }
}

impl List<ListWorkspaces> {
    setters! { List:
        /// Only workspaces of this enterprise. Default: all.
        enterprise_id(id: impl Into<String>);
        /// Workspaces of this user within an organization. Default: those of the token's account.
        user(account_id: impl Into<AccountId>, user_id: impl Into<UserId>);
        /// Workspaces a page, 1 to 50. Default: 50.
        page_size(size: i64);
        /// The page to begin with, from 1. Default: 1.
        from_page(number: i64);
    }
}

/// A list page by page: an iterator; made by [`List::pages`].
///
/// A failure is yielded once and ends the list; what was yielded before stands.
#[must_use = "a list does nothing until it is read"]
pub struct Pages<O: Paged> {
    inner: crate::Pages<O>,
    puller: Puller,
}

impl<O: Paged> Iterator for Pages<O> {
    type Item = Result<Reply<O::Reply>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.puller.next(self.inner.try_next())
    }
}

impl<O: Paged> FusedIterator for Pages<O> {}

impl<O: Paged + fmt::Debug> fmt::Debug for Pages<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

/// A list item by item: an iterator; made by [`List::items`].
///
/// A failure is yielded once and ends the list; what was yielded before stands.
#[must_use = "a list does nothing until it is read"]
pub struct Items<O: Paged> {
    inner: crate::Items<O>,
    puller: Puller,
}

impl<O: Paged> Iterator for Items<O> {
    type Item = Result<O::Item, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        self.puller.next(self.inner.try_next())
    }
}

impl<O: Paged> FusedIterator for Items<O> {}

impl<O: Paged + fmt::Debug> fmt::Debug for Items<O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}
