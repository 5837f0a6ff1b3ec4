//! Whether this server can do its work, part by part.

use crate::state::App;
use bus::CommandQueue;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long the queue may take to answer.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(1);
/// How long its answer counts: whoever asks here, the broker is asked no more often.
const ANSWER_LIFETIME: Duration = Duration::from_secs(1);

/// How it is with a server.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Readiness {
    /// Whether requests may be sent here: all parts that are needed are ready.
    pub ready: bool,
    /// Each part.
    pub parts: Vec<Part>,
}

/// Something that a server works with.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Part {
    /// What it is called.
    pub name: &'static str,
    /// Whether it can be used.
    pub ready: bool,
    /// Whether orders need it.
    pub needed: bool,
    /// Why it cannot be used, for operators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<&'static str>,
}

impl Part {
    /// A part without which no orders can be taken, and why it cannot be used, if so.
    pub fn needed(name: &'static str, why: Option<&'static str>) -> Part {
        Part {
            name,
            ready: why.is_none(),
            needed: true,
            why,
        }
    }

    /// A part without which orders can be taken all the same.
    pub fn useful(name: &'static str, why: Option<&'static str>) -> Part {
        Part {
            needed: false,
            ..Part::needed(name, why)
        }
    }
}

impl Readiness {
    /// Looks at each part.
    pub async fn of(app: &App) -> Readiness {
        let stops = app.draining.is_cancelled();
        let now = app.read_model.now();
        let (no_catalogue, is_foreign) = (now.types.is_empty(), now.foreign_log.is_some());
        let nobody_signs_in = !app.accounts.is_open();
        Readiness::from(vec![
            Part::needed("server", stops.then_some("it stops")),
            Part::needed("orders", app.queue_probe.problem().await),
            Part::needed(
                "log",
                is_foreign
                    .then_some("it is another one than before; the dashboard says what to do"),
            ),
            Part::needed(
                "catalogue",
                no_catalogue.then_some("no ticket type is known yet"),
            ),
            Part::useful(
                "accounts",
                nobody_signs_in.then_some("the database is not open yet"),
            ),
        ])
    }
}

impl From<Vec<Part>> for Readiness {
    fn from(parts: Vec<Part>) -> Readiness {
        Readiness {
            ready: parts.iter().all(|part| part.ready || !part.needed),
            parts,
        }
    }
}

/// Asks whether the queue can be used, once a second at most.
pub(crate) struct QueueProbe {
    queue: Arc<dyn CommandQueue>,
    /// Held while the queue is asked: others wait for the same answer.
    last: Mutex<Option<(Instant, Option<&'static str>)>>,
}

impl QueueProbe {
    /// Of this queue.
    pub fn new(queue: Arc<dyn CommandQueue>) -> QueueProbe {
        QueueProbe {
            queue,
            last: Mutex::default(),
        }
    }

    async fn problem(&self) -> Option<&'static str> {
        let mut last = self.last.lock().await;
        if let Some((asked_at, problem)) = *last
            && asked_at.elapsed() < ANSWER_LIFETIME
        {
            return problem;
        }
        let problem = match timeout(QUEUE_TIMEOUT, self.queue.ready()).await {
            Ok(Ok(_)) => None,
            Ok(Err(error)) => {
                tracing::warn!(%error, "the queue cannot be used");
                Some("the queue cannot be used")
            }
            Err(_) => {
                tracing::warn!("the queue does not answer");
                Some("the queue does not answer")
            }
        };
        *last = Some((Instant::now(), problem));
        problem
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_ready_when_all_that_orders_need_is() {
        let accounts = Part::useful("accounts", Some("away"));
        let orders = Part::needed("orders", None);
        assert!(Readiness::from(vec![orders, accounts.clone()]).ready);
        let gone = Part::needed("orders", Some("gone"));
        assert!(!Readiness::from(vec![gone, accounts]).ready);
    }
}
