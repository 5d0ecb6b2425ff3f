//! The table of an operation, and its words.

use crate::source::{Span, Spanned};

/// The first table of an operation's page.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The whole table, for messages about what it lacks.
    pub span: Span,
    /// HTTP method.
    pub method: Spanned<Method>,
    /// Path with placeholders in braces.
    pub path: Spanned<String>,
    /// Snake-case name.
    pub operation: Spanned<String>,
    /// Permission, if the page names one.
    pub scope: Option<Spanned<String>>,
    /// Where the payload stands in the response.
    pub envelope: Spanned<Envelope>,
    /// What a second send may do.
    pub retry: Spanned<Retry>,
    /// Address of the vendor's page.
    pub source: Spanned<String>,
    /// Name of a reply that another page describes.
    pub reply: Option<Spanned<String>>,
    /// The object that a failure is, where there is no envelope.
    pub failure: Option<Spanned<String>>,
    /// What the request sets off, if it is more than a change of data.
    pub effect: Option<Spanned<Effect>>,
    /// Attempts that suffice, the first included, where they are fewer than `Retry` allows.
    pub attempts: Option<Spanned<u32>>,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$vdoc])* $variant,)* }

        impl $name {
            /// The words a page may use.
            pub const WORDS: &'static [&'static str] = &[$($word),*];

            /// Reads one of [`Self::WORDS`].
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)* _ => None }
            }

            /// The word a page uses.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    };
}

words! {
    /// HTTP methods.
    Method {
        /// `GET`
        Get = "GET",
        /// `POST`
        Post = "POST",
        /// `PUT`
        Put = "PUT",
        /// `DELETE`
        Delete = "DELETE",
    }
}

words! {
    /// Where the payload stands in the response.
    Envelope {
        /// Beside `code`.
        Flat = "flat",
        /// Under `data`.
        Data = "data",
        /// Under `data`, as a list of the described object.
        DataList = "data list",
        /// No envelope.
        Bare = "bare",
        /// A stream of server-sent events.
        Events = "events",
    }
}

words! {
    /// What a second send of the same request may do.
    Retry {
        /// No harm.
        Safe = "safe",
        /// No harm if the first one certainly was not accepted.
        NotSent = "not-sent",
        /// Harm.
        Never = "never",
    }
}

words! {
    /// What a request sets off.
    Effect {
        /// A run that starts, or goes on.
        Run = "run",
    }
}

words! {
    /// What a section describes.
    Role {
        /// Path fields of the request.
        Path = "Path",
        /// Query fields of the request.
        Query = "Query",
        /// JSON body fields of the request.
        Body = "Body",
        /// Parts of a multipart body.
        Parts = "Parts",
        /// The payload of the response.
        Response = "Response",
        /// An object that others refer to.
        Object = "Object",
        /// An open set of values.
        Enum = "Enum",
        /// The events of a stream.
        Events = "Events",
    }
}
