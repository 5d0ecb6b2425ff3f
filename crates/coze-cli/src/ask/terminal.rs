//! Asking somebody at the terminal: options as a menu, forms field by field.

use std::{io, path::Path};

use console::Term;
use coze_workflow::{Answer, Client, FormField, Question, QuestionKind, models::ParameterType};
use dialoguer::{Input, Select, theme::ColorfulTheme};
use serde_json::{Map, Value, json};

use crate::{
    failure::{Cause, Failure},
    inputs, output,
    session::Session,
    upload,
};

/// Asks until the answer fits the question. Esc declines a menu.
pub(super) async fn ask(
    session: &Session,
    client: &Client,
    question: &Question,
) -> Result<Answer, Failure> {
    if let Some(title) = question.node_title() {
        output::styled(&output::dim(), &format!("{title} asks"));
    }
    loop {
        let answer = match question.kind() {
            QuestionKind::Options(options) => menu(session, question.text(), options)?,
            QuestionKind::Form(fields) => {
                if !question.text().is_empty() {
                    output::passage(question.text());
                }
                form(session, client, fields).await?
            }
            QuestionKind::Text => Answer::text(words(session, question)?),
            _ => Answer::raw(words(session, question)?),
        };
        if answer.is_declined() {
            return Ok(answer);
        }
        match answer.resume_data(question) {
            Ok(_) => return Ok(answer),
            Err(misfit) => output::styled(&output::red(), &misfit.to_string()),
        }
    }
}

fn menu(session: &Session, text: &str, options: &[String]) -> Result<Answer, Failure> {
    let theme = ColorfulTheme::default();
    let chosen = Select::with_theme(&theme)
        .with_prompt(output::safe_block(text.trim_end()))
        .items(options.iter().map(|option| output::safe_line(option)))
        .default(0)
        .interact_opt();
    Ok(match read(session, chosen)? {
        Some(index) => Answer::option_at(index),
        None => Answer::decline(),
    })
}

fn words(session: &Session, question: &Question) -> Result<String, Failure> {
    let wanted: Vec<_> = question.fields().iter().map(describe).collect();
    if !wanted.is_empty() {
        output::note(&format!("expected: {}", wanted.join(", ")));
    }
    let prompt = match question.text().trim_end() {
        "" => "The run waits for an answer",
        text => text,
    };
    line(session, prompt, true)
}

async fn form(session: &Session, client: &Client, fields: &[FormField]) -> Result<Answer, Failure> {
    let mut values = Map::new();
    for field in fields {
        let required = field.is_required() && field.default_value().is_none();
        let text = line(session, &describe(field), required)?;
        if text.is_empty() {
            // The service takes the default.
            continue;
        }
        let value = match text.strip_prefix('@').filter(|_| field.is_file()) {
            Some(path) => {
                let file = upload::one(session, client, Path::new(path)).await?;
                match (&file.get_ref().id, &file.get_ref().url) {
                    (Some(id), _) => json!({ "file_id": id }),
                    (None, url) => json!(url),
                }
            }
            None => inputs::value(&text, wants_text(field)),
        };
        values.insert(field.name().to_owned(), value);
    }
    Ok(Answer::form(Value::Object(values)))
}

/// Whether a field is known to take a JSON string. Files do.
fn wants_text(field: &FormField) -> bool {
    use ParameterType as T;
    !matches!(
        field.kind(),
        None | Some(
            T::Integer | T::Number | T::Boolean | T::Object | T::Array | T::Unrecognized(_)
        )
    )
}

/// `days (integer, how long; 3)`
fn describe(field: &FormField) -> String {
    let mut facts = Vec::new();
    if let Some(kind) = field.kind() {
        facts.push(kind.as_str().to_owned());
    }
    if field.is_file() {
        facts.push("@path or URL".to_owned());
    }
    if !field.description().is_empty() {
        facts.push(field.description().to_owned());
    }
    match field.default_value() {
        Some(value) => facts.push(format!("{value} if empty")),
        None if !field.is_required() => facts.push("optional".to_owned()),
        None => {}
    }
    if facts.is_empty() {
        return field.name().to_owned();
    }
    format!("{} ({})", field.name(), facts.join(", "))
}

fn line(session: &Session, prompt: &str, required: bool) -> Result<String, Failure> {
    let theme = ColorfulTheme::default();
    let text = Input::<String>::with_theme(&theme)
        .with_prompt(output::safe_block(prompt))
        .allow_empty(!required)
        .interact_text();
    read(session, text)
}

/// What was typed; Ctrl-C ends the command as anywhere else.
fn read<T>(session: &Session, typed: dialoguer::Result<T>) -> Result<T, Failure> {
    typed.map_err(|error| {
        // The menu hides it.
        let _ = Term::stderr().show_cursor();
        let dialoguer::Error::IO(error) = error;
        match error.kind() {
            io::ErrorKind::Interrupted => Cause::Stopped(session.ongoing()).into(),
            _ => Failure::usage(format!("the terminal cannot be read: {error}")),
        }
    })
}
