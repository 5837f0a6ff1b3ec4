//! Taking messages: a channel for each source, on the connection that all sources share.

use super::{
    connection::{ANSWER_TIMEOUT, SharedConnection, answer_within},
    envelope, gone,
};
use crate::{Delivery, Receipt, Source, Unavailable};
use async_trait::async_trait;
use futures_util::{StreamExt, future::try_join_all};
use lapin::{
    Channel, Consumer,
    options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions},
    types::{FieldTable, ShortString},
};
use std::{collections::BTreeSet, time::Duration};
use tokio::time::{Instant, timeout_at};

/// Messages of one queue.
pub(super) struct QueueSource {
    connection: SharedConnection,
    queue: ShortString,
    in_hand: u16,
    /// Counts the channels: a delivery tag means something only on its own.
    lane: u32,
    link: Option<Link>,
}

/// A channel that delivers. Dropping it closes the channel, and the broker gives what was not acknowledged to others.
struct Link {
    channel: Channel,
    deliveries: Consumer,
    /// Received for a `take` that was cancelled.
    received: Vec<Delivery>,
    /// Delivery tags that were handed out and are not acknowledged.
    unacked: BTreeSet<u64>,
}

impl QueueSource {
    pub(super) async fn open(
        connection: SharedConnection,
        queue: ShortString,
        in_hand: u16,
    ) -> Result<QueueSource, Unavailable> {
        let mut source = QueueSource {
            connection,
            queue,
            // To the broker, none means any number.
            in_hand: in_hand.max(1),
            lane: 0,
            link: None,
        };
        source.link = Some(source.connect().await?);
        Ok(source)
    }

    async fn connect(&mut self) -> Result<Link, Unavailable> {
        let channel = self.connection.channel_to_consume().await?;
        let starting = async {
            channel
                .basic_qos(self.in_hand, BasicQosOptions::default())
                .await
                .map_err(gone)?;
            channel
                .basic_consume(
                    self.queue.clone(),
                    ShortString::default(),
                    BasicConsumeOptions::default(),
                    FieldTable::default(),
                )
                .await
                .map_err(gone)
        };
        let deliveries = answer_within(ANSWER_TIMEOUT, starting).await?;
        self.lane = self.lane.wrapping_add(1);
        Ok(Link {
            channel,
            deliveries,
            received: Vec::new(),
            unacked: BTreeSet::new(),
        })
    }
}

#[async_trait]
impl Source for QueueSource {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Delivery>, Unavailable> {
        let limit = limit.max(1);
        if self.link.is_none() {
            self.link = Some(self.connect().await?);
        }
        let lane = self.lane;
        let Some(link) = &mut self.link else {
            return Ok(Vec::new());
        };
        let received = link.receive(lane, limit, linger).await;
        if received.is_err() {
            self.link = None;
        }
        received
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<(), Unavailable> {
        let lane = self.lane;
        let Some(link) = &mut self.link else {
            return Ok(());
        };
        let tags = receipts.iter().filter(|receipt| receipt.lane == lane);
        let acknowledged = link.acknowledge(tags.map(|receipt| receipt.position)).await;
        if acknowledged.is_err() {
            self.link = None;
        }
        acknowledged
    }
}

impl Link {
    async fn receive(
        &mut self,
        lane: u32,
        limit: usize,
        linger: Duration,
    ) -> Result<Vec<Delivery>, Unavailable> {
        if self.received.is_empty() {
            let first = self.deliveries.next().await;
            self.receive_one(lane, first)?;
        }
        let deadline = Instant::now() + linger;
        while self.received.len() < limit {
            match timeout_at(deadline, self.deliveries.next()).await {
                Ok(next) => self.receive_one(lane, next)?,
                Err(_) => break,
            }
        }
        let rest = self.received.split_off(limit.min(self.received.len()));
        let taken = std::mem::replace(&mut self.received, rest);
        self.unacked
            .extend(taken.iter().map(|delivery| delivery.receipt.position));
        Ok(taken)
    }

    fn receive_one(
        &mut self,
        lane: u32,
        next: Option<lapin::Result<lapin::message::Delivery>>,
    ) -> Result<(), Unavailable> {
        let delivery = next
            .ok_or_else(|| Unavailable::new("RabbitMQ", "the broker ended the consumer"))?
            .map_err(gone)?;
        let (message, redeliveries) = envelope::message(&delivery);
        let receipt = Receipt {
            lane,
            position: delivery.delivery_tag,
        };
        self.received.push(Delivery {
            receipt,
            message,
            redeliveries,
        });
        Ok(())
    }

    /// One acknowledgement for the oldest deliveries, as far as all of them are settled, and one for each other. None
    /// is waited for before the next goes out: that costs more than half of the speed.
    async fn acknowledge(&mut self, tags: impl Iterator<Item = u64>) -> Result<(), Unavailable> {
        // A tag acknowledged twice would make the broker close the channel.
        let settled: BTreeSet<u64> = tags.filter(|tag| self.unacked.contains(tag)).collect();
        let oldest = self
            .unacked
            .iter()
            .zip(&settled)
            .take_while(|(a, b)| a == b)
            .count();
        let multiple = settled.iter().take(oldest).next_back().copied();
        self.unacked.retain(|tag| !settled.contains(tag));
        let single = settled.into_iter().skip(oldest);
        let acks = multiple
            .map(|tag| (tag, true))
            .into_iter()
            .chain(single.map(|tag| (tag, false)));
        let sent =
            acks.map(|(tag, multiple)| self.channel.basic_ack(tag, BasicAckOptions { multiple }));
        try_join_all(sent).await.map(|_| ()).map_err(gone)
    }
}
