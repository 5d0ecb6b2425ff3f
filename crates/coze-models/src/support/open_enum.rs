//! Sets of values that may grow: an unknown one is kept as received.

use super::String;

/// A value that this version does not know. Its text is reached through the enum's `as_str`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unrecognized<T = String>(T);

impl<T> Unrecognized<T> {
    #[doc(hidden)]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    #[doc(hidden)]
    pub const fn get(&self) -> &T {
        &self.0
    }
}

/// Completes an enum of strings that has `as_str` and `From<&str>`.
#[doc(hidden)]
#[macro_export]
macro_rules! __open_enum {
    ($name:ident) => {
        impl $name {
            /// Whether this version knows the value.
            pub const fn is_known(&self) -> bool {
                !matches!(self, Self::Unrecognized(_))
            }
        }

        impl ::core::convert::From<$crate::support::String> for $name {
            fn from(value: $crate::support::String) -> Self {
                Self::from(value.as_str())
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = ::core::convert::Infallible;

            fn from_str(value: &str) -> ::core::result::Result<Self, Self::Err> {
                Ok(Self::from(value))
            }
        }

        impl ::core::convert::AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl $crate::support::serde::Serialize for $name {
            fn serialize<S: $crate::support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> $crate::support::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::support::read::enum_text(deserializer, stringify!($name))
            }
        }
    };
}

/// Completes an enum of integers that has `as_i64` and `From<i64>`.
#[doc(hidden)]
#[macro_export]
macro_rules! __open_int_enum {
    ($name:ident) => {
        impl $name {
            /// Whether this version knows the value.
            pub const fn is_known(&self) -> bool {
                !matches!(self, Self::Unrecognized(_))
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.as_i64(), f)
            }
        }

        impl $crate::support::serde::Serialize for $name {
            fn serialize<S: $crate::support::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                serializer.serialize_i64(self.as_i64())
            }
        }

        impl<'de> $crate::support::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::support::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                $crate::support::read::enum_int(deserializer).map(Self::from)
            }
        }
    };
}

pub use crate::{__open_enum as open_enum, __open_int_enum as open_int_enum};
