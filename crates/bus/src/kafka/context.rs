//! What librdkafka tells us besides messages.

use rdkafka::{
    ClientContext,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext, Rebalance},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
    topic_partition_list::TopicPartitionList,
};

/// Hands librdkafka's log lines on to ours.
#[derive(Clone, Copy)]
pub(super) struct Context;

impl ClientContext for Context {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, message: &str) {
        use RDKafkaLogLevel::{Alert, Critical, Debug, Emerg, Error, Info, Notice, Warning};
        match level {
            // It calls each failed attempt to connect an error; ours are those that reach a caller.
            Emerg | Alert | Critical | Error | Warning => {
                tracing::warn!(target: "librdkafka", facility, "{message}");
            }
            Notice | Info => tracing::info!(target: "librdkafka", facility, "{message}"),
            Debug => tracing::debug!(target: "librdkafka", facility, "{message}"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::debug!(target: "librdkafka", %error, "{reason}");
    }
}

impl ConsumerContext for Context {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => tracing::debug!(?partitions, "partitions come"),
            Rebalance::Revoke(partitions) => tracing::debug!(?partitions, "partitions go"),
            Rebalance::Error(error) => tracing::warn!(%error, "partitions cannot be shared out"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        if let Err(error) = result {
            tracing::debug!(%error, "positions were not committed; what was settled may come again");
        }
    }
}

/// What an error that a consumer reports means.
pub(super) enum Trouble {
    /// librdkafka sees to it.
    Passing,
    /// No broker could be reached when this was noted, which may be long ago.
    Lost,
    /// The broker refuses; librdkafka goes on trying.
    Refused,
    /// This client will never work again; another one may.
    Fatal,
}

impl Trouble {
    pub(super) fn of(error: &KafkaError) -> Trouble {
        use RDKafkaErrorCode::{
            AllBrokersDown, BrokerTransportFailure, NoError, OffsetOutOfRange, OperationTimedOut,
            PollExceeded, Resolve,
        };
        match error {
            KafkaError::MessageConsumptionFatal(_) => Trouble::Fatal,
            KafkaError::MessageConsumption(AllBrokersDown) => Trouble::Lost,
            KafkaError::MessageConsumption(
                // One broker of several, or an idle connection; when all are gone, that is an error of its own.
                BrokerTransportFailure | Resolve | OperationTimedOut
                // We paused for long: our partitions went to others, and we join again by polling.
                | PollExceeded
                | OffsetOutOfRange
                | NoError,
            ) => Trouble::Passing,
            _ => Trouble::Refused,
        }
    }
}
