//! Watching orders arrive, at no cost to the sale.

use super::{
    connection::{ANSWER_TIMEOUT, Backoff, SharedConnection, answer_within},
    envelope, gone,
    topology::{number, text},
};
use crate::{BusOptions, Message, Unavailable, UrlError};
use futures_util::StreamExt;
use lapin::{
    Channel, Consumer,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{FieldTable, ShortString},
};
use std::sync::Arc;

/// Orders that the broker keeps for a slow watcher; older ones are dropped.
const MOST_KEPT: i64 = 100;
/// Orders on their way to the watcher.
const IN_HAND: u16 = 16;
/// An acknowledgement for so many at a time; fewer than [`IN_HAND`], or the broker would wait for it.
const ACK_EVERY: u64 = 8;

/// Sees the orders that arrive from now on, while it keeps up. Its queue is its own, in memory, bounded and gone with
/// it, so that nothing waits for a watcher, and nothing is kept for one.
pub struct Tap {
    exchange: ShortString,
    connection: SharedConnection,
    link: Option<Link>,
    backoff: Backoff,
}

struct Link {
    channel: Channel,
    deliveries: Consumer,
    /// The delivery tag up to which an acknowledgement is due.
    due: Option<u64>,
}

impl Tap {
    /// A tap on the queue at `url`; it connects when it is asked for a message.
    ///
    /// # Errors
    /// The URL is not one of RabbitMQ.
    pub fn open(url: &str, options: &BusOptions) -> Result<Tap, UrlError> {
        let endpoint = crate::connect::rabbitmq_endpoint(url, options)?;
        Ok(Tap {
            exchange: endpoint.topology.exchange(),
            connection: SharedConnection::new(Arc::new(endpoint), "watching"),
            link: None,
            backoff: Backoff::new(),
        })
    }

    /// The next order that arrives. Orders that arrive while the broker cannot be reached are not seen. Cancel safe.
    pub async fn next(&mut self) -> Message {
        loop {
            match self.receive().await {
                Ok(message) => {
                    self.backoff = Backoff::new();
                    return message;
                }
                Err(error) => {
                    tracing::debug!(%error, "the tap on orders is interrupted");
                    self.link = None;
                    self.backoff.wait().await;
                }
            }
        }
    }

    /// Sees nothing until it is asked for the next order, and costs the broker nothing until then.
    pub fn rest(&mut self) {
        self.link = None;
    }

    async fn receive(&mut self) -> Result<Message, Unavailable> {
        let link = match &mut self.link {
            Some(link) => link,
            empty => empty.insert(connect(&self.connection, &self.exchange).await?),
        };
        // Acknowledging, although loss does not matter here, is what bounds the messages in our memory. It comes before
        // the next message, so that nobody who stops waiting for it loses one that was received.
        if let Some(tag) = link.due.take() {
            let multiple = BasicAckOptions { multiple: true };
            link.channel.basic_ack(tag, multiple).await.map_err(gone)?;
        }
        let delivery = link
            .deliveries
            .next()
            .await
            .ok_or_else(|| Unavailable::new("RabbitMQ", "the broker ended the tap"))?
            .map_err(gone)?;
        let tag = delivery.delivery_tag;
        link.due = (tag % ACK_EVERY == 0).then_some(tag);
        Ok(envelope::message(&delivery).0)
    }
}

async fn connect(
    connection: &SharedConnection,
    exchange: &ShortString,
) -> Result<Link, Unavailable> {
    let channel = connection.channel().await?;
    let starting = async {
        let mut bounds = FieldTable::default();
        text(&mut bounds, "x-queue-type", "classic");
        text(&mut bounds, "x-overflow", "drop-head");
        number(&mut bounds, "x-max-length", MOST_KEPT);
        let own = QueueDeclareOptions::exclusive().auto_delete();
        let queue = channel
            .queue_declare(ShortString::default(), own, bounds)
            .await?;
        let name = queue.name().clone();
        channel
            .queue_bind(
                name.clone(),
                exchange.clone(),
                ShortString::default(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await?;
        channel
            .basic_qos(IN_HAND, BasicQosOptions::default())
            .await?;
        let consuming = BasicConsumeOptions {
            exclusive: true,
            ..BasicConsumeOptions::default()
        };
        let deliveries = channel
            .basic_consume(
                name,
                ShortString::default(),
                consuming,
                FieldTable::default(),
            )
            .await?;
        Ok((channel, deliveries))
    };
    let starting = async { starting.await.map_err(gone) };
    let (channel, deliveries) = answer_within(ANSWER_TIMEOUT, starting).await?;
    Ok(Link {
        channel,
        deliveries,
        due: None,
    })
}
