//! Values for the inputs of a start node.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;
use serde_json::Value;

use crate::{
    Error,
    json::{kind, to_value},
};

/// Values for the inputs of a workflow's start node, by name.
///
/// Integers of up to 64 bits are kept exactly; larger ones have to be passed as text, also within a
/// [`RawValue`](serde_json::value::RawValue). They are refused before anything is sent, and so is what JSON cannot
/// carry (NaN, infinity, maps whose keys are no text).
#[derive(Clone, Default)]
pub struct Parameters {
    values: BTreeMap<String, Value>,
    refused: Option<String>,
}

impl Parameters {
    /// No values.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one value; a bad one is told by [`Parameters::into_map`].
    pub fn insert(&mut self, name: impl Into<String>, value: impl Serialize) {
        let name = name.into();
        match to_value(&value) {
            Ok(value) => drop(self.values.insert(name, value)),
            Err(reason) => self.refuse(&name, &reason),
        }
    }

    /// Notes why a value cannot be sent; the first reason is the one that is told.
    pub(crate) fn refuse(&mut self, name: &str, reason: &str) {
        let reason = format!("parameter `{name}` cannot be sent: {reason}");
        self.refused.get_or_insert(reason);
    }

    /// Sets the members of a struct or a map.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) if it is neither, or cannot be sent.
    pub fn extend_from<T: Serialize + ?Sized>(&mut self, values: &T) -> Result<(), Error> {
        match to_value(values) {
            Ok(Value::Object(members)) => {
                self.values.extend(members);
                Ok(())
            }
            Ok(other) => Err(Error::build(format!(
                "parameters must be a struct or a map, by the names of the inputs; got {}",
                kind(&other)
            ))),
            Err(reason) => Err(Error::build(format!("parameters cannot be sent: {reason}"))),
        }
    }

    /// The values, by name.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Build`](crate::ErrorKind::Build) for the first value that cannot be sent.
    pub fn into_map(self) -> Result<BTreeMap<String, Value>, Error> {
        match self.refused {
            Some(reason) => Err(Error::build(reason)),
            None => Ok(self.values),
        }
    }
}

impl fmt::Debug for Parameters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Values may be personal; names help.
        let names: Vec<_> = self.values.keys().collect();
        f.debug_struct("Parameters")
            .field("names", &names)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn structs_maps_and_single_values_come_together_exactly() {
        #[derive(Serialize)]
        struct Input {
            city: &'static str,
            id: u64,
        }
        let mut parameters = Parameters::new();
        let id = u64::MAX;
        parameters.extend_from(&Input { city: "Lyon", id }).unwrap();
        parameters.insert("days", 3);
        parameters.insert("city", "Paris");
        let map = parameters.into_map().unwrap();
        assert_eq!(
            serde_json::to_string(&map).unwrap(),
            r#"{"city":"Paris","days":3,"id":18446744073709551615}"#
        );
    }

    #[test]
    fn numbers_that_json_does_not_have_are_refused() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let mut parameters = Parameters::new();
            parameters.insert("degrees", vec![Some(bad)]);
            let error = parameters.into_map().unwrap_err();
            assert!(error.to_string().contains("`degrees`"), "{error}");
            let mut parameters = Parameters::new();
            assert!(
                parameters
                    .extend_from(&BTreeMap::from([("x", bad)]))
                    .is_err()
            );
        }
        let mut parameters = Parameters::new();
        parameters.insert("x", f32::NAN);
        assert!(parameters.into_map().is_err());
    }

    #[test]
    fn integers_beyond_64_bits_are_refused_and_never_rounded() {
        use serde_json::value::RawValue;

        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let large = "123456789012345678901234567890";
        for text in [
            large.to_owned(),
            "-9223372036854775809".to_owned(),
            format!(r#"{{"a":[1, {{"b":{large}}}]}}"#),
            format!(r#"["\\\"", {large}]"#),
        ] {
            let mut parameters = Parameters::new();
            parameters.insert("id", Some(raw(&text)));
            let error = parameters.into_map().unwrap_err().to_string();
            assert!(error.contains("`id`") && error.contains("text"), "{error}");
        }
        for wide in [u128::MAX, u128::from(u64::MAX) + 1] {
            let mut parameters = Parameters::new();
            parameters.insert("id", wide);
            let error = parameters.into_map().unwrap_err().to_string();
            assert!(error.contains("as text"), "{error}");
        }
        assert!(to_value(&(i128::from(i64::MIN) - 1)).is_err());

        let kept = format!(
            r#"{{"f":0.25,"i":-9223372036854775808,"s":"1\" {large}","u":18446744073709551615,"x":1e30}}"#
        );
        let mut parameters = Parameters::new();
        parameters.insert("raw", &*raw(&kept));
        parameters.insert("u", u128::from(u64::MAX));
        parameters.insert("i", i128::from(i64::MIN));
        let map = serde_json::to_string(&parameters.into_map().unwrap()).unwrap();
        let kept = kept.replace("1e30", "1e+30");
        assert_eq!(
            map,
            format!(r#"{{"i":-9223372036854775808,"raw":{kept},"u":18446744073709551615}}"#)
        );
    }

    #[test]
    fn they_are_refused_wherever_they_stand() {
        #[derive(Serialize)]
        enum Shape {
            Unit(f32),
            Pair(u8, f64),
            Named {
                deep: BTreeMap<&'static str, Vec<Option<f32>>>,
            },
        }
        /// A key that is a number.
        #[derive(PartialEq, Eq, PartialOrd, Ord)]
        struct Key(bool);
        impl Serialize for Key {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_f64(if self.0 { 1.5 } else { f64::NAN })
            }
        }
        let insert = |value: &dyn Fn(&mut Parameters)| {
            let mut parameters = Parameters::new();
            value(&mut parameters);
            parameters.into_map()
        };
        let named = |value| Shape::Named {
            deep: BTreeMap::from([("x", vec![None, Some(value)])]),
        };
        for (good, value) in [
            (false, Shape::Unit(f32::INFINITY)),
            (false, Shape::Pair(1, f64::NAN)),
            (false, named(f32::NAN)),
            (true, named(0.5)),
        ] {
            let map = insert(&|parameters| parameters.insert("shape", &value));
            assert_eq!(map.is_ok(), good);
        }
        for good in [false, true] {
            let map =
                insert(&|parameters| parameters.insert("map", BTreeMap::from([(Key(good), 1)])));
            assert_eq!(map.is_ok(), good);
        }
        // An integer that a value cannot hold is refused rather than rounded.
        let map = insert(&|parameters| parameters.insert("big", u128::MAX));
        assert!(map.unwrap_err().to_string().contains("`big`"));
    }

    #[test]
    fn what_has_no_names_is_refused() {
        for (bad, what) in [
            (json!([1]), "a list"),
            (json!("a=1"), "a text"),
            (json!(null), "nothing"),
        ] {
            let error = Parameters::new().extend_from(&bad).unwrap_err();
            assert!(error.to_string().ends_with(what), "{error}");
        }
        let tuples = BTreeMap::from([((1, 2), 3)]);
        assert!(Parameters::new().extend_from(&tuples).is_err());
    }
}
