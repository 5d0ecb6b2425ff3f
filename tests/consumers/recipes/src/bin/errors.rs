//! The client's error within an error of one's own, and below `anyhow`.

use anyhow::Context;
use coze_workflow::{
    Client,
    models::codes,
    testing::{self, Script},
};

#[derive(Debug, thiserror::Error)]
enum ReportError {
    #[error("there is no report on {0}")]
    NoSuchReport(String),
    /// It may have been written all the same: to be looked up, not to be ordered again.
    #[error("it is not known whether the report was written")]
    Unknown(#[source] coze_workflow::Error),
    #[error("the report was not written")]
    NotWritten(#[from] coze_workflow::Error),
}

async fn report(coze: &Client, topic: &str) -> Result<String, ReportError> {
    let run = coze.workflow("7366").parameter("topic", topic).run().await;
    match run {
        Ok(run) => Ok(run.text()),
        Err(error) if error.code() == Some(codes::NOT_FOUND) => {
            Err(ReportError::NoSuchReport(topic.to_owned()))
        }
        Err(error) if error.may_have_run() => Err(ReportError::Unknown(error)),
        Err(error) => Err(error.into()),
    }
}

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> anyhow::Result<()> {
    let script = Script::new([
        testing::output("all about cinema"),
        testing::failure(4200, "not found"),
        testing::failure(4000, "topic is too long"),
        testing::failure(5000, "internal"),
    ]);
    let coze = script.client();
    let text = report(&coze, "cinema").await.context("the first report")?;
    assert_eq!(text, "all about cinema");
    let error = report(&coze, "theatre").await.unwrap_err();
    assert!(matches!(&error, ReportError::NoSuchReport(topic) if topic == "theatre"));
    let error = report(&coze, "circus").await.unwrap_err();
    assert!(matches!(error, ReportError::NotWritten(_)), "{error:?}");
    let error = report(&coze, "opera").await.unwrap_err();
    assert!(matches!(error, ReportError::Unknown(_)), "{error:?}");
    let error = anyhow::Error::from(error).context("the last report");
    println!("{error:#}");
    Ok(())
}
