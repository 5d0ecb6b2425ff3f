//! JSON as it stands in documentation: with places, masks (`123***`) and `//` comments.

use super::types::Kind;

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Line of its first character.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The value.
    pub value: Value,
}

/// A JSON value; numbers keep their digits.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number as written; may hold a mask.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    Array(Vec<Node>),
    /// An object; keys in the order written.
    Object(Vec<(String, Node)>),
}

impl Node {
    /// Kind of the value.
    pub fn kind(&self) -> Kind {
        match &self.value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(text) if text.contains(['.', 'e', 'E']) => Kind::Float,
            Value::Number(_) => Kind::Int,
            Value::Text(_) => Kind::Str,
            Value::Array(_) => Kind::Array,
            Value::Object(_) => Kind::Object,
        }
    }

    /// The value without its place, for comparison.
    pub fn bare(&self) -> String {
        match &self.value {
            Value::Null => "null".to_owned(),
            Value::Bool(flag) => flag.to_string(),
            Value::Number(text) => text.clone(),
            Value::Text(text) => format!("{text:?}"),
            Value::Array(items) => {
                let items: Vec<String> = items.iter().map(Self::bare).collect();
                format!("[{}]", items.join(","))
            }
            Value::Object(members) => {
                let member = |(key, node): &(String, Self)| format!("{key:?}:{}", node.bare());
                let members: Vec<String> = members.iter().map(member).collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// Member of an object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        let found = self.members().iter().find(|(name, _)| name == key);
        found.map(|(_, node)| node)
    }

    /// Members of an object; none for other values.
    pub fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Object(members) => members,
            _ => &[],
        }
    }

    /// Items of a list; none for other values.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Array(items) => items,
            _ => &[],
        }
    }

    /// The text of a string, the digits of a number.
    pub fn scalar(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }
}

/// Where parsing stopped: line and column.
pub type Stop = (usize, usize);

struct Parser<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
    column: usize,
    depth: usize,
}

/// Reads all documents of a text that starts at the given place.
///
/// # Errors
///
/// The place of what is not JSON.
pub fn parse_all(text: &str, line: usize, column: usize) -> Result<Vec<Node>, Stop> {
    let mut parser = Parser {
        chars: text.chars().peekable(),
        line,
        column,
        depth: 0,
    };
    let mut documents = Vec::new();
    loop {
        parser.blanks()?;
        if parser.chars.peek().is_none() {
            return Ok(documents);
        }
        documents.push(parser.value()?);
        parser.blanks()?;
        if documents.len() > 1 {
            parser.takes(',');
        }
    }
}

/// Reads one document.
///
/// # Errors
///
/// The place of what is not JSON, or of a second document.
pub fn parse(text: &str, line: usize, column: usize) -> Result<Node, Stop> {
    let mut documents = parse_all(text, line, column)?;
    match (documents.pop(), documents.first()) {
        (Some(node), None) => Ok(node),
        (Some(node), Some(_)) => Err((node.line, node.column)),
        (None, _) => Err((line, column)),
    }
}

impl Parser<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.chars.next()?;
        if c == '\n' {
            self.line += 1;
            self.column = 1;
        } else {
            self.column += 1;
        }
        Some(c)
    }

    fn stop<T>(&self) -> Result<T, Stop> {
        Err((self.line, self.column))
    }

    /// Takes the next character if it is this one.
    fn takes(&mut self, c: char) -> bool {
        self.chars.peek() == Some(&c) && self.next().is_some()
    }

    /// Takes the characters that fit.
    fn run(&mut self, fits: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.chars.peek().copied().filter(|c| fits(*c)) {
            text.push(c);
            self.next();
        }
        text
    }

    fn blanks(&mut self) -> Result<(), Stop> {
        loop {
            self.run(char::is_whitespace);
            if !self.takes('/') {
                return Ok(());
            }
            if !self.takes('/') {
                return self.stop();
            }
            self.run(|c| c != '\n');
        }
    }

    fn value(&mut self) -> Result<Node, Stop> {
        self.depth += 1;
        if self.depth > 100 {
            return self.stop();
        }
        let (line, column) = (self.line, self.column);
        let value = match self.chars.peek() {
            Some('{') => Value::Object(self.list('}', Self::member)?),
            Some('[') => Value::Array(self.list(']', Self::value)?),
            Some('"') => Value::Text(self.text()?),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '*') => self.number()?,
            Some(c) if c.is_ascii_alphabetic() => self.word()?,
            _ => return self.stop(),
        };
        self.depth -= 1;
        Ok(Node {
            line,
            column,
            value,
        })
    }

    /// Items up to a bracket, a comma behind each; the last may have one.
    fn list<T>(
        &mut self,
        close: char,
        item: fn(&mut Self) -> Result<T, Stop>,
    ) -> Result<Vec<T>, Stop> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            if self.takes(close) {
                return Ok(items);
            }
            items.push(item(self)?);
            self.blanks()?;
            if !self.takes(',') && self.chars.peek() != Some(&close) {
                return self.stop();
            }
        }
    }

    fn member(&mut self) -> Result<(String, Node), Stop> {
        let (line, column) = (self.line, self.column);
        let key = self.text()?;
        self.blanks()?;
        if !self.takes(':') {
            return self.stop();
        }
        self.blanks()?;
        let value = self.value()?.value;
        // The place of a member is its key: that is what a reader looks for.
        let node = Node {
            line,
            column,
            value,
        };
        Ok((key, node))
    }

    fn text(&mut self) -> Result<String, Stop> {
        if !self.takes('"') {
            return self.stop();
        }
        let mut text = String::new();
        loop {
            match self.next() {
                Some('"') => return Ok(text),
                Some('\\') => match self.next() {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('b' | 'f') => {}
                    Some('u') => text.push(self.unicode()?),
                    Some(c @ ('"' | '\\' | '/')) => text.push(c),
                    _ => return self.stop(),
                },
                Some('\n') | None => return self.stop(),
                Some(c) => text.push(c),
            }
        }
    }

    fn unicode(&mut self) -> Result<char, Stop> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.next().and_then(|c| c.to_digit(16)) else {
                return self.stop();
            };
            code = code * 16 + digit;
        }
        // Halves of surrogate pairs say nothing about kinds.
        Ok(char::from_u32(code).unwrap_or('\u{fffd}'))
    }

    fn number(&mut self) -> Result<Value, Stop> {
        let text = self.run(|c| c.is_ascii_digit() || "-+.eE*".contains(c));
        if text.contains('*') || text.parse::<f64>().is_ok() {
            Ok(Value::Number(text))
        } else {
            self.stop()
        }
    }

    fn word(&mut self) -> Result<Value, Stop> {
        let stop = self.stop();
        match self.run(|c| c.is_ascii_alphanumeric()).as_str() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            "null" => Ok(Value::Null),
            _ => stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_comments_and_several_documents() {
        let text = "{\n  \"a\": 12***, // how many\n  \"b\": \"x\",\n}\n{\"c\": null}";
        let documents = parse_all(text, 10, 1).expect("reads");
        assert_eq!(documents.len(), 2);
        let a = documents[0].get("a").expect("there");
        assert_eq!((a.kind(), a.line, a.column), (Kind::Int, 11, 3));
        assert_eq!(documents[1].line, 14);
    }

    #[test]
    fn what_is_not_json_has_a_place() {
        assert_eq!(parse("{logid\": \"2\"}", 7, 5), Err((7, 6)));
        assert_eq!(parse("{\"a\": 1} x", 1, 1), Err((1, 10)));
    }
}
