//! How an output or a failure is written: `{"output": …}` or `{"error": {"code": …, "message": …}}`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::record::Failure;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum Outcome<T, F> {
    Output(T),
    Error(F),
}

fn borrowed<T>(result: &Result<T, Failure>) -> Outcome<&T, &Failure> {
    match result {
        Ok(output) => Outcome::Output(output),
        Err(failure) => Outcome::Error(failure),
    }
}

fn owned<T>(outcome: Outcome<T, Failure>) -> Result<T, Failure> {
    match outcome {
        Outcome::Output(output) => Ok(output),
        Outcome::Error(failure) => Err(failure),
    }
}

pub(super) fn serialize<T: Serialize, S: Serializer>(
    result: &Result<T, Failure>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    borrowed(result).serialize(serializer)
}

pub(super) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Result<T, Failure>, D::Error> {
    Outcome::deserialize(deserializer).map(owned)
}

/// The same for what may not have ended yet; then null.
pub(super) mod option {
    use super::{Deserialize, Deserializer, Failure, Outcome, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde gives the field")]
    pub(in crate::runs) fn serialize<T: Serialize, S: Serializer>(
        result: &Option<Result<T, Failure>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        result.as_ref().map(super::borrowed).serialize(serializer)
    }

    pub(in crate::runs) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Result<T, Failure>>, D::Error> {
        let outcome = Option::<Outcome<T, Failure>>::deserialize(deserializer)?;
        Ok(outcome.map(super::owned))
    }
}
