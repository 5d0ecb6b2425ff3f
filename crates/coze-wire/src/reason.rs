//! Why JSON does not fit, without the value that does not.

use alloc::string::{String, ToString};

/// Longest reason, in bytes.
const LONGEST: usize = 300;

/// The reason of a JSON error. Values of the text are taken out of it: they may be secret, or very long.
pub(crate) fn reason(error: &serde_json::Error) -> String {
    let mut reason = error.to_string();
    // As serde writes them: what was found stands before what was expected.
    for (before, after) in [
        ("string \"", "\", expected "),
        ("character `", "`, expected "),
        ("integer `", "`, expected "),
        ("floating point `", "`, expected "),
        ("unknown variant `", "`, expected "),
        ("unknown variant `", "`, there are "),
        ("unknown field `", "`, expected "),
        ("unknown field `", "`, there are "),
    ] {
        if let Some(start) = reason.find(before).map(|start| start + before.len())
            && let Some(end) = reason.rfind(after)
            && start < end
        {
            reason.replace_range(start..end, "…");
            break;
        }
    }
    if reason.len() > LONGEST {
        let end = (0..=LONGEST)
            .rev()
            .find(|end| reason.is_char_boundary(*end));
        reason.truncate(end.unwrap_or_default());
        reason.push('…');
    }
    reason
}
