//! What AMQP does not tell: the management API's counts and rates. They lag behind by seconds, and the API may not be
//! there at all, so they are extras.

use super::connection::Endpoint;
use lapin::types::ShortString;
use serde::Deserialize;
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;
use url::Url;

/// Answers are asked for once per second at most, failed ones too.
const FRESH: Duration = Duration::from_secs(1);
/// Nobody waits for it any longer.
const TIMEOUT: Duration = Duration::from_millis(500);

/// Asks the management API about queues.
pub(super) struct Management {
    client: reqwest::Client,
    url: Url,
    credentials: (String, String),
    vhost: String,
    known: Mutex<HashMap<ShortString, (Instant, Option<QueueStats>)>>,
}

/// A queue as the API describes it.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct QueueStats {
    /// In consumers' hands.
    pub(super) messages_unacknowledged: Option<u64>,
    #[serde(default)]
    message_stats: MessageStats,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct MessageStats {
    #[serde(default)]
    publish_details: Rate,
    #[serde(default)]
    ack_details: Rate,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
struct Rate {
    rate: f64,
}

impl QueueStats {
    /// Published, per second.
    pub(super) fn in_per_second(&self) -> f64 {
        self.message_stats.publish_details.rate
    }

    /// Acknowledged, per second.
    pub(super) fn out_per_second(&self) -> f64 {
        self.message_stats.ack_details.rate
    }
}

impl Management {
    /// The API at `url`, as the user whom it names, else as the one who uses the broker.
    pub(super) fn new(url: &Url, endpoint: &Endpoint) -> Management {
        let (user, password) = endpoint.credentials();
        let credentials = match (url.username(), url.password()) {
            ("", _) => (user.to_owned(), password.to_owned()),
            (user, password) => (decoded(user), decoded(password.unwrap_or_default())),
        };
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        // Named twice, they would be sent twice. A URL that has them can also do without.
        let mut url = url.clone();
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Management {
            client,
            url,
            credentials,
            vhost: endpoint.vhost().to_owned(),
            known: Mutex::default(),
        }
    }

    /// At most a second old; `None` when the API does not answer.
    pub(super) async fn queue(&self, name: &ShortString) -> Option<QueueStats> {
        let mut known = self.known.lock().await;
        if let Some((asked, stats)) = known.get(name)
            && asked.elapsed() < FRESH
        {
            return *stats;
        }
        let stats = self
            .ask(name)
            .await
            .inspect_err(|error| tracing::debug!(%error, "the management API does not answer"))
            .ok();
        known.insert(name.clone(), (Instant::now(), stats));
        stats
    }

    async fn ask(&self, name: &ShortString) -> reqwest::Result<QueueStats> {
        let mut url = self.url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty()
                .extend(["api", "queues", &self.vhost, name.as_str()]);
        }
        let (user, password) = &self.credentials;
        self.client
            .get(url)
            .basic_auth(user, Some(password))
            .send()
            .await?
            .error_for_status()?
            .json()
            .await
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}
