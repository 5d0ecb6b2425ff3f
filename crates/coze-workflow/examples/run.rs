//! Example 1: Run a workflow and read its output into a struct of your own.
//!
//! ```text
//! $ cargo run -q --example run
//! Lyon: sunny, 16.5 degrees, wind 8 km/h
//! ```

use std::error::Error;

use coze_emulator::Emulator;
use coze_workflow::{Client, HttpStack};
use serde::{Deserialize, Serialize};

#[derive(Serialize)]
struct Place {
    city: &'static str,
    unit: &'static str,
}

#[derive(Deserialize)]
struct Weather {
    city: String,
    condition: String,
    temperature: f64,
    wind: Wind,
}

#[derive(Deserialize)]
struct Wind {
    speed_kmh: u32,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Against the service itself: `let coze = Client::from_env()?;`
    let emulator = Emulator::builder().build()?;
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("any")
        .build()?;

    let place = Place {
        city: "Lyon",
        unit: "celsius",
    };
    let run = coze.workflow("weather").parameters(&place)?.run().await?;
    let weather: Weather = run.output()?;
    println!(
        "{}: {}, {} degrees, wind {} km/h",
        weather.city, weather.condition, weather.temperature, weather.wind.speed_kmh
    );
    Ok(())
}
