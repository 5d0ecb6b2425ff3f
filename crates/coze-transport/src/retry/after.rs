//! How long a server asks to wait.

use std::time::Duration;

use http::{
    HeaderMap, HeaderName,
    header::{DATE, RETRY_AFTER},
};

const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");

/// The wait that the headers of a response ask for: `retry-after-ms`, else `retry-after` in seconds or as
/// a date.
///
/// A date is measured against the response's own `date`, so that a wrong clock here does no harm. Of several
/// values the largest counts. What is zero, past, negative or no value at all is `None`.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    // A response has few headers: to go through them costs less than to hash two names.
    let asks = |name: &HeaderName| name == RETRY_AFTER_MS || name == RETRY_AFTER;
    headers.keys().find(|name| asks(name))?;
    let millis = headers
        .get_all(RETRY_AFTER_MS)
        .iter()
        .filter_map(|value| digits(value.to_str().ok()?).map(Duration::from_millis))
        .max();
    let seconds = || {
        headers
            .get_all(RETRY_AFTER)
            .iter()
            .filter_map(|value| {
                let text = value.to_str().ok()?.trim();
                match digits(text) {
                    Some(seconds) => Some(Duration::from_secs(seconds)),
                    None => until(text, headers),
                }
            })
            .max()
    };
    millis.or_else(seconds).filter(|wait| !wait.is_zero())
}

/// A number of digits alone. One that is too large stands for the largest.
fn digits(text: &str) -> Option<u64> {
    let text = text.trim();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    Some(text.parse().unwrap_or(u64::MAX))
}

fn until(date: &str, headers: &HeaderMap) -> Option<Duration> {
    let then = httpdate::parse_http_date(date).ok()?;
    let sent = headers
        .get(DATE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    then.duration_since(sent.unwrap_or_else(crate::time::time_of_day))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, http::HeaderValue::from_static(value));
        }
        retry_after(&headers)
    }

    #[test]
    fn seconds_milliseconds_and_what_is_none() {
        assert_eq!(read(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        assert_eq!(
            read(&[("retry-after", " 7 ")]),
            Some(Duration::from_secs(7))
        );
        let both = [("retry-after", "7"), ("retry-after-ms", "1500")];
        assert_eq!(read(&both), Some(Duration::from_millis(1500)));
        let twice = [("retry-after", "7"), ("retry-after", "9")];
        assert_eq!(read(&twice), Some(Duration::from_secs(9)));
        let huge = read(&[("retry-after", "99999999999999999999999")]);
        assert_eq!(huge, Some(Duration::from_secs(u64::MAX)));
        for text in ["0", "-1", "1e9", "1.5", "", "soon", "0x10"] {
            assert_eq!(read(&[("retry-after", text)]), None, "{text}");
        }
    }

    #[test]
    fn dates_are_measured_against_the_servers_own_clock() {
        // Years away from the clock of whoever runs this.
        let date = ("date", "Sun, 06 Nov 1994 08:49:37 GMT");
        let later = ("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT");
        let before = ("retry-after", "Sun, 06 Nov 1994 08:49:27 GMT");
        assert_eq!(read(&[date, later]), Some(Duration::from_secs(10)));
        assert_eq!(read(&[date, before]), None);
        assert_eq!(read(&[later]), None);
    }
}
