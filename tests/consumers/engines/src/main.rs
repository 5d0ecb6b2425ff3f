//! One program over every engine: `engines --engine dify --url http://localhost/v1 --key app-… --workflow -`.
//!
//! Without `--url` it starts the emulator of that engine, and without any option it runs over all of them. The
//! workflow takes a `name` and returns a `greeting`.

use std::{error::Error, sync::Arc};

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_emulator::{Dialect, Emulator};
use coze_workflow::{
    Capabilities, Client, Engine, EngineError,
    engine::{RunEvent, RunRequest},
};

/// The engines, and the workflow of the emulator that greets.
const ENGINES: [(&str, &str); 4] = [
    ("cloud", "greeting"),
    ("studio", "7400000000000000101"),
    ("dify", "-"),
    ("runs", "greeting"),
];

/// All that differs: which value it is.
fn engine(name: &str, url: &str, key: &str) -> Result<Arc<dyn Engine>, Box<dyn Error>> {
    Ok(match name {
        "cloud" | "studio" => {
            let client = Client::builder().base_url(url).token(key);
            Arc::new(client.dialect(name.parse()?).build()?)
        }
        "dify" => Arc::new(Dify::builder().base_url(url).token(key).build()?),
        "runs" => Arc::new(Runs::builder().base_url(url).token(key).build()?),
        _ => return Err(format!("there is no engine `{name}`").into()),
    })
}

/// The program: it knows no engine.
async fn greet(engine: &dyn Engine, workflow: &str) -> Result<String, EngineError> {
    let request = RunRequest::new(workflow).parameter("name", "Ada");
    if let Some(schema) = engine.inputs(workflow).await? {
        assert_eq!(schema.check(&request.parameters), []);
    }
    let run = engine.run(request.clone()).await?;
    let greeting = run.output["greeting"].as_str().unwrap_or_default();

    let id = engine.start(request.clone()).await?;
    let ended = engine.wait(&id, None).await?;
    assert_eq!(ended.output, run.output);

    if engine.capabilities().contains(Capabilities::STREAM) {
        let mut events = engine.stream(request).await?;
        while let Some(event) = events.try_next().await? {
            if let RunEvent::Finished(streamed) = event {
                assert_eq!(streamed.output, run.output);
            }
        }
    }
    Ok(greeting.to_owned())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::read()?;
    for (name, workflow) in ENGINES {
        if options
            .engine
            .as_deref()
            .is_some_and(|wanted| wanted != name)
        {
            continue;
        }
        let (played, url) = if let Some(url) = &options.url {
            (None, url.clone())
        } else {
            let played = play(name).start().await?;
            let path = if name == "dify" { "/v1" } else { "" };
            let url = format!("{}{path}", played.base_url());
            (Some(played), url)
        };
        let engine = engine(name, &url, &options.key)?;
        let workflow = options.workflow.as_deref().unwrap_or(workflow);
        println!("{name}: {}", greet(&*engine, workflow).await?);
        drop(played);
    }
    Ok(())
}

fn play(name: &str) -> coze_emulator::EmulatorBuilder {
    Emulator::builder().dialect(match name {
        "studio" => Dialect::Studio,
        "dify" => Dialect::Dify,
        "runs" => Dialect::Runs,
        _ => Dialect::Cloud,
    })
}

#[derive(Default)]
struct Options {
    engine: Option<String>,
    url: Option<String>,
    key: String,
    workflow: Option<String>,
}

impl Options {
    fn read() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::*;
        let mut options = Self {
            key: "app-greeting".to_owned(),
            ..Self::default()
        };
        let mut words = lexopt::Parser::from_env();
        while let Some(word) = words.next()? {
            match word {
                Long("engine") => options.engine = Some(words.value()?.string()?),
                Long("url") => options.url = Some(words.value()?.string()?),
                Long("key") => options.key = words.value()?.string()?,
                Long("workflow") => options.workflow = Some(words.value()?.string()?),
                other => return Err(other.unexpected()),
            }
        }
        Ok(options)
    }
}
