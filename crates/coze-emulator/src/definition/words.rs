//! Filters and tests that a template names. The template engine looks for them only when it gets there.

use minijinja::{Environment, ErrorKind};

/// Whether all filters and tests exist; the template must have been compiled.
pub(super) fn known_words(
    environment: &Environment<'_>,
    template: &str,
    is_expression: bool,
) -> Result<(), String> {
    let mut state = environment.empty_state();
    for (kind, word) in words(template, is_expression) {
        let error = match kind {
            Kind::Filter => state.apply_filter(word, &[]).map(|_| ()),
            Kind::Test => state.perform_test(word, &[]).map(|_| ()),
        };
        // Every other error is about the arguments, and the word exists.
        match error.map_err(|error| error.kind()) {
            Err(ErrorKind::UnknownFilter) => return Err(format!("there is no filter '{word}'")),
            Err(ErrorKind::UnknownTest) => return Err(format!("there is no test '{word}'")),
            _ => {}
        }
    }
    Ok(())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Filter,
    Test,
}

fn words(template: &str, is_expression: bool) -> Vec<(Kind, &str)> {
    let mut words = Vec::new();
    if is_expression {
        in_code(template, None, &mut words);
        return words;
    }
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        rest = &rest[open..];
        rest = match rest.as_bytes().get(1) {
            Some(b'{') => in_code(&rest[2..], Some("}}"), &mut words),
            Some(b'%') => {
                let code = rest[2..].trim_start_matches('-').trim_start();
                let after = in_code(&rest[2..], Some("%}"), &mut words);
                if let Some(filter) = code.strip_prefix("filter ") {
                    words.push((Kind::Filter, word(filter.trim_start())));
                }
                if code.starts_with("raw") {
                    after.split_once("endraw").map_or("", |(_, after)| after)
                } else {
                    after
                }
            }
            Some(b'#') => rest.split_once("#}").map_or("", |(_, after)| after),
            _ => &rest[1..],
        };
    }
    words
}

/// Reads code up to `end`, and gives what follows.
fn in_code<'t>(code: &'t str, end: Option<&str>, words: &mut Vec<(Kind, &'t str)>) -> &'t str {
    let mut rest = code;
    let mut next = None;
    while let Some(first) = rest.chars().next() {
        if let Some(end) = end
            && let Some(after) = rest.strip_prefix(end)
        {
            return after;
        }
        let name = word(rest);
        if !name.is_empty() {
            next = match (next.take(), name) {
                (Some(kind), name) if kind == Kind::Filter || name != "not" => {
                    words.push((kind, name));
                    None
                }
                (Some(_), _) | (None, "is") => Some(Kind::Test),
                (None, _) => None,
            };
            rest = &rest[name.len()..];
            continue;
        }
        match first {
            '\'' | '"' => rest = after_string(rest, first),
            _ => {
                if !first.is_whitespace() {
                    next = (first == '|').then_some(Kind::Filter);
                }
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    ""
}

/// What follows a string that begins with `quote`.
fn after_string(text: &str, quote: char) -> &str {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return &text[at + c.len_utf8()..],
            _ => {}
        }
    }
    ""
}

/// The word that a text begins with; empty when it begins with something else.
fn word(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_and_tests_are_found_and_look_alikes_are_not() {
        let text = "a | b {# {{ x | no }} #}{{ 'q | no' ~ a.b|upper|default('x | no') }}\
            {% if n is not odd and n is even %}{% filter lower %}{% endfilter %}{% endif %}\
            {% raw %}{{ x | no }}{% endraw %}";
        assert_eq!(
            words(text, false),
            [
                (Kind::Filter, "upper"),
                (Kind::Filter, "default"),
                (Kind::Test, "odd"),
                (Kind::Test, "even"),
                (Kind::Filter, "lower"),
            ]
        );
        assert_eq!(words("n | abs is odd", true).len(), 2);
    }

    #[test]
    fn only_words_that_do_not_exist_are_refused() {
        let environment = Environment::new();
        let known = |text| known_words(&environment, text, false);
        assert_eq!(known("{{ x | replace('a', 'b') | join(',') }}"), Ok(()));
        assert_eq!(
            known("{{ x is defined }}{{ x is startingwith 'a' }}"),
            Ok(())
        );
        assert_eq!(
            known("{{ x | uper }}"),
            Err("there is no filter 'uper'".into())
        );
        assert_eq!(known("{{ x is od }}"), Err("there is no test 'od'".into()));
    }
}
