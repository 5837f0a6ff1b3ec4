//! A consumer of a queue: takes work by claiming it in the file.

use super::{
    json::json_numbers,
    queue::QueueFile,
    queue_jobs::{ConsumerId, QueueJob},
    writer::{Answer, Asked},
};
use crate::{Delivery, Message, Queue, Receipt, Source, Unavailable};
use async_trait::async_trait;
use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};
use tokio::sync::watch;

/// Takes work from a queue. What it has goes back when it is dropped.
pub(super) struct Consumer {
    file: Arc<QueueFile>,
    queue: Queue,
    in_hand: usize,
    changes: watch::Receiver<u64>,
    id: ConsumerId,
    /// Which of its lives this is: after trouble it begins anew, and receipts of before are worth nothing.
    lane: u32,
    broken: bool,
    /// A claim that was asked for.
    asked: Option<Asked<Vec<i64>>>,
    /// Claimed, and not yet read.
    claimed: Vec<i64>,
    /// Read, and not yet given out.
    buffer: VecDeque<Delivery>,
    /// Everything claimed and not settled.
    unsettled: HashSet<i64>,
}

impl Consumer {
    /// Joins the consumers of `queue`.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn join(
        file: Arc<QueueFile>,
        queue: Queue,
        in_hand: u16,
    ) -> Result<Consumer, Unavailable> {
        let mut consumer = Consumer {
            changes: file.changes.watch(queue),
            file,
            queue,
            in_hand: usize::from(in_hand.max(1)),
            id: 0,
            lane: 0,
            broken: false,
            asked: None,
            claimed: Vec::new(),
            buffer: VecDeque::new(),
            unsettled: HashSet::new(),
        };
        consumer.begin().await?;
        Ok(consumer)
    }

    /// Begins a new life with nothing in hand.
    async fn begin(&mut self) -> Result<(), Unavailable> {
        if self.lane > 0 {
            self.leave();
        }
        self.asked = None;
        self.claimed.clear();
        self.buffer.clear();
        self.unsettled.clear();
        self.lane = self.lane.wrapping_add(1);
        // Set before it is written: if this call is dropped half way, the next one leaves under this name.
        self.broken = true;
        self.id = rand::random::<i64>();
        let (consumer, queue) = (self.id, self.queue);
        self.file
            .writer
            .ask(|answer| QueueJob::Join {
                consumer,
                queue,
                answer,
            })
            .await?;
        self.broken = false;
        Ok(())
    }

    fn leave(&self) {
        let (consumer, queue) = (self.id, self.queue);
        self.file
            .writer
            .give_if_started(QueueJob::Leave { consumer, queue });
    }

    /// Claims and reads up to `limit` more, as far as there is room in hand.
    async fn fetch(&mut self, limit: usize) -> Result<(), Unavailable> {
        let room = self.in_hand.saturating_sub(self.unsettled.len());
        let limit = limit.min(room);
        if self.asked.is_none() && self.claimed.is_empty() && limit > 0 {
            let (answer, asked) = Answer::new();
            let (consumer, queue) = (self.id, self.queue);
            let claim = QueueJob::Claim {
                consumer,
                queue,
                limit,
                answer,
            };
            self.file.writer.give(claim).await;
            self.asked = Some(asked);
        }
        if let Some(asked) = &mut self.asked {
            let answer = asked.await;
            self.asked = None;
            self.claimed = self.file.writer.received(answer)?;
            self.unsettled.extend(&self.claimed);
        }
        if !self.claimed.is_empty() {
            let deliveries = self.read().await?;
            self.claimed.clear();
            self.buffer.extend(deliveries);
        }
        Ok(())
    }

    async fn read(&self) -> Result<Vec<Delivery>, Unavailable> {
        let rows: Vec<(i64, u32, String)> = sqlx::query_as(
            "SELECT seq, redeliveries, body
             FROM json_each($1) CROSS JOIN messages ON seq = value ORDER BY seq",
        )
        .bind(json_numbers(&self.claimed))
        .fetch_all(self.file.readers().await?)
        .await
        .map_err(|error| self.file.database.unavailable(error))?;
        let delivery = |(seq, redeliveries, body): (i64, u32, String)| Delivery {
            receipt: Receipt {
                lane: self.lane,
                position: seq.unsigned_abs(),
            },
            message: parse(&body),
            redeliveries,
        };
        Ok(rows.into_iter().map(delivery).collect())
    }

    async fn try_take(
        &mut self,
        limit: usize,
        linger: Duration,
    ) -> Result<Vec<Delivery>, Unavailable> {
        let mut lingered = false;
        loop {
            self.changes.mark_unchanged();
            self.fetch(limit.saturating_sub(self.buffer.len())).await?;
            let full = self.buffer.len() >= limit || self.unsettled.len() >= self.in_hand;
            if self.buffer.is_empty() {
                self.wait().await;
            } else if full || lingered {
                let count = limit.min(self.buffer.len());
                return Ok(self.buffer.drain(..count).collect());
            } else {
                tokio::time::sleep(linger).await;
                lingered = true;
            }
        }
    }

    /// Until there may be something to claim.
    async fn wait(&mut self) {
        if self.unsettled.len() >= self.in_hand || self.changes.changed().await.is_err() {
            // Only a settlement makes room, and that needs this source.
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Source for Consumer {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Delivery>, Unavailable> {
        if self.broken {
            self.begin().await?;
        }
        let taken = self.try_take(limit.max(1), linger).await;
        self.broken = taken.is_err();
        taken
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<(), Unavailable> {
        let messages: Vec<i64> = receipts
            .iter()
            .filter(|receipt| receipt.lane == self.lane && !self.broken)
            .filter_map(|receipt| i64::try_from(receipt.position).ok())
            .filter(|seq| self.unsettled.remove(seq))
            .collect();
        if messages.is_empty() {
            return Ok(());
        }
        let (consumer, queue) = (self.id, self.queue);
        let settled = self
            .file
            .writer
            .ask(|answer| QueueJob::Settle {
                consumer,
                queue,
                messages,
                answer,
            })
            .await;
        self.broken = settled.is_err();
        settled
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        self.leave();
    }
}

/// A body that is no message is handed on as it is, so that it ends in the dead letters.
pub(super) fn parse(body: &str) -> Message {
    serde_json::from_str(body).unwrap_or_else(|_| Message::from_parts(None, [], body.as_bytes()))
}
