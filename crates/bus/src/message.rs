//! A message as both ports carry it: a CloudEvents 1.0 envelope in binary mode, so that the payload is plain JSON.

use crate::cause::clipped;
use domain::{Command, Event, MessageId, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The most bytes or characters of a header that somebody else wrote.
const HEADER_LENGTH: usize = 255;

/// A command or an event with its envelope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// `ce_id`: the same for every copy of the same message.
    pub id: MessageId,
    /// `ce_type`: the `event_type`.
    pub kind: String,
    /// What it is about; the log keeps messages of one key in order.
    pub key: String,
    /// `ce_source`: the service that made it, such as `/inventory`.
    pub source: String,
    /// `ce_time`.
    pub time: Timestamp,
    /// Major version of the schema.
    pub schema: u32,
    /// W3C trace context, carried along.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<String>,
    /// JSON, UTF-8.
    pub payload: String,
}

/// A message that cannot be read, however often it is tried.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// Written by a newer major version.
    #[error("schema {0} is newer than {known}, the newest this build reads", known = domain::SCHEMA)]
    FutureSchema(u32),
    /// The payload is not what its type promises.
    #[error("the payload of {kind:?} cannot be read: {why}")]
    Payload {
        /// The message's type.
        kind: String,
        /// What the parser said.
        why: String,
    },
}

impl Message {
    /// `command` as a message. Its id follows from what it is about.
    pub fn command(source: &str, command: &Command) -> Message {
        Message {
            id: command.id(),
            kind: command.kind().to_owned(),
            key: command.key(),
            source: source.to_owned(),
            time: command.timestamp(),
            schema: domain::SCHEMA,
            traceparent: None,
            payload: json(command),
        }
    }

    /// `event` as a message with the id `id`, which is either caused by another message or follows from what the
    /// event is about.
    pub fn event(source: &str, id: MessageId, event: &Event) -> Message {
        Message {
            id,
            kind: event.kind().to_owned(),
            key: event.key(),
            source: source.to_owned(),
            time: event.timestamp(),
            schema: domain::SCHEMA,
            traceparent: None,
            payload: json(event),
        }
    }

    /// The same message with the trace context of the message that caused it.
    pub fn traced_by(mut self, cause: &Message) -> Message {
        self.traceparent.clone_from(&cause.traceparent);
        self
    }

    /// The headers of the envelope, by name.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("ce_specversion", "1.0".to_owned()),
            ("ce_id", self.id.to_string()),
            ("ce_type", self.kind.clone()),
            ("ce_source", self.source.clone()),
            ("ce_time", self.time.rfc3339()),
            ("ce_subject", self.key.clone()),
            ("content-type", "application/json".to_owned()),
            ("schema", self.schema.to_string()),
        ];
        if let Some(traceparent) = &self.traceparent {
            headers.push(("traceparent", traceparent.clone()));
        }
        headers
    }

    /// A message from a broker. Whatever is missing or broken is made up so that the message can still be handed on and
    /// dead-lettered: the type from the payload's `event_type`, the id from the payload's bytes.
    pub fn from_parts<'a>(
        key: Option<&str>,
        headers: impl IntoIterator<Item = (&'a str, &'a str)>,
        payload: &[u8],
    ) -> Message {
        let mut message = Message {
            id: MessageId(Uuid::nil()),
            kind: String::new(),
            key: String::new(),
            source: String::new(),
            time: Timestamp::default(),
            schema: domain::SCHEMA,
            traceparent: None,
            payload: String::from_utf8_lossy(payload).into_owned(),
        };
        for (name, value) in headers {
            match name {
                "ce_id" => message.id = value.parse().unwrap_or(message.id),
                "ce_type" => value.clone_into(&mut message.kind),
                "ce_source" => value.clone_into(&mut message.source),
                "ce_time" => message.time = Timestamp::parse(value).unwrap_or_default(),
                "ce_subject" => value.clone_into(&mut message.key),
                "schema" => message.schema = value.parse().unwrap_or(u32::MAX),
                "traceparent" => message.traceparent = Some(value.to_owned()),
                _ => {}
            }
        }
        if message.id.0.is_nil() {
            message.id = MessageId(Uuid::new_v5(&Uuid::NAMESPACE_OID, payload));
        }
        if let Some(key) = key {
            key.clone_into(&mut message.key);
        }
        if message.kind.is_empty() {
            message.kind = kind_in(&message.payload).unwrap_or_default();
        }
        message.clip_headers();
        message
    }

    /// No header is longer than any of ours could be: what somebody sent is handed on in headers again, and a frame of a
    /// broker has room for so much.
    fn clip_headers(&mut self) {
        for header in [&mut self.kind, &mut self.key, &mut self.source] {
            if header.len() > HEADER_LENGTH {
                *header = clipped(std::mem::take(header), HEADER_LENGTH);
            }
        }
        self.traceparent = self
            .traceparent
            .take()
            .filter(|it| it.len() <= HEADER_LENGTH);
    }

    /// The command that it carries.
    ///
    /// # Errors
    /// A command that this build does not know is [`Malformed`] too: somebody must do it, so it must not be skipped.
    pub fn decode_command(&self) -> Result<Command, Malformed> {
        self.check_schema()?;
        serde_json::from_str(&self.payload).map_err(|error| self.malformed(&error))
    }

    /// The event that it carries; `Ok(None)` for a type that this build does not know, which readers skip.
    ///
    /// # Errors
    /// The payload is not what its type promises, or of a newer major version.
    pub fn decode_event(&self) -> Result<Option<Event>, Malformed> {
        self.check_schema()?;
        Event::decode(&self.kind, self.payload.as_bytes()).map_err(|error| self.malformed(&error))
    }

    fn check_schema(&self) -> Result<(), Malformed> {
        if self.schema > domain::SCHEMA {
            return Err(Malformed::FutureSchema(self.schema));
        }
        Ok(())
    }

    fn malformed(&self, error: &serde_json::Error) -> Malformed {
        Malformed::Payload {
            kind: self.kind.clone(),
            why: clipped(error.to_string(), HEADER_LENGTH),
        }
    }
}

fn kind_in(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Tagged {
        event_type: String,
    }
    serde_json::from_str::<Tagged>(payload)
        .ok()
        .map(|tagged| tagged.event_type)
}

/// Our own types always serialise: their maps have text keys and their floats are finite.
fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_else(|error| {
        tracing::error!(%error, "a message could not be serialised");
        String::new()
    })
}
