//! The frame of a form with one file.

use std::fmt::Write as _;

use bytes::Bytes;
use coze_models::UploadFile;
use http::HeaderValue;

/// What stands around the file, and how it is called.
#[derive(Clone, Debug)]
pub(super) struct Form {
    pub(super) head: Bytes,
    pub(super) tail: Bytes,
    pub(super) content_type: HeaderValue,
}

impl Form {
    /// A form with a boundary that no file holds but by a chance of 1 in 2^128.
    pub(super) fn new(file_name: &str, content_type: &str) -> Result<Self, String> {
        let boundary = format!("coze-{:032x}", fastrand::u128(..));
        Self::with_boundary(file_name, content_type, &boundary)
    }

    fn with_boundary(file_name: &str, content_type: &str, boundary: &str) -> Result<Self, String> {
        if file_name.is_empty() {
            return Err("a file needs a name: set one with file_name()".to_owned());
        }
        // It must be able to stand in a header.
        let plain = content_type
            .bytes()
            .all(|byte| (b' '..=b'~').contains(&byte));
        if !plain || !content_type.contains('/') {
            return Err("the content type is not valid: write it as in image/png".to_owned());
        }
        let part = UploadFile::PART_FILE;
        let mut head =
            format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"");
        push_quoted(&mut head, file_name);
        let _ = write!(head, "\"\r\nContent-Type: {content_type}\r\n\r\n");
        let value = format!("multipart/form-data; boundary={boundary}");
        Ok(Self {
            head: head.into(),
            tail: format!("\r\n--{boundary}--\r\n").into(),
            content_type: HeaderValue::try_from(value).map_err(|error| error.to_string())?,
        })
    }
}

/// A name within quotes: quotes and backslashes are escaped, what could end the line is written in
/// hexadecimal, and everything else stays as it is, in UTF-8.
fn push_quoted(out: &mut String, name: &str) {
    for sign in name.chars() {
        match sign {
            '"' | '\\' => out.extend(['\\', sign]),
            sign if sign.is_ascii_control() => {
                let _ = write!(out, "%{:02X}", u32::from(sign));
            }
            sign => out.push(sign),
        }
    }
}

/// The content type that a file's name tells, for the kinds of files that the service takes.
pub(super) fn content_type_of(file_name: &str) -> &'static str {
    let ending = file_name.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending.to_ascii_lowercase().as_str() {
        "pdf" => "application/pdf",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "csv" => "text/csv",
        "txt" | "c" | "cpp" | "java" | "py" => "text/plain",
        "md" => "text/markdown",
        "json" => "application/json",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "heic" => "image/heic",
        "heif" => "image/heif",
        "bmp" => "image/bmp",
        "tif" | "tiff" => "image/tiff",
        "svg" => "image/svg+xml",
        "wav" => "audio/wav",
        "mp3" => "audio/mpeg",
        "flac" => "audio/flac",
        "m4a" => "audio/mp4",
        "aac" => "audio/aac",
        "ogg" => "audio/ogg",
        "wma" => "audio/x-ms-wma",
        "mid" | "midi" => "audio/midi",
        "mp4" | "m4v" => "video/mp4",
        "avi" => "video/x-msvideo",
        "mov" => "video/quicktime",
        "3gp" | "3gpp" => "video/3gpp",
        "flv" => "video/x-flv",
        "webm" => "video/webm",
        "wmv" => "video/x-ms-wmv",
        "mkv" => "video/x-matroska",
        "zip" => "application/zip",
        "rar" => "application/vnd.rar",
        "7z" => "application/x-7z-compressed",
        "gz" | "gzip" => "application/gzip",
        "bz2" => "application/x-bzip2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_leave_its_quotes_or_its_line() {
        let form = Form::with_boundary(
            "a\"; name=\"x\\\r\nContent-Type: text/html\r\n\r\n\0\u{7f}报告.pdf",
            "application/pdf",
            "B",
        )
        .unwrap();
        assert_eq!(
            str::from_utf8(&form.head).unwrap(),
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\\\"; name=\\\"x\\\\\
             %0D%0AContent-Type: text/html%0D%0A%0D%0A%00%7F报告.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
        );
        assert_eq!(form.tail, "\r\n--B--\r\n");
        assert_eq!(form.content_type, "multipart/form-data; boundary=B");
    }

    #[test]
    fn what_cannot_stand_in_the_form_is_refused_with_advice() {
        for (name, kind, say) in [
            ("", "text/plain", "file_name()"),
            ("a", "text/plain\r\nX-Y: z", "image/png"),
            ("a", "text", "image/png"),
            ("a", "text/plaïn", "image/png"),
        ] {
            let reason = Form::new(name, kind).unwrap_err();
            assert!(reason.contains(say), "{reason}");
        }
        let (a, b) = (
            Form::new("a", "a/b").unwrap(),
            Form::new("a", "a/b").unwrap(),
        );
        assert_ne!(a.content_type, b.content_type);
    }

    #[test]
    fn a_content_type_follows_from_the_name() {
        assert_eq!(content_type_of("Bericht.PDF"), "application/pdf");
        assert_eq!(content_type_of("archive.tar.gz"), "application/gzip");
        assert_eq!(content_type_of("README"), "application/octet-stream");
        assert_eq!(content_type_of("a.unknown"), "application/octet-stream");
    }
}
