//! What is kept of a request, so that it can be sent again.

use http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, Uri, Version};

use crate::{CallOptions, OperationId, ReplaySafety, Request, RequestBody, ResponseMode};

/// Headers that are kept without an allocation.
const FEW: usize = 4;

/// A request that can be made anew. To keep one costs reference counts, as a rule.
#[derive(Debug)]
pub(super) struct Saved {
    method: Method,
    uri: Uri,
    version: Version,
    headers: Headers,
    extensions: Kept,
    body: RequestBody,
}

#[derive(Debug)]
enum Headers {
    Few([Option<(HeaderName, HeaderValue)>; FEW]),
    Many(HeaderMap),
}

#[derive(Debug)]
enum Kept {
    /// The options are all there is; the call has them.
    Options,
    /// The settings that this crate knows are all there is.
    Known(Box<Settings>),
    All(Extensions),
}

/// The extensions that this crate itself reads. Copied where a map would have to be cloned.
#[derive(Debug)]
struct Settings {
    options: Option<CallOptions>,
    operation: Option<OperationId>,
    replay: Option<ReplaySafety>,
    mode: Option<ResponseMode>,
}

impl Settings {
    /// `None` if there are others.
    fn of(extensions: &Extensions) -> Option<Self> {
        let settings = Self {
            options: extensions.get().copied(),
            operation: extensions.get().copied(),
            replay: extensions.get().copied(),
            mode: extensions.get().copied(),
        };
        let known = usize::from(settings.options.is_some())
            + usize::from(settings.operation.is_some())
            + usize::from(settings.replay.is_some())
            + usize::from(settings.mode.is_some());
        (known == extensions.len()).then_some(settings)
    }

    fn put(&self, extensions: &mut Extensions) {
        self.options.map(|options| extensions.insert(options));
        self.operation.map(|operation| extensions.insert(operation));
        self.replay.map(|replay| extensions.insert(replay));
        self.mode.map(|mode| extensions.insert(mode));
    }
}

impl Saved {
    /// `None` if the body can be read once only.
    pub(super) fn keep(request: &Request) -> Option<Box<Self>> {
        let body = request.body().try_clone()?;
        let extensions = request.extensions();
        // What comes down from the deadline's layer, unless the caller brought more.
        let extensions = if extensions.len() == 1 && extensions.get::<CallOptions>().is_some() {
            Kept::Options
        } else {
            match Settings::of(extensions) {
                Some(settings) => Kept::Known(Box::new(settings)),
                None => Kept::All(extensions.clone()),
            }
        };
        let headers = if request.headers().len() <= FEW {
            let mut few = [const { None }; FEW];
            for (slot, (name, value)) in few.iter_mut().zip(request.headers()) {
                *slot = Some((name.clone(), value.clone()));
            }
            Headers::Few(few)
        } else {
            Headers::Many(request.headers().clone())
        };
        Some(Box::new(Self {
            method: request.method().clone(),
            uri: request.uri().clone(),
            version: request.version(),
            headers,
            extensions,
            body,
        }))
    }

    /// The request, whole; `options` are those that it had.
    pub(super) fn again(&self, options: &CallOptions) -> Option<Request> {
        let mut request = Request::new(self.body.try_clone()?);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = self.version;
        match &self.headers {
            Headers::Few(few) => {
                for (name, value) in few.iter().flatten() {
                    request.headers_mut().append(name, value.clone());
                }
            }
            Headers::Many(headers) => request.headers_mut().clone_from(headers),
        }
        match &self.extensions {
            Kept::Options => {
                request.extensions_mut().insert(*options);
            }
            Kept::Known(settings) => settings.put(request.extensions_mut()),
            Kept::All(extensions) => request.extensions_mut().clone_from(extensions),
        }
        Some(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
            // The options alone, with what this crate knows, with what it does not.
            for more in 0..3 {
                request.extensions_mut().insert(options);
                if more > 0 {
                    request.extensions_mut().insert(ReplaySafety::Always);
                }
                if more > 1 {
                    request.extensions_mut().insert(7_u8);
                }
                let options = CallOptions::resolve(request.extensions());
                let again = Saved::keep(&request).unwrap().again(&options).unwrap();
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
                assert_eq!(again.body().as_bytes().unwrap(), b"{}");
            }
        }
    }
}
