//! What is counted around a handler.

use crate::{Outcome, Unavailable};
use std::{sync::Arc, time::Duration};

#[derive(Clone)]
pub(crate) struct Telemetry {
    name: Arc<str>,
}

impl Telemetry {
    pub fn new(name: &str) -> Telemetry {
        Telemetry { name: name.into() }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// `festflow_batch_seconds`, `festflow_batch_messages_total` by handler.
    pub fn handled(&self, messages: usize, took: Duration) {
        let handler = self.name.to_string();
        metrics::histogram!("festflow_batch_seconds", "handler" => handler.clone()).record(took);
        metrics::counter!("festflow_batch_messages_total", "handler" => handler)
            .increment(messages as u64);
    }

    /// `festflow_messages_total` by handler and outcome.
    pub fn outcome(&self, outcome: &Outcome) {
        let outcome = match outcome {
            Outcome::Done(_) => "done",
            Outcome::Retry(_) => "retry",
            Outcome::Reject(_) => "reject",
        };
        metrics::counter!("festflow_messages_total", "handler" => self.name.to_string(), "outcome" => outcome)
            .increment(1);
    }

    /// `festflow_pauses_total` by handler.
    pub fn paused(&self, error: &Unavailable) {
        tracing::warn!(handler = &*self.name, %error, "paused");
        metrics::counter!("festflow_pauses_total", "handler" => self.name.to_string()).increment(1);
    }
}
