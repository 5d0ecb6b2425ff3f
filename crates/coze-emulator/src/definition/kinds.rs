//! The keys of each kind of node.

use indexmap::IndexMap;
use serde::Deserialize;

use super::{
    at::At,
    cases::{Case, internal_error},
    filled::Filled,
    nodes::Step,
    param::Params,
    source::Tokens,
};

/// Declares a node with the keys that all nodes have.
macro_rules! node {
    ($(#[$meta:meta])* $name:ident { $($(#[$of_field:meta])* $field:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            pub(crate) id: String,
            pub(crate) title: Option<String>,
            /// What is done again when the node fails.
            #[serde(default)]
            pub(crate) retry: Retry,
            /// Runs instead when the node has failed at last; its output is then the node's.
            pub(crate) on_error: Option<Block>,
            $($(#[$of_field])* pub(crate) $field: $kind,)*
        }
    };
}

/// How often a node that failed is run again.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Retry {
    pub(crate) times: u32,
    /// Milliseconds before each.
    #[serde(default)]
    pub(crate) wait: u64,
}

node! {
    /// Renders a template; output `{ output: text }`.
    Text {
        template: At<String>,
    }
}

node! {
    /// Shows a text to the caller while the run goes on; output `{ output: text }`.
    Output {
        content: At<String>,
        /// Characters in one piece of a stream.
        #[serde(default = "piece")]
        piece: usize,
        /// Milliseconds before each piece.
        #[serde(default)]
        pause: u64,
    }
}

/// Characters of a streamed piece when the definition does not say.
pub(crate) fn piece() -> usize {
    16
}

node! {
    /// Computes a value; output `{ value: … }`.
    Expression {
        value: Filled,
    }
}

node! {
    /// Waits; output `{ milliseconds: waited }`.
    Delay {
        /// A number, or an expression that gives one.
        milliseconds: Filled,
    }
}

node! {
    /// Ends the run as a failure.
    Fail {
        /// An expression without braces; without it the node always fails.
        when: Option<At<String>>,
        #[serde(default = "internal_error")]
        code: i64,
        message: At<String>,
    }
}

node! {
    /// Asks the caller; output `{ answer: … }`, with options also `option`, with fields also the fields.
    Question {
        text: At<String>,
        /// Texts to choose from.
        #[serde(default)]
        options: Vec<String>,
        /// Fields that the answer has to hold.
        #[serde(default)]
        extract: Params,
    }
}

node! {
    /// Asks the caller for typed fields; output the fields.
    InputForm {
        fields: Params,
    }
}

node! {
    /// Goes the first branch whose `when` is true; output `{ branch: index, output: … }`.
    Condition {
        branches: Vec<Branch>,
        #[serde(rename = "else")]
        otherwise: Option<Block>,
    }
}

/// A condition and what it leads to.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Branch {
    /// An expression without braces.
    pub(crate) when: At<String>,
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: Filled,
}

/// Nodes with a result. What they define is seen inside only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Block {
    #[serde(default)]
    pub(crate) nodes: Vec<Step>,
    #[serde(default)]
    pub(crate) output: Filled,
}

node! {
    /// Repeats nodes one round after the other; they see `item` and `index`; output `{ items: [output of each round] }`.
    Loop {
        /// An array, or a number of rounds.
        over: Filled,
        #[serde(default)]
        nodes: Vec<Step>,
        #[serde(default)]
        output: Filled,
    }
}

node! {
    /// As [`Loop`], with several rounds at a time.
    Batch {
        over: Filled,
        /// Rounds at a time.
        #[serde(default = "parallel")]
        parallel: usize,
        #[serde(default)]
        nodes: Vec<Step>,
        #[serde(default)]
        output: Filled,
    }
}

fn parallel() -> usize {
    10
}

node! {
    /// Runs another workflow; output its variables, or `{ output: text }`.
    Subflow {
        /// Name or id.
        workflow: At<String>,
        #[serde(default)]
        inputs: IndexMap<String, Filled>,
    }
}

node! {
    /// Plays a language model; output `{ output: text }`, or the members of an object.
    Llm {
        /// Shown to cases and on pages.
        #[serde(default = "model")]
        model: String,
        #[serde(default)]
        system: At<String>,
        prompt: At<String>,
        #[serde(default)]
        cases: Vec<Case>,
        /// What it says when no case fits.
        returns: Option<Filled>,
        /// Tokens of each call; counted from the texts when absent.
        tokens: Option<Tokens>,
        /// Milliseconds before the first token.
        #[serde(default)]
        latency: u64,
        /// Milliseconds for each token of the output.
        #[serde(default)]
        pace: u64,
    }
}

fn model() -> String {
    "emulator".into()
}

node! {
    /// Plays a request to another server, which is never sent; output `{ status, headers, body }`.
    Http {
        #[serde(default = "get")]
        method: String,
        url: At<String>,
        #[serde(default)]
        headers: IndexMap<String, At<String>>,
        #[serde(default)]
        body: Filled,
        #[serde(default)]
        cases: Vec<Case>,
        /// The response when no case fits: `{ status: 200, headers: {}, body: null }`.
        returns: Option<Filled>,
        /// Milliseconds before the response.
        #[serde(default)]
        latency: u64,
    }
}

fn get() -> String {
    "GET".into()
}

node! {
    /// Computes an object of its inputs, which alone its templates see; output the object's members.
    Code {
        #[serde(default)]
        inputs: IndexMap<String, Filled>,
        #[serde(default)]
        cases: Vec<Case>,
        /// The object when no case fits.
        returns: Option<Filled>,
        /// Milliseconds that it takes.
        #[serde(default)]
        latency: u64,
    }
}
