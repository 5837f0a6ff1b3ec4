//! What a port promises, as tests that run unchanged on every adapter.
//!
//! SQLite needs nothing. RabbitMQ is tested where `FESTFLOW_TEST_QUEUE_URL` (`amqp:`) names one and Kafka where
//! `FESTFLOW_TEST_LOG_URL` (`kafka:`) does; otherwise their tests say that they were skipped, except with `CI=true`,
//! where everything must be tested.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod bench;
mod child;
mod faults;
mod handler;
mod killed;
mod log;
mod log_groups;
mod queue;
mod queue_sharing;
mod runner;
mod runner_log;
mod sqlite;
mod support;

/// Runs tests on both adapters of the queue.
macro_rules! on_every_queue {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { super::$test(&$crate::bench::Bench::sqlite()).await }
        )* }
        mod on_rabbitmq { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(bench) = $crate::bench::Bench::rabbitmq() { super::$test(&bench).await }
            }
        )* }
    };
}

/// Runs tests on both adapters of the log.
macro_rules! on_every_log {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() { super::$test(&$crate::bench::Bench::sqlite()).await }
        )* }
        mod on_kafka { $(
            #[tokio::test(flavor = "multi_thread")]
            async fn $test() {
                if let Some(bench) = $crate::bench::Bench::kafka() { super::$test(&bench).await }
            }
        )* }
    };
}

use {on_every_log, on_every_queue};
