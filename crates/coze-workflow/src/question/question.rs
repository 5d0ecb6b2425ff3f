//! What a run waits for.

use coze_models::{EventId, ExecuteId, Interrupt, InterruptType, WorkflowInterrupt};

use super::{
    field::FormField,
    payload::{self, Asked},
};

/// What a run waits for.
///
/// The two kinds of servers send questions in different shapes; they read the same here. Reading never
/// fails: what does not fit is [`QuestionKind::Other`], and [`Question::interrupt`] keeps all of it.
///
/// ```
/// use coze_workflow::{Question, QuestionKind, models::Interrupt};
///
/// let interrupt: Interrupt = serde_json::from_str(
///     r#"{"event_id":"7424/2691","type":2,"data":"{\"content_type\":\"text\",\"content\":\"Which city?\"}"}"#,
/// )?;
/// let question = Question::from(interrupt);
/// assert_eq!(question.text(), "Which city?");
/// assert_eq!(*question.kind(), QuestionKind::Text);
/// assert_eq!(question.event_id().unwrap().as_str(), "7424/2691");
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    interrupt: Interrupt,
    asked: Asked,
    node_title: Option<String>,
    debug_url: Option<String>,
    execute_id: Option<ExecuteId>,
}

/// In what form a question wants its answer.
///
/// ```
/// use coze_workflow::{Answer, Question, QuestionKind};
///
/// fn answer(question: &Question) -> Answer {
///     match question.kind() {
///         QuestionKind::Text => Answer::text("Lyon"),
///         QuestionKind::Options(options) => Answer::option(&options[0]),
///         QuestionKind::Form(fields) if fields.is_empty() => Answer::form(serde_json::json!({})),
///         _ => Answer::decline(),
///     }
/// }
/// let question = Question::from_chat(Some("Which city?\nA. Lyon\nB. Oslo"), None);
/// assert_eq!(answer(&question).resume_data(&question)?, "Lyon");
/// # Ok::<(), coze_workflow::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum QuestionKind {
    /// In words. Where the node takes fields out of them, [`Question::fields`] has what is missing.
    Text,
    /// As one of these options.
    Options(Vec<String>),
    /// As values of an input node's fields.
    Form(Vec<FormField>),
    /// In a form this version does not know: a plugin, or a payload of an unknown shape.
    #[default]
    Other,
}

impl Question {
    /// A question of which only the ids were kept, to be answered in another process.
    ///
    /// Nothing is known that an answer could be checked against.
    pub fn by_id(event_id: impl Into<EventId>, kind: impl Into<InterruptType>) -> Self {
        let mut interrupt = Interrupt::default();
        interrupt.event_id = Some(event_id.into());
        interrupt.r#type = Some(kind.into());
        Self {
            asked: Asked::default(),
            ..Self::from(interrupt)
        }
    }

    /// A question of a workflow's stream. Where the server says the question as a message of its own and leaves
    /// the event without it, `said` is the text of the message before.
    ///
    /// ```
    /// use coze_workflow::{Question, models::WorkflowInterrupt};
    ///
    /// let event: WorkflowInterrupt = serde_json::from_str(
    ///     r#"{"interrupt_data":{"data":"","event_id":"7424/2691","type":2},"node_title":"Ask"}"#,
    /// )?;
    /// let question = Question::from_event(event, Some("Which city?"));
    /// assert_eq!(question.text(), "Which city?");
    /// assert_eq!(question.node_title(), Some("Ask"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn from_event(event: WorkflowInterrupt, said: Option<&str>) -> Self {
        let interrupt = event.interrupt_data.unwrap_or_default();
        Self {
            asked: payload::read(&interrupt, said),
            interrupt,
            node_title: event.node_title,
            debug_url: event.debug_url,
            execute_id: None,
        }
    }

    /// A question of a chatflow: the text of the last answer before the chat required an action, and the content of
    /// the message of type `verbose` that tells about the interrupt, if one came.
    ///
    /// Chats are resumed without an event id: the answer is the next message of the user in the same
    /// conversation, with [`Answer::resume_data`](crate::Answer::resume_data) as its content. Source:
    /// <https://www.coze.cn/open/docs/developer_guides/workflow_chat>
    ///
    /// ```
    /// use coze_workflow::{Answer, Question, QuestionKind, models::EnterMessage};
    ///
    /// let question = Question::from_chat(Some("Which city?"), None);
    /// assert_eq!(question.text(), "Which city?");
    /// assert_eq!(*question.kind(), QuestionKind::Text);
    /// let message = EnterMessage::user(Answer::text("Lyon").resume_data(&question)?);
    /// # assert_eq!(message.content.as_deref(), Some("Lyon"));
    /// # Ok::<(), coze_workflow::Error>(())
    /// ```
    pub fn from_chat(said: Option<&str>, notice: Option<&str>) -> Self {
        let interrupt = notice.and_then(payload::notice).unwrap_or_default();
        Self {
            asked: payload::read(&interrupt, said),
            ..Self::from(interrupt)
        }
    }

    /// The words of the question; for a form, and where nothing was said, as a rule empty. For
    /// [`QuestionKind::Other`], the payload as it came.
    pub fn text(&self) -> &str {
        &self.asked.text
    }

    /// In what form the answer is wanted.
    pub fn kind(&self) -> &QuestionKind {
        &self.asked.kind
    }

    /// The options to choose from; none unless [`QuestionKind::Options`].
    pub fn options(&self) -> &[String] {
        match &self.asked.kind {
            QuestionKind::Options(options) => options,
            _ => &[],
        }
    }

    /// The fields of a form, or those that a question in words still wants to be told.
    pub fn fields(&self) -> &[FormField] {
        match &self.asked.kind {
            QuestionKind::Form(fields) => fields,
            _ => &self.asked.fields,
        }
    }

    /// Whether [`Question::fields`] are all there are, so that a name beside them is a mistake.
    pub(super) fn knows_all_fields(&self) -> bool {
        self.asked.complete
    }

    /// The id that a resume hands back; none in a chat.
    pub fn event_id(&self) -> Option<&EventId> {
        self.interrupt.event_id.as_ref()
    }

    /// What kind of node asks, as the service tells it.
    pub fn interrupt_type(&self) -> Option<&InterruptType> {
        self.interrupt.r#type.as_ref()
    }

    /// The title of the node that asks, where the service tells it: in streams.
    pub fn node_title(&self) -> Option<&str> {
        self.node_title.as_deref()
    }

    /// The page that shows the run's nodes; kept for seven days.
    pub fn debug_url(&self) -> Option<&str> {
        self.debug_url.as_deref()
    }

    /// The run that waits, where it is known.
    pub fn execute_id(&self) -> Option<&ExecuteId> {
        self.execute_id.as_ref()
    }

    /// The interrupt as it came. It can be written down as JSON, and read back into a question.
    pub fn interrupt(&self) -> &Interrupt {
        &self.interrupt
    }

    /// Adds what the response around the interrupt told.
    #[must_use]
    pub(crate) fn seen_with(
        mut self,
        debug_url: Option<&str>,
        execute_id: Option<&ExecuteId>,
    ) -> Self {
        self.debug_url = self.debug_url.or_else(|| debug_url.map(str::to_owned));
        self.execute_id = self.execute_id.or_else(|| execute_id.cloned());
        self
    }
}

impl From<Interrupt> for Question {
    fn from(interrupt: Interrupt) -> Self {
        Self {
            asked: payload::read(&interrupt, None),
            interrupt,
            node_title: None,
            debug_url: None,
            execute_id: None,
        }
    }
}
