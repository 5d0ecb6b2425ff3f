//! A chat bot: one conversation, each line an answer of the assistant, which may ask back.

use std::error::Error;

use coze_emulator::{Definition, Emulator};
use coze_workflow::{Client, models::ConversationId};

struct Bot {
    coze: Client,
    conversation: Option<ConversationId>,
}

impl Bot {
    async fn say(&mut self, text: &str) -> Result<String, coze_workflow::Error> {
        let mut chat = self.coze.workflow("talk").app_id("7439").chat(text);
        if let Some(id) = &self.conversation {
            chat = chat.conversation_id(id.clone());
        }
        let mut chat = chat.await?;
        let mut said = String::new();
        while let Some(event) = chat.try_next().await? {
            // A bot with a screen would show each piece here.
            if let coze_workflow::models::ChatEvent::MessageDelta(piece) = event {
                said.push_str(&piece.content);
            }
        }
        self.conversation = chat.conversation_id().cloned();
        Ok(said)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let talk = Definition::from_yaml(
        "name: talk\nmode: chatflow\nnodes:\n  - question: { id: city, text: \"Which city?\" }\nend: { text: \"It rains in {{ city.answer }}.\" }",
    )?;
    let service = Emulator::builder().workflow(talk).start().await?;
    let coze = Client::builder()
        .base_url(service.base_url())
        .token("any")
        .build()?;
    let mut bot = Bot {
        coze,
        conversation: None,
    };
    // A question of the chatflow is an answer of the assistant; the next line answers it.
    assert_eq!(bot.say("What is the weather?").await?, "Which city?");
    let said = bot.say("Lyon").await?;
    assert!(said.ends_with("It rains in Lyon."), "{said}");
    println!("{said}");
    Ok(())
}
