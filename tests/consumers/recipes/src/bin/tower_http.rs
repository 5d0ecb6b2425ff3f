//! Layers of tower-http: a header of one's own and a trace of each attempt.

use std::error::Error;

use coze_workflow::{
    Client,
    testing::{self, Script},
};
use http::{HeaderName, HeaderValue};
use tower_http::{set_header::SetRequestHeaderLayer, trace::TraceLayer};

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let script = Script::new([testing::failure(4009, "busy"), testing::output("done")]);
    let team = SetRequestHeaderLayer::overriding(
        HeaderName::from_static("x-team"),
        HeaderValue::from_static("reports"),
    );
    let coze = Client::builder()
        .transport(script.transport())
        .token("any")
        .attempt_layer(team)
        .attempt_layer(TraceLayer::new_for_http())
        .build()?;
    // The body that the trace wraps is read all the same: code 4009 is tried again.
    assert_eq!(coze.workflow("7366").run().await?.raw(), "done");
    let requests = script.requests();
    assert!(
        requests
            .iter()
            .all(|sent| sent.http().headers()["x-team"] == "reports")
    );
    println!("{} attempts, each with its header", requests.len());
    Ok(())
}
