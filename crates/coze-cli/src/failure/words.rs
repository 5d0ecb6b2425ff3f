//! The client speaks of its methods; somebody at a shell knows commands and options.

use std::borrow::Cow;

/// Methods that the client's messages and hints name, and what does the same here.
const WORDS: [(&str, &str); 10] = [
    ("allow_plaintext(true)", "--allow-plaintext"),
    ("allow_plaintext", "--allow-plaintext"),
    ("run()", "`coze run`"),
    ("start()", "`coze run --async`"),
    ("stream()", "`coze stream`"),
    ("upload()", "`coze upload`"),
    ("version()", "--workflow-version"),
    ("region()", "--region"),
    ("base_url()", "--base-url"),
    // Nobody was there to decline.
    (
        "the answer was declined; the run waits for it",
        "the run waits for an answer",
    ),
];

/// The text with commands and options in place of methods.
pub(super) fn of_the_command(text: Cow<'_, str>) -> Cow<'_, str> {
    WORDS.iter().fold(text, |text, (method, word)| {
        if text.contains(method) {
            text.replace(method, word).into()
        } else {
            text
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_become_commands_and_options() {
        for (text, told) in [
            (
                "a run that takes longer than 90 s needs start() or stream() instead of run()",
                "a run that takes longer than 90 s needs `coze run --async` or `coze stream` instead of `coze run`",
            ),
            (
                "use https, or allow_plaintext(true) on a network you trust",
                "use https, or --allow-plaintext on a network you trust",
            ),
            ("check the id", "check the id"),
        ] {
            assert_eq!(of_the_command(text.into()), told);
        }
    }
}
