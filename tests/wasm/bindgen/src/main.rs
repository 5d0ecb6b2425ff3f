//! Makes a module for Node of a WebAssembly file: `bindgen FILE FOLDER`.

use std::{env, error::Error};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> Result<(), Box<dyn Error>> {
    let [file, folder] = <[String; 2]>::try_from(env::args().skip(1).collect::<Vec<_>>())
        .map_err(|_| "usage: bindgen FILE FOLDER")?;
    Bindgen::new()
        .input_path(file)
        .nodejs(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(folder)?;
    Ok(())
}
