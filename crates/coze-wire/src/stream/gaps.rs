//! Events that were lost or came twice.

use alloc::{borrow::ToOwned, string::String, vec::Vec};
use core::fmt;

use super::short_name;

/// A place where the count of events is not what it should be.
///
/// Events are counted by their id, and the pieces of one node by their `node_seq_id`; a number that was
/// left out says that something was lost on the way.
/// Wire: <https://www.coze.cn/open/docs/developer_guides/workflow_stream_run>.
///
/// ```
/// use coze_models::WorkflowEvent;
/// use coze_wire::stream::EventReader;
///
/// let mut reader = EventReader::<WorkflowEvent>::new();
/// reader.push("id: 0\nevent: PING\n\nid: 2\nevent: Done\n\n".into());
/// while reader.pull().is_some() {}
/// assert_eq!(reader.gaps()[0].to_string(), "event 2 came where event 1 was due");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamGap {
    node: Option<String>,
    expected: u64,
    seen: u64,
}

impl StreamGap {
    /// The node whose pieces are out of order: its execution, its id or its title, whichever names it
    /// best. A name of more than 256 bytes is [shortened](short_name). `None` where the events
    /// themselves are.
    pub fn node(&self) -> Option<&str> {
        self.node.as_deref()
    }

    /// The number that was due.
    pub const fn expected(&self) -> u64 {
        self.expected
    }

    /// The number that came.
    pub const fn seen(&self) -> u64 {
        self.seen
    }

    /// Whether what came had come before. Otherwise something was left out.
    pub const fn is_repeat(&self) -> bool {
        self.seen < self.expected
    }
}

impl fmt::Display for StreamGap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (expected, seen) = (self.expected, self.seen);
        match &self.node {
            None => write!(f, "event {seen} came where event {expected} was due"),
            Some(node) => write!(
                f,
                "piece {seen} of node `{}` came where piece {expected} was due",
                node.escape_debug()
            ),
        }
    }
}

impl core::error::Error for StreamGap {}

/// Which piece of which node an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NodePiece<'a> {
    /// The name of the node.
    pub node: &'a str,
    /// Whether the name is that of one execution of the node. If not, its pieces may begin at 0 again.
    pub unique: bool,
    /// The round of a loop it is in.
    pub round: Option<i64>,
    /// Its number, from 0.
    pub seq: u64,
    /// Whether it is the last of its node.
    pub finished: bool,
}

/// How many nodes are counted at a time, so that a stream without end takes memory with one.
const NODES: usize = 256;

/// How many gaps are kept. They are counted beyond it.
const KEPT: usize = 64;

#[derive(Debug)]
struct Node {
    name: String,
    round: Option<i64>,
    next: u64,
    finished: bool,
}

/// Counts events and pieces.
#[derive(Debug, Default)]
pub(super) struct Counter {
    next: Option<u64>,
    nodes: Vec<Node>,
    /// Place of the node of the latest piece, which as a rule is that of the next.
    latest: usize,
    pub(super) found: Vec<StreamGap>,
    pub(super) count: u64,
}

impl Counter {
    /// Takes note of the id of an event; whether it is one too many or not the next.
    pub(super) fn event(&mut self, seen: u64, first: &[u64], failed: bool) -> Option<StreamGap> {
        let expected = match self.next {
            Some(next) => next,
            None if first.contains(&seen) => seen,
            None => *first.first()?,
        };
        self.next = Some(expected.max(seen.saturating_add(1)));
        // A request that is refused gets an error with id 0, whatever came before.
        if seen == expected || (failed && seen == 0) {
            return None;
        }
        Some(self.note(None, expected, seen))
    }

    /// The same for a piece of a node.
    pub(super) fn piece(&mut self, piece: NodePiece<'_>) -> Option<StreamGap> {
        let name = short_name(piece.node);
        let is_it = |node: &Node| node.name == *name && node.round == piece.round;
        let place = if self.nodes.get(self.latest).is_some_and(is_it) {
            Some(self.latest)
        } else {
            self.nodes.iter().position(is_it)
        };
        let Some(place) = place else {
            self.begin(&name, piece);
            return (piece.seq != 0).then(|| self.note(Some(&name), 0, piece.seq));
        };
        self.latest = place;
        let node = &mut self.nodes[place];
        let expected = node.next;
        if piece.seq == 0 && !piece.unique {
            // Another round of the same node.
            node.next = 1;
            node.finished = piece.finished;
            return None;
        }
        node.next = expected.max(piece.seq.saturating_add(1));
        node.finished |= piece.finished;
        (piece.seq != expected).then(|| self.note(Some(&name), expected, piece.seq))
    }

    fn begin(&mut self, name: &str, piece: NodePiece<'_>) {
        let node = Node {
            name: name.to_owned(),
            round: piece.round,
            next: piece.seq.saturating_add(1),
            finished: piece.finished,
        };
        if self.nodes.len() < NODES {
            if self.nodes.is_empty() {
                // Most streams have few, and a list would have room for four at once.
                self.nodes.reserve_exact(1);
            }
            self.latest = self.nodes.len();
            self.nodes.push(node);
            return;
        }
        let old = self.nodes.iter().position(|node| node.finished);
        self.latest = old.unwrap_or(0);
        self.nodes[self.latest] = node;
    }

    fn note(&mut self, node: Option<&str>, expected: u64, seen: u64) -> StreamGap {
        let gap = StreamGap {
            node: node.map(str::to_owned),
            expected,
            seen,
        };
        self.count += 1;
        if self.found.len() < KEPT {
            self.found.push(gap.clone());
        }
        gap
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;

    fn ids(ids: &[u64]) -> Vec<(u64, u64)> {
        let mut counter = Counter::default();
        ids.iter()
            .filter_map(|id| counter.event(*id, &[0], false))
            .map(|gap| (gap.expected(), gap.seen()))
            .collect()
    }

    #[test]
    fn what_was_left_out_and_what_came_twice() {
        assert_eq!(ids(&[0, 1, 2]), []);
        assert_eq!(ids(&[0, 2, 3]), [(1, 2)]);
        assert_eq!(ids(&[0, 1, 1, 2]), [(2, 1)]);
        assert_eq!(ids(&[0, 2, 1, 3]), [(1, 2), (3, 1)]);
        assert_eq!(ids(&[1]), [(0, 1)]);
        assert_eq!(ids(&[u64::MAX, 0]).len(), 2);
    }

    #[test]
    fn a_self_hosted_chat_counts_from_one() {
        let mut counter = Counter::default();
        assert_eq!(counter.event(1, &[0, 1], false), None);
        assert_eq!(counter.event(2, &[0, 1], false), None);
        assert!(counter.event(4, &[0, 1], false).is_some());
        let mut unknown = Counter::default();
        assert_eq!(unknown.event(7, &[], false), None);
    }

    #[test]
    fn a_lone_error_with_id_0_is_no_gap() {
        let mut counter = Counter::default();
        assert_eq!(counter.event(0, &[0], false), None);
        assert_eq!(counter.event(0, &[0], true), None);
        assert!(counter.event(5, &[0], true).is_some());
    }

    fn piece(node: &str, unique: bool, seq: u64) -> NodePiece<'_> {
        NodePiece {
            node,
            unique,
            round: None,
            seq,
            finished: false,
        }
    }

    #[test]
    fn pieces_are_counted_by_node() {
        let mut counter = Counter::default();
        for (node, seq) in [("a", 0), ("b", 0), ("a", 1), ("b", 1), ("a", 2)] {
            assert_eq!(counter.piece(piece(node, true, seq)), None);
        }
        let gap = counter.piece(piece("b", true, 3)).unwrap();
        assert_eq!((gap.node(), gap.expected(), gap.seen()), (Some("b"), 2, 3));
        assert!(counter.piece(piece("a", true, 0)).unwrap().is_repeat());
        assert!(counter.piece(piece("c", true, 1)).is_some());
        assert_eq!(counter.count, 3);
    }

    #[test]
    fn a_title_may_begin_again_and_a_single_piece_come_twice() {
        let mut counter = Counter::default();
        for seq in [0, 1, 0, 1] {
            assert_eq!(counter.piece(piece("Round", false, seq)), None);
        }
        // A loop of nodes that say one word each looks the same as a repeat, so it is none.
        let mut counter = Counter::default();
        for seq in [0, 0, 0] {
            assert_eq!(counter.piece(piece("Round", false, seq)), None);
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut counter = Counter::default();
        for node in 0..10_000 {
            counter.piece(piece(&node.to_string(), true, 5));
        }
        assert_eq!(counter.nodes.len(), NODES);
        assert_eq!(counter.found.len(), KEPT);
        assert_eq!(counter.count, 10_000);
    }
}
