//! What the tests of the brokers' adapters have in common.

#![allow(dead_code, reason = "each test binary uses its part")]

pub mod proxy;

use bus::{BusOptions, Message};
use domain::{MessageId, Timestamp};
use std::time::Duration;
use tokio::time::Instant;

/// The longest that anything here may take.
pub const PATIENCE: Duration = Duration::from_secs(30);
/// How long a `take` waits for more.
pub const LINGER: Duration = Duration::from_millis(5);

/// The broker's URL. Without one the test is skipped, but never where everything must be tested.
pub fn broker(variable: &str) -> Option<String> {
    match std::env::var(variable) {
        Ok(url) => Some(url),
        Err(_) if std::env::var("CI").is_ok_and(|ci| ci == "true") => {
            panic!("{variable} must be set")
        }
        Err(_) => {
            eprintln!("skipped: {variable} is not set");
            None
        }
    }
}

/// An installation of its own on the shared broker.
pub fn options() -> BusOptions {
    BusOptions {
        prefix: format!("test-{:08x}.", rand::random::<u32>()),
        ..BusOptions::default()
    }
}

/// A command about `key` that nobody executes.
pub fn message(key: &str) -> Message {
    Message {
        id: MessageId(uuid::Uuid::from_u128(rand::random())),
        kind: "CANCEL_CHARGE".to_owned(),
        key: key.to_owned(),
        source: "/test".to_owned(),
        time: Timestamp::from_micros(1_800_000_000_123_456),
        schema: domain::SCHEMA,
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        payload: format!(r#"{{"event_type":"CANCEL_CHARGE","order_id":"{key}"}}"#),
    }
}

/// Waits until `condition` holds.
pub async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !condition().await {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Fails when `future` takes longer than it may.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(done) => done,
        Err(_) => panic!("not within {PATIENCE:?}: {what}"),
    }
}
