//! Limits on the client's side: so many requests in a second, polls and retries included, and so many calls at once.

use std::{error::Error, time::Duration};

use coze_workflow::{
    Client,
    testing::{self, Script},
};
use tower::ServiceBuilder;

#[tokio::main(flavor = "current_thread", start_paused = true)]
async fn main() -> Result<(), Box<dyn Error>> {
    let script = Script::from_fn(|_| testing::output("done"));
    let second = Duration::from_secs(1);
    // The buffer makes a service of the limit that can be cloned, and shares the limit among the calls.
    let rate = ServiceBuilder::new().buffer(64).rate_limit(5, second);
    let coze = Client::builder()
        .transport(script.transport())
        .token("any")
        .attempt_layer(rate.into_inner())
        .build()?;
    for _ in 0..12 {
        coze.workflow("7366").run().await?;
    }
    let at = |number: usize| script.requests()[number].at().as_secs();
    assert_eq!((at(4), at(5), at(10)), (0, 1, 2));

    // Refuses at once instead of letting a call wait.
    let slow = Script::from_fn(|_| testing::output("done").after(Duration::from_secs(9)));
    let two = ServiceBuilder::new().load_shed().concurrency_limit(2);
    let coze = Client::builder()
        .transport(slow.transport())
        .token("any")
        .call_layer(two.into_inner())
        .build()?;
    let run = || coze.workflow("7366").run();
    let (first, second, third) = tokio::join!(run(), run(), run());
    assert!(first.is_ok() && second.is_ok());
    let refused = third.unwrap_err();
    assert!(!refused.may_have_run(), "{refused:?}");
    println!("12 requests in {} seconds; {refused}", at(11));
    Ok(())
}
