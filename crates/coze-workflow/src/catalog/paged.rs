//! Operations whose responses come page by page.

use coze_models::{
    ListWorkflowVersions, ListWorkflows, ListWorkspaces, Operation, WorkflowBasic, WorkflowVersion,
    Workspace,
};

/// What follows a page.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NextPage {
    /// Nothing: this page was the last.
    End,
    /// The page with this number. A list in which a numbered page comes twice ends with an error.
    Number(i64),
    /// The page that this token stands for; empty where the response promised a page and named none.
    Token(String),
}

/// How much of a list was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PagesRead {
    /// Pages.
    pub pages: i64,
    /// Items on them.
    pub items: i64,
}

/// An operation whose response is a page of a list.
///
/// Implemented for the operations of the API that do; an operation of one's own can be listed with
/// [`Client::list`](crate::Client::list) once it implements this.
pub trait Paged: Operation<Reply: Send> + Clone + Send + Sync + Unpin + 'static {
    /// What a page holds.
    type Item: Unpin;

    /// Whether the request can be sent as it is.
    ///
    /// # Errors
    ///
    /// What is wrong with it and what to do.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// The token of the page that is asked for, where it has one.
    fn token(&self) -> Option<&str> {
        None
    }

    /// How many items a page holds.
    fn count(page: &Self::Reply) -> usize;

    /// The items of a page.
    fn into_items(page: Self::Reply) -> Vec<Self::Item>;

    /// What follows `page`, which came for this request and is counted in `read`.
    fn next(&self, page: &Self::Reply, read: PagesRead) -> NextPage;

    /// Makes this the request for another page. It is not called with [`NextPage::End`].
    fn turn_to(&mut self, page: &NextPage);
}

/// Refuses a page that no server has, and a page size that the service would refuse.
fn check_page(number: i64, size: Option<i64>, most: i64) -> Result<(), String> {
    if number < 1 {
        return Err(format!("page_num is {number}: pages count from 1"));
    }
    match size {
        Some(size) if !(1..=most).contains(&size) => Err(format!(
            "page_size is {size}: the service takes 1 to {most}"
        )),
        _ => Ok(()),
    }
}

impl Paged for ListWorkflows {
    type Item = WorkflowBasic;

    fn check(&self) -> Result<(), String> {
        if self.workspace_id.is_empty() {
            return Err("the workspace id is empty: workspaces() lists them".to_owned());
        }
        check_page(self.page_num, self.page_size, 30)
    }

    fn count(page: &Self::Reply) -> usize {
        page.items.len()
    }

    fn into_items(page: Self::Reply) -> Vec<WorkflowBasic> {
        page.items
    }

    fn next(&self, page: &Self::Reply, _: PagesRead) -> NextPage {
        if page.has_more {
            NextPage::Number(self.page_num + 1)
        } else {
            NextPage::End
        }
    }

    fn turn_to(&mut self, page: &NextPage) {
        if let NextPage::Number(number) = page {
            self.page_num = *number;
        }
    }
}

impl Paged for ListWorkflowVersions {
    type Item = WorkflowVersion;

    fn check(&self) -> Result<(), String> {
        check_page(1, self.page_size, 30)
    }

    fn token(&self) -> Option<&str> {
        self.page_token.as_deref()
    }

    fn count(page: &Self::Reply) -> usize {
        page.items.len()
    }

    fn into_items(page: Self::Reply) -> Vec<WorkflowVersion> {
        page.items
    }

    fn next(&self, page: &Self::Reply, _: PagesRead) -> NextPage {
        // The last page has a token too, so the token decides nothing.
        if page.has_more {
            NextPage::Token(page.next_page_token.clone().unwrap_or_default())
        } else {
            NextPage::End
        }
    }

    fn turn_to(&mut self, page: &NextPage) {
        if let NextPage::Token(token) = page {
            self.page_token = Some(token.clone());
        }
    }
}

/// Workspaces a page where the request does not say.
const WORKSPACES: i64 = 20;

impl Paged for ListWorkspaces {
    type Item = Workspace;

    fn check(&self) -> Result<(), String> {
        if self.user_id.is_some() != self.coze_account_id.is_some() {
            return Err("user_id and coze_account_id go together: set both or none".to_owned());
        }
        check_page(self.page_num.unwrap_or(1), self.page_size, 50)
    }

    fn count(page: &Self::Reply) -> usize {
        page.workspaces.len()
    }

    fn into_items(page: Self::Reply) -> Vec<Workspace> {
        page.workspaces
    }

    fn next(&self, page: &Self::Reply, read: PagesRead) -> NextPage {
        // There is a total in place of `has_more`. What stands before the first page that was read is
        // counted by the size asked for, the rest by what came: the service may give less a page.
        let number = self.page_num.unwrap_or(1);
        let before = number.saturating_sub(read.pages);
        let skipped = before.saturating_mul(self.page_size.unwrap_or(WORKSPACES));
        let over = skipped.saturating_add(read.items) >= page.total_count;
        if over || (before > 0 && page.workspaces.is_empty()) {
            NextPage::End
        } else {
            NextPage::Number(number + 1)
        }
    }

    fn turn_to(&mut self, page: &NextPage) {
        if let NextPage::Number(number) = page {
            self.page_num = Some(*number);
        }
    }
}
