//! A copy of a request from which it can be sent again.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use crate::{CallOptions, Request, RequestBody};

/// Headers that are copied without an allocation.
const INLINE: usize = 4;

/// The parts of a request. To take it costs reference counts and one box, where clones of the header map and of the
/// extensions would take six allocations.
#[derive(Debug)]
pub(super) struct RequestSnapshot {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    /// `None` if the options of the call are all there is; the call has them.
    extensions: Option<Extensions>,
    body: RequestBody,
}

#[derive(Debug)]
enum Headers {
    Inline([Option<(HeaderName, HeaderValue)>; INLINE]),
    Map(HeaderMap),
}

impl RequestSnapshot {
    /// `None` if the body can be read once only.
    pub(super) fn of(request: &Request) -> Option<Box<Self>> {
        let body = request.body().try_clone()?;
        let extensions = request.extensions();
        let options_only = extensions.len() == 1 && extensions.get::<CallOptions>().is_some();
        let is_few = request.headers().len() <= INLINE;
        // Filled in its box, because it is large.
        let mut snapshot = Box::new(Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers: if is_few {
                Headers::Inline([const { None }; INLINE])
            } else {
                Headers::Map(request.headers().clone())
            },
            extensions: (!options_only).then(|| extensions.clone()),
            body,
        });
        if let Headers::Inline(inline) = &mut snapshot.headers {
            for (slot, (name, value)) in inline.iter_mut().zip(request.headers()) {
                *slot = Some((name.clone(), value.clone()));
            }
        }
        Some(snapshot)
    }

    /// The request, whole; `options` are those that it had.
    pub(super) fn restore(&self, options: &CallOptions) -> Option<Request> {
        let mut request = Request::new(self.body.try_clone()?);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        match &self.headers {
            Headers::Inline(inline) => {
                for (name, value) in inline.iter().flatten() {
                    request.headers_mut().append(name, value.clone());
                }
            }
            Headers::Map(headers) => request.headers_mut().clone_from(headers),
        }
        match &self.extensions {
            None => {
                request.extensions_mut().insert(*options);
            }
            Some(extensions) => request.extensions_mut().clone_from(extensions),
        }
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ReplaySafety;

    #[test]
    fn nothing_is_lost() {
        for count in [0, 2, 4, 5, 9] {
            let mut request = Request::new(RequestBody::from_static(b"{}"));
            *request.method_mut() = Method::POST;
            *request.uri_mut() = Uri::from_static("/v1/run?x=1");
            for index in 0..count {
                // Two values of one name count as two.
                let name = HeaderName::from_static(if index < 2 { "x-a" } else { "x-b" });
                request.headers_mut().append(name, HeaderValue::from(index));
            }
            let options = CallOptions {
                replay: Some(ReplaySafety::Always),
                max_attempts: Some(7),
                ..CallOptions::default()
            };
            // The options alone, and with other extensions.
            for more in 0..3 {
                request.extensions_mut().insert(options);
                if more > 0 {
                    request.extensions_mut().insert(ReplaySafety::Always);
                }
                if more > 1 {
                    request.extensions_mut().insert(7_u8);
                }
                let options = CallOptions::resolve(request.extensions());
                let again = RequestSnapshot::of(&request)
                    .unwrap()
                    .restore(&options)
                    .unwrap();
                assert_eq!(again.method(), request.method());
                assert_eq!(again.uri(), request.uri());
                assert_eq!(again.headers(), request.headers());
                assert_eq!(again.extensions().len(), request.extensions().len());
                assert_eq!(again.extensions().get(), Some(&options));
                assert_eq!(
                    again.extensions().get::<ReplaySafety>(),
                    request.extensions().get()
                );
                assert_eq!(again.extensions().get::<u8>(), request.extensions().get());
                assert_eq!(again.body().as_bytes().unwrap(), "{}");
            }
        }
    }
}
