//! Methods that hand through to the asynchronous type of the same name.

/// Setters of a builder with a field `inner`. Each is documented in a line here and in full there.
macro_rules! setters {
    ($of:ident: $($(#[doc = $doc:literal])+ $name:ident($($arg:ident: $type:ty),*);)*) => { $(
        $(#[doc = $doc])+
        #[doc = concat!("\n\nAs [`", stringify!($of), "::", stringify!($name), "`](crate::", stringify!($of), "::", stringify!($name), ").")]
        pub fn $name(self, $($arg: $type),*) -> Self {
            Self {
                inner: self.inner.$name($($arg),*),
                ..self
            }
        }
    )* };
}

/// Accessors of a type with a field `inner`.
macro_rules! accessors {
    ($($(#[doc = $doc:literal])+ $name:ident() -> $type:ty;)*) => { $(
        $(#[doc = $doc])+
        pub fn $name(&self) -> $type {
            self.inner.$name()
        }
    )* };
}

/// The settings of a stream.
macro_rules! stream_setters {
    ($of:ident) => {
        crate::blocking::macros::setters! { $of:
            /// Bounds the call, from its start to the last event. Default: 11 minutes for a call that runs a
            /// workflow, 60 s for any other.
            deadline(limit: ::std::time::Duration);
            /// Bounds the wait for the head of the answer. Default: 30 s.
            head_timeout(limit: ::std::time::Duration);
            /// Bounds the silence within the stream. Default: 120 s until the server's first ping, then at
            /// least 35 s.
            idle_timeout(limit: ::std::time::Duration);
            /// Hands over pings as well. Default: `false`.
            include_pings(yes: bool);
            /// Ends the stream with [`ErrorKind::Gap`](crate::ErrorKind::Gap) when events were lost or came
            /// twice. Default: `false`.
            strict_gaps(yes: bool);
            /// The largest event, in bytes. Default: 16 MiB.
            event_limit(bytes: usize);
            /// Adds a header. Those that carry credentials, frame the message or describe its body cannot be set.
            header(name: ::http::HeaderName, value: ::http::HeaderValue);
        }
    };
}

/// What is known of the exchange of a stream.
macro_rules! stream_facts {
    () => {
        crate::blocking::macros::accessors! {
            /// The server's id of the exchange.
            log_id() -> Option<&str>;
            /// The attempts that opened the stream, in order.
            attempts() -> &crate::Attempts;
            /// The page that shows the run's nodes; as a rule the last event names it.
            debug_url() -> Option<&str>;
            /// The run, once an event named it.
            execute_id() -> Option<&str>;
            /// Where events were lost or came twice; the first 64 of such places.
            gaps() -> &[crate::StreamGap];
            /// The id of the latest event, as it came.
            last_event_id() -> Option<::std::borrow::Cow<'_, str>>;
            /// How the stream ended; `None` while it goes on.
            ending() -> Option<crate::Ending>;
        }
    };
}

pub(super) use {accessors, setters, stream_facts, stream_setters};
