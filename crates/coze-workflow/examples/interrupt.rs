//! Example 3: A run that asks is answered by a closure, and goes on until it ends.
//!
//! ```text
//! $ cargo run -q --example interrupt
//! Which city? ["Lyon", "Oslo"]
//! For how many days? []
//! Lyon for 3 days
//! ```

use std::error::Error;

use coze_emulator::{Definition, Emulator};
use coze_workflow::{Answer, Client, HttpStack, QuestionKind};

const TRAVEL: &str = r#"
name: travel
nodes:
  - question: { id: city, text: "Which city?", options: [Lyon, Oslo] }
  - question: { id: days, text: "For how many days?" }
end: { variables: { plan: "{{ city.option }} for {{ days.answer }} days" } }
"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let travel = Definition::from_yaml(TRAVEL)?;
    let emulator = Emulator::builder().workflow(travel).build()?;
    let coze = Client::builder()
        .base_url("http://emulator.test")
        .transport(HttpStack::new(emulator.service()))
        .token("any")
        .build()?;

    let run = coze
        .workflow("travel")
        .answer_with(|question| async move {
            println!("{} {:?}", question.text(), question.options());
            Ok(match question.kind() {
                // Checked before it is sent: an option that is none ends the call with the ones there are.
                QuestionKind::Options(_) => Answer::option("Lyon"),
                QuestionKind::Text => Answer::text("3"),
                // The run stays interrupted, and the error has the question.
                _ => Answer::decline(),
            })
        })
        .run()
        .await?;
    println!(
        "{}",
        run.output_value()["plan"].as_str().unwrap_or_default()
    );
    Ok(())
}
