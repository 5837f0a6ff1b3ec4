//! Why a message goes to the dead letters.

use crate::{Malformed, Queue};
use domain::Command;
use std::fmt;

/// The most characters of a [`Cause`]'s text. What somebody sent may be quoted in it, and it travels in a header.
const TEXT_LENGTH: usize = 200;

/// Why a message goes to the dead letters: a code out of a closed set, and a short text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    code: CauseCode,
    text: String,
}

/// The closed set of reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CauseCode {
    /// It cannot be read.
    Malformed,
    /// It can be read, and the handler that gets it cannot do it.
    Rejected,
    /// Handling it fails, and nothing that waiting could mend.
    Failed,
    /// Its handler wanted to see it later, for as long as a message is tried.
    RetriesExhausted,
    /// Handling it ended the process, again and again.
    Crashed,
}

impl Cause {
    /// `text` is cut where it is long.
    pub fn new(code: CauseCode, text: impl fmt::Display) -> Cause {
        Cause {
            code,
            text: clipped(text.to_string(), TEXT_LENGTH),
        }
    }

    /// `command` came on a queue whose worker does something else.
    pub fn misrouted(command: &Command, queue: Queue) -> Cause {
        let text = format!("{} is no command for queue {queue}", command.kind());
        Cause::new(CauseCode::Rejected, text)
    }

    /// The code.
    pub fn code(&self) -> CauseCode {
        self.code
    }

    /// A few words.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl CauseCode {
    /// What it is called in headers and rows.
    pub fn name(self) -> &'static str {
        match self {
            CauseCode::Malformed => "malformed",
            CauseCode::Rejected => "rejected",
            CauseCode::Failed => "failed",
            CauseCode::RetriesExhausted => "retries_exhausted",
            CauseCode::Crashed => "crashed",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.name(), self.text)
    }
}

impl From<Malformed> for Cause {
    fn from(malformed: Malformed) -> Cause {
        Cause::new(CauseCode::Malformed, malformed)
    }
}

/// At most `most` characters of `text`; an ellipsis says that there were more.
pub(crate) fn clipped(text: String, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_quotes_what_somebody_sent_is_short() {
        let cause = Cause::new(CauseCode::Malformed, "é".repeat(200_000));
        assert_eq!(cause.text().chars().count(), TEXT_LENGTH + 1);
        assert!(cause.text().ends_with('…'));
        assert_eq!(
            Cause::new(CauseCode::Failed, "short").to_string(),
            "failed: short"
        );
    }
}
