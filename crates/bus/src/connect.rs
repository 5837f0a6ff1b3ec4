//! The URL picks the backend.

use crate::{CommandQueue, EventLog, kafka, rabbitmq, sqlite};
use std::sync::Arc;
use url::Url;

/// What an installation can set about its brokers.
#[derive(Clone, Debug, Default)]
pub struct BusOptions {
    /// Before every name of exchanges, queues, topics and groups, so that several installations can share brokers.
    pub prefix: String,
    /// How many orders may wait before more are refused; `None`: no bound.
    pub orders_max_length: Option<u64>,
    /// RabbitMQ's management API, such as `http://user:password@127.0.0.1:15672`, for what AMQP does not tell.
    pub rabbitmq_management_url: Option<Url>,
}

/// A URL that names no backend.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url:?} is no {what} URL: {why}")]
pub struct UrlError {
    /// What the URL should name.
    pub what: &'static str,
    /// The URL, without its password.
    pub url: String,
    /// What is allowed.
    pub why: String,
}

/// Opens the queues of commands: `amqp:`, `amqps:` or `sqlite:`. Connecting goes on in the background: a broker that
/// is not there yet makes calls fail as unavailable, not this one. Must be called within a Tokio runtime.
///
/// # Errors
/// The URL is of another scheme, or malformed.
pub fn open_queue(url: &str, options: &BusOptions) -> Result<Arc<dyn CommandQueue>, UrlError> {
    let parsed = parse("queue", url)?;
    match parsed.scheme() {
        "amqp" | "amqps" => {
            let endpoint = rabbitmq::Endpoint::new(&parsed, options).map_err(|why| UrlError {
                what: "queue",
                url: redacted(&parsed),
                why,
            })?;
            Ok(Arc::new(rabbitmq::RabbitMq::open(endpoint, options)))
        }
        "sqlite" => Ok(Arc::new(sqlite::SqliteQueue::open(
            &sqlite_path("queue", url)?,
            options,
        ))),
        scheme => Err(UrlError {
            what: "queue",
            url: redacted(&parsed),
            why: format!("must begin with amqp:, amqps: or sqlite:, not {scheme}:"),
        }),
    }
}

/// Opens the log of events: `kafka:` or `sqlite:`. As for the queue, connecting goes on in the background.
///
/// # Errors
/// The URL is of another scheme, or malformed.
pub fn open_log(url: &str, options: &BusOptions) -> Result<Arc<dyn EventLog>, UrlError> {
    // Several brokers with their ports are more than a URL's grammar allows, so Kafka's has a parser of its own.
    if url.starts_with("kafka:") {
        return match kafka::Kafka::open(url, options) {
            Ok(kafka) => Ok(Arc::new(kafka)),
            Err(why) => Err(UrlError {
                what: "log",
                url: kafka::redacted(url),
                why,
            }),
        };
    }
    let parsed = parse("log", url)?;
    match parsed.scheme() {
        "sqlite" => Ok(Arc::new(sqlite::SqliteLog::open(
            &sqlite_path("log", url)?,
            options,
        ))),
        scheme => Err(UrlError {
            what: "log",
            url: redacted(&parsed),
            why: format!("must begin with kafka: or sqlite:, not {scheme}:"),
        }),
    }
}

/// Makes the folder of a `sqlite:` URL's file, for who would rather know now that it cannot be: the ports themselves
/// wait for it as for a broker. Other URLs need none.
///
/// # Errors
/// It cannot be made.
pub fn make_folder(what: &'static str, url: &str) -> Result<(), UrlError> {
    if !url.starts_with("sqlite:") {
        return Ok(());
    }
    let path = sqlite_path(what, url)?;
    let folder = path.parent().unwrap_or(&path);
    std::fs::create_dir_all(folder).map_err(|error| UrlError {
        what,
        url: url.to_owned(),
        why: format!("{}: {error}", folder.display()),
    })
}

fn parse(what: &'static str, url: &str) -> Result<Url, UrlError> {
    Url::parse(url).map_err(|error| UrlError {
        what,
        url: url.split('@').next_back().unwrap_or_default().to_owned(),
        why: error.to_string(),
    })
}

/// `sqlite:relative/path.db` and `sqlite:///absolute/path.db`.
fn sqlite_path(what: &'static str, url: &str) -> Result<std::path::PathBuf, UrlError> {
    let path = url.trim_start_matches("sqlite:");
    let path = path.strip_prefix("//").unwrap_or(path);
    if path.is_empty() {
        return Err(UrlError {
            what,
            url: url.to_owned(),
            why: "must name a file, such as sqlite:data/queue.db".to_owned(),
        });
    }
    Ok(path.into())
}

fn redacted(url: &Url) -> String {
    let mut url = url.clone();
    if url.password().is_some() {
        // A URL that has a password has a host, so this cannot fail.
        let _ = url.set_password(Some("***"));
    }
    url.to_string()
}
