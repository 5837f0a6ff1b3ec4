//! A member of a consumer group.

use super::{
    locks::{Baton, blocking},
    log::LogFile,
    log_jobs::LogJob,
};
use crate::{Delivery, Receipt, Source, Topic, Unavailable};
use async_trait::async_trait;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::watch;

/// How often a member that stands by looks whether the one who reads is still alive.
const STANDBY: Duration = Duration::from_millis(50);

/// Reads topics for its group: each is read by the member that holds its baton, and the others stand by.
pub(super) struct Member {
    file: Arc<LogFile>,
    /// As it is called in the file.
    group: String,
    lanes: Vec<Lane>,
    changes: watch::Receiver<u64>,
    /// Which of its lives this is: after trouble it begins anew, and receipts of before are worth nothing.
    life: u32,
    broken: bool,
    buffer: Vec<Delivery>,
}

struct Lane {
    topic: Topic,
    baton: Baton,
    /// The offset to read next; known when the baton is held.
    next: Option<i64>,
}

impl Member {
    /// Joins `group`.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn join(
        file: Arc<LogFile>,
        group: &str,
        topics: &[Topic],
    ) -> Result<Member, Unavailable> {
        file.readers().await?;
        let group = file.topics.group(group);
        let mut lanes = Vec::new();
        for topic in topics {
            let folder = file.database.locks();
            let name = format!("group {group} {}", file.topics.of(*topic).name);
            let name = utf8_percent_encode(&name, NON_ALPHANUMERIC).to_string();
            let baton = blocking(move || Baton::new(&folder, &name))
                .await
                .map_err(|error| file.database.unavailable(error))?;
            lanes.push(Lane {
                topic: *topic,
                baton,
                next: None,
            });
        }
        Ok(Member {
            changes: file.changes.subscribe(),
            file,
            group,
            lanes,
            life: 0,
            broken: false,
            buffer: Vec::new(),
        })
    }

    async fn fetch(&mut self, limit: usize) -> Result<(), Unavailable> {
        for lane in &mut self.lanes {
            let held = lane
                .baton
                .take()
                .map_err(|error| self.file.database.unavailable(error))?;
            let room = limit.saturating_sub(self.buffer.len());
            if !held || room == 0 {
                continue;
            }
            let next = match lane.next {
                Some(next) => next,
                // Read only now: the member before us may have settled up to its last moment.
                None => self
                    .file
                    .position(&self.group, lane.topic)
                    .await?
                    .unwrap_or(0),
            };
            lane.next = Some(next);
            for (offset, message) in self.file.read(lane.topic, next, room).await? {
                lane.next = Some(offset + 1);
                self.buffer.push(Delivery {
                    receipt: receipt(self.life, lane.topic, offset),
                    message,
                    redeliveries: 0,
                });
            }
        }
        // The next time another topic is the first, so that a long one keeps none of the others back.
        if !self.lanes.is_empty() {
            self.lanes.rotate_left(1);
        }
        Ok(())
    }

    async fn try_take(
        &mut self,
        limit: usize,
        linger: Duration,
    ) -> Result<Vec<Delivery>, Unavailable> {
        let mut lingered = false;
        loop {
            self.changes.mark_unchanged();
            self.fetch(limit).await?;
            if self.buffer.is_empty() {
                self.wait().await;
            } else if self.buffer.len() >= limit || lingered {
                let count = limit.min(self.buffer.len());
                return Ok(self.buffer.drain(..count).collect());
            } else {
                tokio::time::sleep(linger).await;
                lingered = true;
            }
        }
    }

    /// Until there may be something to read, or somebody's baton is free.
    async fn wait(&mut self) {
        let stands_by = self.lanes.iter().any(|lane| lane.next.is_none());
        let changed = async {
            if self.changes.changed().await.is_err() {
                // Cannot be: we hold the file, and the file the sender.
                std::future::pending::<()>().await;
            }
        };
        if stands_by {
            // Running out is what it is for.
            let _ = tokio::time::timeout(STANDBY, changed).await;
        } else {
            changed.await;
        }
    }

    /// Begins anew behind what the group has settled.
    fn begin(&mut self) {
        self.life = self.life.wrapping_add(1);
        self.buffer.clear();
        self.lanes.iter_mut().for_each(|lane| lane.next = None);
        self.broken = false;
    }
}

#[async_trait]
impl Source for Member {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Delivery>, Unavailable> {
        if self.broken {
            self.begin();
        }
        let taken = self.try_take(limit.max(1), linger).await;
        self.broken = taken.is_err();
        taken
    }

    async fn settle(&mut self, receipts: &[Receipt]) -> Result<(), Unavailable> {
        let mut positions = BTreeMap::new();
        for settled in receipts {
            let lane = self.lanes.iter().find(|lane| {
                receipt(self.life, lane.topic, 0).lane == settled.lane && !self.broken
            });
            if let (Some(lane), Ok(offset)) = (lane, i64::try_from(settled.position)) {
                let next = positions.entry(lane.topic).or_insert(0);
                *next = offset.saturating_add(1).max(*next);
            }
        }
        if positions.is_empty() {
            return Ok(());
        }
        let group = self.group.clone();
        let settled = self
            .file
            .writer
            .ask(|answer| LogJob::Commit {
                group,
                positions,
                answer,
            })
            .await;
        self.broken = settled.is_err();
        settled
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        // First the batons, then the news: who stands by takes over at once.
        self.lanes.clear();
        self.file.changes.send_modify(|count| *count += 1);
    }
}

/// The receipt of a record that was read in the member's `life`th life.
fn receipt(life: u32, topic: Topic, offset: i64) -> Receipt {
    let topics = Topic::ALL.len();
    let number = Topic::ALL
        .iter()
        .position(|known| *known == topic)
        .unwrap_or(0);
    Receipt {
        lane: life.wrapping_mul(u32::try_from(topics).unwrap_or(1))
            + u32::try_from(number).unwrap_or(0),
        position: offset.unsigned_abs(),
    }
}
