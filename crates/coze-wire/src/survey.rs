//! All that a response tells which is no success, in one pass over its body.

use alloc::{
    borrow::{Cow, ToOwned},
    string::{String, ToString},
};
use core::fmt;

use coze_models::support::{NUMBER, read::int_or_zero};
use serde::de::{
    DeserializeSeed, Deserializer, IgnoredAny, IntoDeserializer, MapAccess, SeqAccess, Visitor,
    value::Error as Unreadable,
};

use crate::sign::{RunSign, is_blank, is_count};

/// How many texts within texts are opened: `data` is a text, and so may be a part of it.
const NESTED_TEXTS: u8 = 4;

/// How deep values are looked into. The parser refuses 128 levels, and what it refuses has no code.
const DEPTH: u8 = 100;

/// What a body tells about a failure.
#[derive(Default)]
pub(crate) struct Survey {
    code: Option<i64>,
    message: Option<String>,
    /// `error_code` and `error_message`, the failure form of the token endpoints.
    error_code: i64,
    error_message: Option<String>,
    /// `detail` names the log id; `error.logid` is the older place.
    detail_log_id: Option<String>,
    error_log_id: Option<String>,
    pub(crate) sign: RunSign,
    /// Why the codes cannot be trusted.
    pub(crate) flaw: Option<&'static str>,
    /// A part was passed over because it is nested too deeply.
    skipped: bool,
}

impl Survey {
    /// Reads a JSON text. Even one that breaks off tells what came before.
    pub(crate) fn of(text: &str) -> (Self, serde_json::Result<()>) {
        let mut survey = Self::default();
        let read = survey.walk(text, NESTED_TEXTS, Place::Top);
        if read.is_err() || survey.skipped {
            survey.sign.search(text);
        }
        (survey, read)
    }

    /// Looks for signs of a run in what is no JSON text.
    pub(crate) fn of_bytes(body: &[u8]) -> Self {
        let mut survey = Self::default();
        survey.sign.search(&String::from_utf8_lossy(body));
        survey
    }

    pub(crate) const fn is_failure(&self) -> bool {
        self.code() != 0 || self.error_message.is_some()
    }

    /// The code that tells the failure; 0 for none.
    pub(crate) const fn code(&self) -> i64 {
        match self.code {
            Some(code) if code != 0 => code,
            _ => self.error_code,
        }
    }

    /// The text that tells the failure; may be empty.
    pub(crate) fn take_message(&mut self) -> String {
        let message = self.message.take().filter(|message| !message.is_empty());
        message.or(self.error_message.take()).unwrap_or_default()
    }

    pub(crate) fn take_log_id(&mut self) -> Option<String> {
        self.detail_log_id.take().or(self.error_log_id.take())
    }

    fn walk(&mut self, text: &str, texts: u8, place: Place) -> serde_json::Result<()> {
        let mut json = serde_json::Deserializer::from_str(text);
        let walk = Walk {
            survey: self,
            member: Member::Other,
            place,
            texts,
            depth: 0,
        };
        walk.deserialize(&mut json)?;
        json.end()
    }

    /// A text anywhere in the body.
    fn text(&mut self, text: &str, texts: u8) {
        self.sign.url(text);
        if texts > 0 && text.trim_start().starts_with(['{', '[']) {
            let skipped = core::mem::take(&mut self.skipped);
            let read = self.walk(text, texts - 1, Place::Inside);
            if read.is_err() || self.skipped {
                self.sign.search(text);
            }
            self.skipped = skipped;
        }
    }

    /// A code, as it was read; `None` for what is none.
    fn code_of(&mut self, member: Member, code: Option<i64>) {
        match (member, code) {
            (Member::Code, Some(code)) if self.code.is_none() => self.code = Some(code),
            (Member::Code, Some(_)) => self.flaw = Some("`code` is there twice"),
            (Member::ErrorCode, Some(code)) => self.error_code = code,
            _ => self.flaw = Some("the code is not an integer"),
        }
    }
}

/// What the value is part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Top,
    Detail,
    Error,
    Inside,
}

/// What a member may say about a failure or about a run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Member {
    Code,
    Message,
    ErrorCode,
    ErrorMessage,
    DetailLogId,
    ErrorLogId,
    ExecuteId,
    DebugUrl,
    Interrupt,
    /// What the run returned: `data` of the outermost object.
    Output,
    Tokens,
    Other,
}

impl Member {
    fn of(name: &str, place: Place) -> Self {
        match (name, place) {
            ("code", Place::Top) => Self::Code,
            ("msg", Place::Top) => Self::Message,
            ("error_code", Place::Top) => Self::ErrorCode,
            ("error_message", Place::Top) => Self::ErrorMessage,
            ("logid", Place::Detail) => Self::DetailLogId,
            ("logid", Place::Error) => Self::ErrorLogId,
            ("data" | "output", Place::Top) => Self::Output,
            ("execute_id", _) => Self::ExecuteId,
            ("debug_url", _) => Self::DebugUrl,
            ("interrupt_data", _) => Self::Interrupt,
            _ if is_count(name) => Self::Tokens,
            _ => Self::Other,
        }
    }

    const fn is_code(self) -> bool {
        matches!(self, Self::Code | Self::ErrorCode)
    }
}

/// Goes through a value of any shape.
struct Walk<'s> {
    survey: &'s mut Survey,
    /// What the value stands under.
    member: Member,
    place: Place,
    /// How many more texts within texts are opened.
    texts: u8,
    depth: u8,
}

impl Walk<'_> {
    fn inner(&mut self, member: Member, place: Place) -> Walk<'_> {
        Walk {
            survey: self.survey,
            member,
            place,
            texts: self.texts,
            depth: self.depth + 1,
        }
    }

    /// A number, its digits, and what it is as a code.
    fn number(self, is_positive: bool, digits: String, code: Option<i64>) {
        let Self { survey, member, .. } = self;
        match member {
            Member::Code | Member::ErrorCode => survey.code_of(member, code),
            Member::Message => survey.message = Some(digits),
            Member::ErrorMessage => survey.error_message = Some(digits),
            Member::DetailLogId => survey.detail_log_id = Some(digits),
            Member::ErrorLogId => survey.error_log_id = Some(digits),
            Member::ExecuteId if is_positive => survey.sign.found(&digits),
            Member::Tokens if is_positive => survey.sign.seen(),
            Member::Output | Member::Interrupt => survey.sign.seen(),
            _ => {}
        }
    }

    /// A list or a map begins; whether what is in it is a sign of a run.
    fn open(&mut self) -> bool {
        if self.member.is_code() {
            self.survey.code_of(self.member, None);
        }
        matches!(self.member, Member::Output | Member::Interrupt)
    }
}

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        if self.depth < DEPTH {
            return from.deserialize_any(self);
        }
        self.survey.skipped = true;
        from.deserialize_ignored_any(IgnoredAny).map(drop)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        let text = value.trim();
        let Self { survey, member, .. } = self;
        match member {
            Member::Code | Member::ErrorCode => {
                let code: Result<i64, Unreadable> = int_or_zero(text.into_deserializer());
                survey.code_of(member, code.ok());
            }
            Member::Message => survey.message = Some(value.to_owned()),
            Member::ErrorMessage if !value.is_empty() => {
                survey.error_message = Some(value.to_owned());
            }
            Member::DetailLogId if !value.is_empty() => {
                survey.detail_log_id = Some(value.to_owned());
            }
            Member::ErrorLogId if !value.is_empty() => survey.error_log_id = Some(value.to_owned()),
            Member::ExecuteId if !text.is_empty() => survey.sign.found(text),
            Member::DebugUrl if !text.is_empty() => survey.sign.page(text),
            Member::Tokens if text.parse::<f64>().is_ok_and(|count| count > 0.0) => {
                survey.sign.seen();
            }
            Member::Output | Member::Interrupt if !is_blank(text) => survey.sign.seen(),
            _ => {}
        }
        survey.text(value, self.texts);
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.number(value > 0, value.to_string(), Some(value));
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.number(value > 0, value.to_string(), value.try_into().ok());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        let code: Result<i64, Unreadable> = int_or_zero(value.into_deserializer());
        self.number(value > 0.0, value.to_string(), code.ok());
        Ok(())
    }

    fn visit_bool<E>(mut self, value: bool) -> Result<(), E> {
        if self.open() && value && self.member == Member::Output {
            self.survey.sign.seen();
        }
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        if self.member.is_code() {
            self.survey.code_of(self.member, Some(0));
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut seq: A) -> Result<(), A::Error> {
        let holds = self.open();
        let place = Place::Inside;
        while seq
            .next_element_seed(self.inner(Member::Other, place))?
            .is_some()
        {
            if holds {
                self.survey.sign.seen();
            }
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        let mut key = map.next_key::<Cow<'_, str>>()?;
        if key.as_deref() == Some(NUMBER) {
            let digits = map.next_value::<String>()?;
            return match (digits.parse(), digits.parse()) {
                (Ok(integer), _) => self.visit_i64(integer),
                (_, Ok(integer)) => self.visit_u64(integer),
                _ => self.visit_f64(digits.parse().unwrap_or_default()),
            };
        }
        let holds = self.open();
        while let Some(name) = key {
            if holds {
                self.survey.sign.seen();
            }
            let member = Member::of(&name, self.place);
            let place = match (&*name, self.place) {
                ("detail", Place::Top) => Place::Detail,
                ("error", Place::Top) => Place::Error,
                _ => Place::Inside,
            };
            map.next_value_seed(self.inner(member, place))?;
            key = map.next_key()?;
        }
        Ok(())
    }
}
