//! What each node of a workflow said.

use coze_models::{NodeExecuteId, NodeId, WorkflowEvent, WorkflowMessage};

use super::collected::PART;

/// The text of one node, as far as it has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodeText {
    /// Name of the node; empty or `End` for the end node.
    pub title: String,
    /// The node, where the server names it.
    pub id: Option<NodeId>,
    /// The execution of the node, where the server names it.
    pub execute_id: Option<NodeExecuteId>,
    /// Round of the loop or batch it ran in, from 0.
    pub round: Option<i64>,
    /// All its pieces together.
    pub text: String,
    /// Whether its last piece has come. A self-hosted server may never say so.
    pub finished: bool,
}

impl NodeText {
    /// What it takes beside its text, in bytes.
    fn size(&self) -> usize {
        let id = self.id.as_deref().map_or(0, str::len);
        let execute_id = self.execute_id.as_deref().map_or(0, str::len);
        self.title.len() + id + execute_id + PART
    }

    /// A node that has said nothing, by the names in a message of it.
    pub(crate) fn begin(message: &WorkflowMessage) -> Self {
        Self {
            title: message.node_title.clone().unwrap_or_default(),
            id: message.node_id.clone(),
            execute_id: message.node_execute_uuid.clone(),
            round: round(message),
            ..Self::default()
        }
    }

    /// Whether a message is another piece of this node.
    fn goes_on(&self, message: &WorkflowMessage) -> bool {
        if self.execute_id.is_some() || message.node_execute_uuid.is_some() {
            return self.execute_id == message.node_execute_uuid;
        }
        // Without the name of the execution, the first piece of a node begins another one.
        !self.finished
            && message.node_seq_id.as_deref() != Some("0")
            && self.id == message.node_id
            && self.round == round(message)
            && self.title == message.node_title.as_deref().unwrap_or_default()
    }

    /// Whether it is the end node, whose text is the output of the run.
    pub fn is_end(&self) -> bool {
        let id = self.id.as_ref().map(NodeId::as_str);
        id == Some("900001") || (id.is_none() && matches!(self.title.as_str(), "" | "End"))
    }
}

fn round(message: &WorkflowMessage) -> Option<i64> {
    message.loop_index.or(message.batch_index)
}

/// The texts of the nodes of a run, in the order in which they began to speak.
///
/// [`RunStream::nodes`](crate::RunStream::nodes) collects them from a whole stream; with
/// [`push`](Self::push) they can be watched as they grow, without the limit that the stream's own methods
/// have.
///
/// ```
/// use coze_workflow::{NodeTexts, models::{StreamEvent, WorkflowEvent}};
///
/// let mut nodes = NodeTexts::new();
/// for data in [
///     r#"{"node_title":"Story","node_seq_id":"0","content":"Once "}"#,
///     r#"{"node_title":"Story","node_seq_id":"1","content":"upon a time","node_is_finish":true}"#,
///     r#"{"node_title":"End","node_seq_id":"0","content":"{\"words\":4}"}"#,
/// ] {
///     nodes.push(&WorkflowEvent::decode("Message", data)?);
/// }
/// assert_eq!(nodes[0].text, "Once upon a time");
/// assert!(nodes[0].finished);
/// assert_eq!(nodes.end().unwrap().text, r#"{"words":4}"#);
/// # Ok::<(), coze_workflow::models::EventError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeTexts {
    nodes: Vec<NodeText>,
    size: usize,
}

impl NodeTexts {
    /// No node yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds what an event says; the node it is of, if it is of one.
    pub fn push(&mut self, event: &WorkflowEvent) -> Option<&NodeText> {
        let WorkflowEvent::Message(message) = event else {
            return None;
        };
        // The latest first: an earlier one of the same name is over.
        let place = self.nodes.iter().rposition(|node| node.goes_on(message));
        let place = place.unwrap_or_else(|| {
            let node = NodeText::begin(message);
            self.size += node.size();
            self.nodes.push(node);
            self.nodes.len() - 1
        });
        let node = &mut self.nodes[place];
        node.text.push_str(&message.content);
        self.size += message.content.len();
        node.finished |= message.node_is_finish;
        Some(node)
    }

    /// What it takes, in bytes.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    /// The end node, whose text is the output of the run.
    pub fn end(&self) -> Option<&NodeText> {
        self.nodes.iter().rev().find(|node| node.is_end())
    }

    /// The nodes with this title.
    pub fn titled<'a>(&'a self, title: &'a str) -> impl Iterator<Item = &'a NodeText> {
        self.nodes.iter().filter(move |node| node.title == title)
    }
}

impl std::ops::Deref for NodeTexts {
    type Target = [NodeText];

    fn deref(&self) -> &[NodeText] {
        &self.nodes
    }
}

impl IntoIterator for NodeTexts {
    type Item = NodeText;
    type IntoIter = std::vec::IntoIter<NodeText>;

    fn into_iter(self) -> Self::IntoIter {
        self.nodes.into_iter()
    }
}
