//! Reading what the socket says. The envelope is read at once, the data only by the channel that it is for: reading a
//! whole `domain::live::Frame` brings code for every type to every page, and a buffer between, a third of a bundle.

use serde::Deserialize;
use serde_json::value::RawValue;

/// A message, its data unread.
#[derive(Deserialize)]
pub(super) struct Message<'a> {
    /// The cursor.
    pub at: String,
    /// What it is about.
    #[serde(rename = "type")]
    pub topic: &'a str,
    /// JSON.
    #[serde(borrow)]
    pub data: &'a RawValue,
}

/// The data of the first message, `hello`.
#[derive(Deserialize)]
pub(super) struct Hello {
    /// Which build the server runs.
    pub build: String,
}

impl Message<'_> {
    /// Reads the envelope. `None`: it is none, or of a newer build.
    pub fn parse(text: &str) -> Option<Message<'_>> {
        serde_json::from_str(text).ok()
    }

    /// The data, of the first message.
    pub fn hello(&self) -> Option<Hello> {
        serde_json::from_str(self.data.get())
            .ok()
            .filter(|_| self.topic == "hello")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::live::{Frame, News};

    #[test]
    fn the_first_message_names_the_build() {
        for (news, expected) in [
            (
                News::Hello {
                    build: "b".to_owned(),
                },
                Some("b"),
            ),
            (News::Gap { coalesced: 1 }, None),
        ] {
            let frame = Frame {
                at: "c1".to_owned(),
                news,
            };
            let text = serde_json::to_string(&frame).unwrap();
            let message = Message::parse(&text).unwrap();
            assert_eq!(message.at, "c1");
            assert_eq!(
                message.hello().map(|hello| hello.build).as_deref(),
                expected
            );
        }
    }

    #[test]
    fn what_is_no_message_is_skipped() {
        for text in ["", "[]", "{}", r#"{"at":1,"type":"stock","data":{}}"#] {
            assert!(Message::parse(text).is_none(), "{text}");
        }
    }
}
