//! Messages of the sockets, as text.

use domain::live::News;
use std::sync::Arc;

/// `"type":…,"data":…}`: a message without its beginning, made once for all readers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body(Arc<str>);

impl Body {
    /// The body of a message that says this.
    pub fn new(news: &News) -> Body {
        // Our own types always serialise: their maps have text keys and their floats are finite.
        let json = serde_json::to_string(news).unwrap_or_else(|error| {
            tracing::error!(%error, "a message could not be serialised");
            r#"{"type":"gap","data":{"coalesced":0}}"#.to_owned()
        });
        Body(json.get(1..).unwrap_or_default().into())
    }

    /// The whole message for a reader that is at `cursor`.
    pub fn at(&self, cursor: &str) -> String {
        // A cursor is digits and names of topics, so it needs no escaping.
        format!(r#"{{"at":"{cursor}",{}"#, self.0)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use domain::live::Frame;

    #[test]
    fn a_message_reads_as_it_was_meant() {
        let news = News::Gap { coalesced: 7 };
        let text = Body::new(&news).at("analytics_topic.0:17");
        let frame: Frame = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (frame.at.as_str(), frame.news),
            ("analytics_topic.0:17", news)
        );
    }
}
