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
                let members: Vec<String> = members
                    .iter()
                    .map(|(key, node)| format!("{key:?}:{}", node.bare()))
                    .collect();
                format!("{{{}}}", members.join(","))
            }
        }
    }

    /// Member of an object.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.members()
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, node)| node)
    }

    /// Members of an object; none for other values.
    pub fn members(&self) -> &[(String, Node)] {
        match &self.value {
            Value::Object(members) => members,
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
        if parser.chars.peek() == Some(&',') && documents.len() > 1 {
            parser.next();
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

    fn blanks(&mut self) -> Result<(), Stop> {
        loop {
            match self.chars.peek() {
                Some(c) if c.is_whitespace() => {
                    self.next();
                }
                Some('/') => {
                    self.next();
                    if self.chars.peek() != Some(&'/') {
                        return self.stop();
                    }
                    while self.chars.peek().is_some_and(|c| *c != '\n') {
                        self.next();
                    }
                }
                _ => return Ok(()),
            }
        }
    }

    fn value(&mut self) -> Result<Node, Stop> {
        self.depth += 1;
        if self.depth > 100 {
            return self.stop();
        }
        let (line, column) = (self.line, self.column);
        let value = match self.chars.peek() {
            Some('{') => self.object()?,
            Some('[') => self.array()?,
            Some('"') => Value::Text(self.text()?),
            Some(c) if c.is_ascii_digit() || matches!(c, '-' | '*') => {
                Value::Number(self.number()?)
            }
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

    fn object(&mut self) -> Result<Value, Stop> {
        self.next();
        let mut members = Vec::new();
        loop {
            self.blanks()?;
            match self.chars.peek() {
                Some('}') => {
                    self.next();
                    return Ok(Value::Object(members));
                }
                Some('"') => {}
                _ => return self.stop(),
            }
            let (line, column) = (self.line, self.column);
            let key = self.text()?;
            self.blanks()?;
            if self.chars.peek() != Some(&':') {
                return self.stop();
            }
            self.next();
            self.blanks()?;
            let mut node = self.value()?;
            // The place of a member is its key: that is what a reader looks for.
            (node.line, node.column) = (line, column);
            members.push((key, node));
            self.separator('}')?;
        }
    }

    fn array(&mut self) -> Result<Value, Stop> {
        self.next();
        let mut items = Vec::new();
        loop {
            self.blanks()?;
            if self.chars.peek() == Some(&']') {
                self.next();
                return Ok(Value::Array(items));
            }
            items.push(self.value()?);
            self.separator(']')?;
        }
    }

    fn separator(&mut self, close: char) -> Result<(), Stop> {
        self.blanks()?;
        match self.chars.peek() {
            Some(',') => {
                self.next();
                Ok(())
            }
            Some(c) if *c == close => Ok(()),
            _ => self.stop(),
        }
    }

    fn text(&mut self) -> Result<String, Stop> {
        self.next();
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

    fn number(&mut self) -> Result<String, Stop> {
        let mut text = String::new();
        while let Some(c) = self.chars.peek().copied() {
            if !(c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E' | '*')) {
                break;
            }
            text.push(c);
            self.next();
        }
        if text.contains('*') || text.parse::<f64>().is_ok() {
            Ok(text)
        } else {
            self.stop()
        }
    }

    fn word(&mut self) -> Result<Value, Stop> {
        let stop = self.stop();
        let mut word = String::new();
        while let Some(c) = self
            .chars
            .peek()
            .copied()
            .filter(char::is_ascii_alphanumeric)
        {
            word.push(c);
            self.next();
        }
        match word.as_str() {
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
