//! The workflows that every emulator has unless told otherwise.

use crate::definition::{Definition, DefinitionError};

const FILES: [(&str, &str); 3] = [
    ("greeting.yaml", include_str!("greeting.yaml")),
    ("weather.yaml", include_str!("weather.yaml")),
    ("slow-report.yaml", include_str!("slow-report.yaml")),
];

/// Reads the built-in definitions.
pub(crate) fn definitions() -> Result<Vec<Definition>, DefinitionError> {
    FILES
        .iter()
        .map(|(file, yaml)| Definition::from_yaml(yaml).map_err(|error| error.in_file(file)))
        .collect()
}
