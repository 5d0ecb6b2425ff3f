//! Mistakes that can be told before anything runs.

use std::collections::{HashMap, HashSet};

use super::{
    Definition, WorkflowMode,
    at::{At, Place},
    cases::Case,
    error::Mistake,
    filled::Filled,
    kinds::Subflow,
    nodes::{Node, Step},
    param::Params,
    shape::Shape,
    source::Source,
    template::Names,
};

/// Names that templates can use at one point of the workflow.
type Known = HashMap<String, Shape>;

/// Finds another workflow by name or id.
pub(super) type Find<'c> = &'c dyn Fn(&str) -> Option<Definition>;

/// Looks for mistakes.
pub(super) struct Check<'c> {
    mistakes: Vec<Mistake>,
    /// Names that may be used although nothing defines them.
    excused: &'c HashSet<String>,
    /// The other workflows, when all are known.
    find: Option<Find<'c>>,
}

impl<'c> Check<'c> {
    pub(super) fn new(excused: &'c HashSet<String>, find: Option<Find<'c>>) -> Self {
        Self {
            mistakes: Vec::new(),
            excused,
            find,
        }
    }

    /// All mistakes of a workflow.
    pub(super) fn mistakes(mut self, source: &Source) -> Vec<Mistake> {
        if let Some(id) = &source.id
            && (id.value.parse::<i64>().is_err() || id.value.starts_with(['-', '+']))
        {
            let message = format!("id '{}' must be a decimal number below 2^63", id.value);
            self.tell(id.place, message);
        }
        let name = &source.name;
        if !self.excused.contains("name")
            && (name.value.is_empty() || name.value.contains(['/', '?', '#']))
        {
            let message = "name must not be empty and must not contain '/', '?' or '#'";
            self.tell(name.place, message);
        }
        self.params(source.inputs.place, &source.inputs.value);
        let inputs = source.inputs.value.iter();
        let mut known: Known = inputs
            .map(|(name, param)| (name.clone(), Shape::of_param(param)))
            .collect();
        if source.mode == WorkflowMode::Chatflow {
            for name in ["USER_INPUT", "CONVERSATION_NAME"] {
                known.insert(name.to_owned(), Shape::Plain("string"));
            }
            known.insert("CHAT_HISTORY".to_owned(), Shape::Any);
        }
        if !source.files.is_empty() {
            for (name, file) in source.files.iter().filter(|(name, _)| !is_identifier(name)) {
                let message = format!("file name '{name}' must be letters, digits and '_' only");
                self.tell(file.place, message);
            }
            let files = Shape::fields(source.files.keys());
            if known.insert("files".to_owned(), files).is_some() {
                let message = "an input must not have the name 'files' beside files";
                self.tell(source.inputs.place, message);
            }
        }
        self.steps(&source.nodes, &mut known);
        self.end(source, &known);
        self.mistakes
    }

    fn tell(&mut self, place: Option<Place>, message: impl Into<String>) {
        self.mistakes.push(Mistake::new(place, message));
    }

    fn end(&mut self, source: &Source, known: &Known) {
        let At { value: end, place } = &source.end;
        if end.piece == 0 {
            self.tell(*place, "piece must be at least 1");
        }
        let mut returned = HashSet::new();
        match (&end.variables, &end.text) {
            (Some(variables), None) => {
                returned.extend(variables.keys().cloned());
                variables
                    .values()
                    .for_each(|value| self.value(value, known));
            }
            (None, Some(text)) => {
                returned.extend(Names::in_text(&text.value).unwrap_or_default().outer());
                self.text(text, known);
            }
            _ if self.excused.contains("end") || self.excused.contains("text") => return,
            _ => {
                let place = place.or(source.nodes.last().and_then(|step| step.place));
                self.tell(place, "end needs exactly one of 'variables' and 'text'");
            }
        }
        for (name, kind) in &end.types {
            if !returned.contains(name) && !self.excused.contains(name) {
                let message = format!("the type is of '{name}', which the end does not return");
                self.tell(kind.place, message);
            }
        }
    }

    /// Checks nodes in order; each adds its id to the names.
    fn steps(&mut self, steps: &[Step], known: &mut Known) {
        for step in steps {
            self.node(step, known, &with_numbers(known));
            if let Some(block) = step.node.on_error() {
                let mut known = known.clone();
                known.insert("error".to_owned(), Shape::fields(["code", "message"]));
                self.block(&block.nodes, &block.output, known);
            }
            let id = step.node.id();
            if !is_identifier(id) {
                let message = format!("node id '{id}' must be letters, digits and '_' only");
                self.tell(step.place, message);
            }
            let shape = Shape::of_node(&step.node, |name| self.output_of(name));
            if known.insert(id.to_owned(), shape).is_some() {
                let message = format!("'{id}' is already the name of an input or of another node");
                self.tell(step.place, message);
            }
        }
    }

    /// Checks one node; its own templates see a little more than the nodes inside it.
    fn node(&mut self, step: &Step, known: &Known, own: &Known) {
        match &step.node {
            Node::Text(node) => self.text(&node.template, own),
            Node::Output(node) => {
                if node.piece == 0 {
                    self.tell(step.place, "piece must be at least 1");
                }
                self.text(&node.content, own);
            }
            Node::Expression(node) => self.value(&node.value, own),
            Node::Delay(node) => self.value(&node.milliseconds, own),
            Node::Fail(node) => {
                if let Some(when) = &node.when {
                    self.expression(when, own);
                }
                self.text(&node.message, own);
            }
            Node::Question(node) => {
                if !node.options.is_empty() && !node.extract.is_empty() {
                    let message = "a question has 'options' or 'extract', not both";
                    self.tell(step.place, message);
                }
                self.params(step.place, &node.extract);
                self.text(&node.text, own);
            }
            Node::InputForm(node) => self.params(step.place, &node.fields),
            Node::Condition(node) => {
                for branch in &node.branches {
                    self.expression(&branch.when, own);
                    self.block(&branch.nodes, &branch.output, known.clone());
                }
                if let Some(block) = &node.otherwise {
                    self.block(&block.nodes, &block.output, known.clone());
                }
            }
            Node::Loop(node) => {
                self.value(&node.over, own);
                self.block(&node.nodes, &node.output, in_round(known));
            }
            Node::Batch(node) => {
                self.value(&node.over, own);
                if node.parallel == 0 {
                    self.tell(step.place, "parallel must be at least 1");
                }
                self.block(&node.nodes, &node.output, in_round(known));
            }
            Node::Subflow(node) => {
                self.values(node.inputs.values(), own);
                self.subflow(node);
            }
            Node::Llm(node) => {
                self.text(&node.system, own);
                self.text(&node.prompt, own);
                let seen = with_request(own, ["model", "system", "prompt"]);
                self.results(step, &node.cases, node.returns.as_ref(), &seen);
            }
            Node::Http(node) => {
                self.text(&node.url, own);
                node.headers
                    .values()
                    .for_each(|value| self.text(value, own));
                self.value(&node.body, own);
                let seen = with_request(own, ["method", "url", "headers", "body"]);
                self.results(step, &node.cases, node.returns.as_ref(), &seen);
                let results = node.cases.iter().filter_map(|case| case.returns.as_ref());
                for result in results.chain(&node.returns) {
                    self.response(step.place, result);
                }
            }
            Node::Code(node) => {
                self.values(node.inputs.values(), own);
                let inputs = node.inputs.keys();
                let seen = inputs.map(|name| (name.clone(), Shape::Any)).collect();
                self.results(
                    step,
                    &node.cases,
                    node.returns.as_ref(),
                    &with_numbers(&seen),
                );
            }
        }
    }

    /// Checks the results of a node that plays something outside.
    fn results(&mut self, step: &Step, cases: &[Case], otherwise: Option<&Filled>, seen: &Known) {
        if cases.is_empty() && otherwise.is_none() {
            self.tell(step.place, "the node needs 'returns' or 'cases'");
        }
        for case in cases {
            if let Some(when) = &case.when {
                self.expression(when, seen);
            }
            match (&case.returns, &case.fail) {
                (Some(result), None) => self.value(result, seen),
                (None, Some(refusal)) => self.text(&refusal.value.message, seen),
                _ => self.tell(
                    case.place(),
                    "a case needs exactly one of 'returns' and 'fail'",
                ),
            }
        }
        if let Some(result) = otherwise {
            self.value(result, seen);
        }
    }

    /// Checks that a response is written as one.
    fn response(&mut self, place: Option<Place>, response: &Filled) {
        const KEYS: [&str; 3] = ["status", "headers", "body"];
        match response {
            Filled::Map(members) => {
                for name in members.keys().filter(|name| !KEYS.contains(&name.as_str())) {
                    let message = format!("a response has {}, not '{name}'", KEYS.join(", "));
                    self.tell(members[name].place().or(place), message);
                }
            }
            Filled::Text(text) if text.value.trim().starts_with("{{") => {}
            _ => self.tell(place, "a response is a map with status, headers and body"),
        }
    }

    /// Checks the call of another workflow, once all are known.
    fn subflow(&mut self, node: &Subflow) {
        let Some(find) = self.find else { return };
        let At { value: name, place } = &node.workflow;
        let Some(workflow) = find(name) else {
            self.tell(*place, format!("there is no workflow '{name}'"));
            return;
        };
        let inputs = workflow.inputs();
        for sent in node
            .inputs
            .keys()
            .filter(|sent| !inputs.contains_key(*sent))
        {
            self.tell(*place, format!("workflow '{name}' has no input '{sent}'"));
        }
        let needed = inputs
            .iter()
            .filter(|(_, param)| param.required && param.default.is_none());
        for (missing, _) in needed.filter(|(needed, _)| !node.inputs.contains_key(*needed)) {
            self.tell(
                *place,
                format!("workflow '{name}' needs the input '{missing}'"),
            );
        }
    }

    /// What a node gets that runs another workflow.
    fn output_of(&self, workflow: &str) -> Shape {
        let found = self.find.and_then(|find| find(workflow));
        found.map_or(Shape::Any, |workflow| Shape::of_end(workflow.end()))
    }

    fn block(&mut self, nodes: &[Step], output: &Filled, mut known: Known) {
        self.steps(nodes, &mut known);
        self.value(output, &known);
    }

    fn params(&mut self, place: Option<Place>, params: &Params) {
        for name in params.keys().filter(|name| !is_identifier(name)) {
            let message = format!("input name '{name}' must be letters, digits and '_' only");
            self.tell(place, message);
        }
    }

    fn values<'v>(&mut self, values: impl Iterator<Item = &'v Filled>, known: &Known) {
        values.for_each(|value| self.value(value, known));
    }

    fn value(&mut self, value: &Filled, known: &Known) {
        for text in value.texts() {
            self.text(text, known);
        }
    }

    fn text(&mut self, text: &At<String>, known: &Known) {
        self.used(text.place, Names::in_text(&text.value), known);
    }

    fn expression(&mut self, expression: &At<String>, known: &Known) {
        let used = Names::in_expression(&expression.value);
        self.used(expression.place, used, known);
    }

    fn used(&mut self, place: Option<Place>, used: Result<Names, String>, known: &Known) {
        let used = match used {
            Ok(used) => used,
            Err(message) => return self.tell(place, message),
        };
        for (name, field) in used.with_field() {
            if self.excused.contains(name) {
                continue;
            }
            let message = match (known.get(name), field) {
                (None, _) => {
                    format!("'{name}' is neither an input nor the id of an earlier node")
                }
                (Some(Shape::Plain(kind)), Some(field)) => {
                    format!("'{name}' is of type {kind} and has no field '{field}'")
                }
                (Some(Shape::Fields(fields)), Some(field))
                    if !fields.iter().any(|known| known == field) =>
                {
                    format!(
                        "'{name}' has no field '{field}'; it has {}",
                        fields.join(", ")
                    )
                }
                _ => continue,
            };
            self.tell(place, message);
        }
    }
}

/// What a node's own templates see beside.
fn with_numbers(known: &Known) -> Known {
    let mut own = known.clone();
    for name in ["call", "attempt"] {
        own.entry(name.to_owned())
            .or_insert(Shape::Plain("integer"));
    }
    own
}

fn with_request<const N: usize>(own: &Known, fields: [&str; N]) -> Known {
    let mut seen = own.clone();
    seen.insert("request".to_owned(), Shape::fields(fields));
    seen
}

fn in_round(known: &Known) -> Known {
    let mut known = known.clone();
    known.insert("item".to_owned(), Shape::Any);
    known.insert("index".to_owned(), Shape::Plain("integer"));
    known
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
