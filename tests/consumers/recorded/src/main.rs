//! Exchanges are recorded into a cassette and replayed from its file; no token is in it.

use std::{env, error::Error, fs, process};

use coze_transport::testing::{Cassette, Recorder, Reply, Scripted};
use coze_workflow::{Client, HttpStack};
use tower::Layer;

const TOKEN: &str = "pat_CANARY0123456789";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Stands for the real API. Its answer repeats the token, as an error page might.
    let answer = format!(r#"{{"code":0,"data":"done","msg":"asked with Bearer {TOKEN}"}}"#);
    let real = Scripted::new([Reply::json(200, answer)]);

    let recorder = Recorder::new();
    let recorded = run_over(HttpStack::new(recorder.layer(real.clone()))).await?;
    let authorization = real.requests()[0].headers()["authorization"].clone();
    assert_eq!(authorization, format!("Bearer {TOKEN}").as_str());

    let file = env::temp_dir().join(format!("consumer-recorded-{}.json", process::id()));
    recorder.cassette().save(&file)?;
    let text = fs::read_to_string(&file)?;
    assert!(
        text.contains("/v1/workflow/run") && text.contains("***"),
        "{text}"
    );
    assert!(!text.contains("CANARY"), "{text}");

    let cassette = Cassette::load(&file)?;
    fs::remove_file(&file)?;
    let replayed = run_over(HttpStack::new(cassette.clone())).await?;
    assert_eq!((recorded.as_str(), replayed.as_str()), ("done", "done"));
    assert_eq!(cassette.unused(), 0);
    println!("recorded and replayed: {replayed}");
    Ok(())
}

async fn run_over(transport: HttpStack) -> Result<String, Box<dyn Error>> {
    let coze = Client::builder()
        .transport(transport)
        .token(TOKEN)
        .build()?;
    Ok(coze.workflow("7366").run().await?.raw().to_owned())
}
