//! Appending.

use super::{config::Config, context::Context, record, unavailable};
use crate::{Message, NotAppended, Topic};
use rdkafka::{
    error::{KafkaError, RDKafkaErrorCode},
    producer::{DeliveryFuture, FutureProducer, FutureRecord, Producer as _},
};
use std::{sync::RwLock, time::Duration};
use tokio::time::Instant;

/// How long an append waits for room in the producer's memory.
const ROOM_TIMEOUT: Duration = Duration::from_secs(5);
const ROOM_POLL: Duration = Duration::from_millis(5);

/// The idempotent producer.
pub(super) struct Producer {
    config: Config,
    current: RwLock<FutureProducer<Context>>,
}

impl Producer {
    /// # Errors
    /// librdkafka does not take a property.
    pub(super) fn new(config: Config) -> Result<Producer, KafkaError> {
        let current = RwLock::new(config.producer()?);
        Ok(Producer { config, current })
    }

    /// Appends all of `batch`, in order, and waits until all of it is acknowledged, or until no more of it can be.
    pub(super) async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        let producer = self.producer();
        let deadline = Instant::now() + ROOM_TIMEOUT;
        let mut deliveries = Vec::with_capacity(batch.len());
        let mut failure = None;
        for (topic, message) in &batch {
            match enqueue(&producer, &self.config.topic(*topic), message, deadline).await {
                Ok(delivery) => deliveries.push(delivery),
                Err(error) => {
                    failure = Some(error);
                    break;
                }
            }
        }
        // All of them, also after a failure: the caller appends again, and what is still on its way from here must not
        // come in between.
        let mut acknowledged = vec![false; batch.len()];
        for (acknowledged, delivery) in acknowledged.iter_mut().zip(deliveries) {
            match delivery.await {
                Ok(Ok(_)) => *acknowledged = true,
                Ok(Err((error, _))) => failure = failure.or(Some(error)),
                Err(_) => failure = failure.or(Some(KafkaError::Canceled)),
            }
        }
        let Some(error) = failure else { return Ok(()) };
        self.replace_if_dead(&producer);
        Err(NotAppended::of(batch, &acknowledged, unavailable(error)))
    }

    fn producer(&self) -> FutureProducer<Context> {
        self.current
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone()
    }

    /// An idempotent producer that finds its sequence broken, for instance because the topic was deleted, never works
    /// again.
    fn replace_if_dead(&self, used: &FutureProducer<Context>) {
        let Some((_, why)) = used.client().fatal_error() else {
            return;
        };
        let mut current = self
            .current
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        if current.client().fatal_error().is_none() {
            return;
        }
        tracing::warn!(why, "the producer is replaced");
        match self.config.producer() {
            Ok(fresh) => *current = fresh,
            Err(error) => tracing::error!(%error, "the producer cannot be replaced"),
        }
    }
}

async fn enqueue(
    producer: &FutureProducer<Context>,
    topic: &str,
    message: &Message,
    deadline: Instant,
) -> Result<DeliveryFuture, KafkaError> {
    let mut record = FutureRecord::to(topic)
        .key(message.key.as_str())
        .payload(message.payload.as_str())
        .headers(record::headers(message));
    loop {
        match producer.send_result(record) {
            Ok(delivery) => return Ok(delivery),
            Err((KafkaError::MessageProduction(RDKafkaErrorCode::QueueFull), again))
                if Instant::now() < deadline =>
            {
                record = again;
                tokio::time::sleep(ROOM_POLL).await;
            }
            Err((error, _)) => return Err(error),
        }
    }
}
