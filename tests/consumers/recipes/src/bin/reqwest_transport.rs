//! reqwest in place of the client's own connections, with settings of its builder.

use std::error::Error;

use coze_emulator::Emulator;
use coze_transport_reqwest::ReqwestTransport;
use coze_workflow::{Client, HttpStack};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let service = Emulator::builder().start().await?;
    let settings = reqwest::Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(4);
    let coze = Client::builder()
        .base_url(service.base_url())
        .transport(HttpStack::new(ReqwestTransport::from_builder(settings)?))
        .token("any")
        .build()?;
    let run = coze
        .workflow("greeting")
        .parameter("name", "Ada")
        .run()
        .await?;
    println!("{}", run.output_value()["greeting"]);
    Ok(())
}
