//! Events → bytes.

use alloc::vec::Vec;

use memchr::memchr2;

/// Appends an event with LF line ends.
///
/// Each line of `data` becomes a `data` line; CRLF and CR within it are line ends too, so a decoder
/// gives them back as LF. Line ends and U+0000 in `id` and `name` cannot be sent: each is replaced by
/// a space. Without data it is an event for [`EventDecoder`](super::EventDecoder) alone, and only if it
/// has a name.
///
/// ```
/// let mut body = Vec::new();
/// coze_wire::sse::encode_event(&mut body, Some("0"), Some("Message"), Some("two\nlines"));
/// assert_eq!(body, b"id: 0\nevent: Message\ndata: two\ndata: lines\n\n");
/// ```
pub fn encode_event(out: &mut Vec<u8>, id: Option<&str>, name: Option<&str>, data: Option<&str>) {
    let length = |text: Option<&str>| text.map_or(0, str::len);
    out.reserve(length(id) + length(name) + length(data) + 32);
    for (field, value) in [(&b"id: "[..], id), (b"event: ", name)] {
        let Some(value) = value else { continue };
        out.extend_from_slice(field);
        out.extend(value.bytes().map(|byte| match byte {
            b'\n' | b'\r' | 0 => b' ',
            byte => byte,
        }));
        out.push(b'\n');
    }
    let mut rest = data.map(str::as_bytes);
    while let Some(text) = rest {
        let end = memchr2(b'\n', b'\r', text);
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(&text[..end.unwrap_or(text.len())]);
        out.push(b'\n');
        rest = end.map(|end| &text[end + 1 + usize::from(text[end..].starts_with(b"\r\n"))..]);
    }
    out.push(b'\n');
}
