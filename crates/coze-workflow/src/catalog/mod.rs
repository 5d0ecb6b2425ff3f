//! What there is: workflows, their descriptions and versions, workspaces; who may edit a workflow.

mod collaboration;
mod list;
mod paged;

use coze_models::{
    AccountId, AppId, BotId, ConnectorId, CreateConversation, EnterMessage, GetWorkflow,
    ListWorkflowVersions, ListWorkflows, ListWorkspaces, PublishStatus, UserId, WorkflowMode,
    WorkspaceId,
};

pub use self::{
    list::{Items, List, Pages},
    paged::{NextPage, Paged, PagesRead},
};
use crate::{Call, Client, Workflow};

/// The most workflows or versions the service gives a page.
const PAGE: i64 = 30;
/// The most workspaces.
const WORKSPACE_PAGE: i64 = 50;

impl Client {
    /// The workflows of a workspace, published ones unless told otherwise.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/get_workflow_list>
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use coze_workflow::models::PublishStatus;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":{"has_more":false,"items":[{"workflow_id":"7524","workflow_name":"weather"}]}}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let mut workflows = coze.workflows("7361").publish_status(PublishStatus::All).items();
    /// while let Some(workflow) = workflows.try_next().await? {
    ///     println!("{:?} {:?}", workflow.workflow_id, workflow.workflow_name);
    /// }
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn workflows(&self, workspace_id: impl Into<WorkspaceId>) -> List<ListWorkflows> {
        self.list(ListWorkflows::new(workspace_id, 1).page_size(PAGE))
    }

    /// The workspaces that the token's account made or joined; their ids are what
    /// [`Client::workflows`] wants.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/list_workspace>
    pub fn workspaces(&self) -> List<ListWorkspaces> {
        self.list(ListWorkspaces::new().page_size(WORKSPACE_PAGE))
    }

    /// Lists any operation whose response is a page of a list, from the page it names on.
    pub fn list<O: Paged>(&self, operation: O) -> List<O> {
        List::new(self.clone(), operation)
    }

    /// Makes a conversation for chatflows to write to; `.await` sends it.
    ///
    /// It is sent again only when it certainly was not accepted.
    /// Source: <https://www.coze.cn/open/docs/developer_guides/create_conversation>
    pub fn create_conversation(&self) -> Call<CreateConversation> {
        self.call(CreateConversation::new())
    }
}

impl List<ListWorkflows> {
    /// Only workflows, or only chatflows. Default: both.
    pub fn mode(mut self, mode: impl Into<WorkflowMode>) -> Self {
        self.operation = self.operation.workflow_mode(mode);
        self
    }

    /// Only workflows of this app. Default: all.
    pub fn app_id(mut self, id: impl Into<AppId>) -> Self {
        self.operation = self.operation.app_id(id);
        self
    }

    /// Only workflows in this state. Default: those that are published.
    pub fn publish_status(mut self, status: impl Into<PublishStatus>) -> Self {
        self.operation = self.operation.publish_status(status);
        self
    }

    /// Workflows a page, 1 to 30. Default: 30, which takes the fewest calls.
    pub fn page_size(mut self, size: i64) -> Self {
        self.operation = self.operation.page_size(size);
        self
    }

    /// The page to begin with, from 1. Default: 1.
    pub fn from_page(mut self, number: i64) -> Self {
        self.operation.page_num = number;
        self
    }
}

impl List<ListWorkflowVersions> {
    /// Only versions in this state. Default: those that are published.
    pub fn publish_status(mut self, status: impl Into<PublishStatus>) -> Self {
        self.operation = self.operation.publish_status(status);
        self
    }

    /// Reads the shapes of the inputs and outputs of each version too. Default: `false`.
    pub fn with_shapes(mut self, yes: bool) -> Self {
        self.operation = self.operation.include_input_output(yes);
        self
    }

    /// Versions a page, 1 to 30. Default: 30.
    pub fn page_size(mut self, size: i64) -> Self {
        self.operation = self.operation.page_size(size);
        self
    }

    /// Begins with the page that this token stands for: the `next_page_token` of an earlier page.
    /// Default: the newest version.
    pub fn from_token(mut self, token: impl Into<String>) -> Self {
        self.operation = self.operation.page_token(token);
        self
    }
}

impl List<ListWorkspaces> {
    /// Only workspaces of this enterprise. Default: all.
    pub fn enterprise_id(mut self, id: impl Into<String>) -> Self {
        self.operation = self.operation.enterprise_id(id);
        self
    }

    /// Workspaces of this user within an organization. Default: those of the token's account.
    pub fn user(mut self, account_id: impl Into<AccountId>, user_id: impl Into<UserId>) -> Self {
        self.operation = self.operation.coze_account_id(account_id).user_id(user_id);
        self
    }

    /// Workspaces a page, 1 to 50. Default: 50.
    pub fn page_size(mut self, size: i64) -> Self {
        self.operation = self.operation.page_size(size);
        self
    }

    /// The page to begin with, from 1. Default: 1.
    pub fn from_page(mut self, number: i64) -> Self {
        self.operation = self.operation.page_num(number);
        self
    }
}

impl Workflow {
    /// Name, owner and dates of the workflow, and the shapes of its inputs and outputs; `.await` asks.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/get_workflow_info>
    ///
    /// ```
    /// # use coze_workflow::{Client, HttpStack, json_reply};
    /// use coze_workflow::models::ParameterType;
    /// # let coze = Client::new(HttpStack::from_fn(|_| async {
    /// #     json_reply(r#"{"data":{"input":{"parameters":{"city":{"type":"string","required":true}}}}}"#) }));
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
    /// let info = coze.workflow("7524").info().await?;
    /// let inputs = &info.get_ref().input.as_ref().unwrap().parameters;
    /// assert_eq!(inputs["city"].r#type, Some(ParameterType::String));
    /// # Ok::<(), coze_workflow::Error>(()) })?; Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn info(&self) -> Call<GetWorkflow> {
        let request = GetWorkflow::new(self.id()).include_input_output(true);
        self.client().call(request)
    }

    /// The versions of the workflow, newest first, published ones unless told otherwise.
    ///
    /// Source: <https://www.coze.cn/open/docs/developer_guides/list_workflow_version>
    pub fn versions(&self) -> List<ListWorkflowVersions> {
        let request = ListWorkflowVersions::new(self.id()).page_size(PAGE);
        self.client().list(request)
    }
}

impl Call<CreateConversation> {
    /// The agent that the conversation belongs to. Default: none.
    pub fn bot_id(self, id: impl Into<BotId>) -> Self {
        self.map(|request| request.bot_id(id))
    }

    /// Its name, 100 characters at most. Default: none.
    pub fn name(self, name: impl Into<String>) -> Self {
        self.map(|request| request.name(name))
    }

    /// The messages it begins with. Default: none.
    pub fn messages(self, messages: impl IntoIterator<Item = EnterMessage>) -> Self {
        self.map(|request| request.messages(messages))
    }

    /// Data of the caller's own: 16 pairs at most, keys of 1 to 64 characters, values of 1 to 512.
    /// Default: none.
    pub fn meta_data(
        self,
        pairs: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>,
    ) -> Self {
        self.map(|request| request.meta_data(pairs))
    }

    /// The channel it is in. Default: `1024`, the API.
    pub fn connector_id(self, id: impl Into<ConnectorId>) -> Self {
        self.map(|request| request.connector_id(id))
    }
}
