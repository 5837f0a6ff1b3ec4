//! Reading a log from positions that the reader keeps itself.

use super::log::{LogFile, PARTITION};
use crate::{LogReader, Positions, Record, Topic, Unavailable};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::sync::watch;

/// Reads topics, each from its own offset.
pub(super) struct Reader {
    file: Arc<LogFile>,
    /// With the offset to read next.
    topics: Vec<(Topic, i64)>,
    changes: watch::Receiver<u64>,
    buffer: Vec<Record>,
}

impl Reader {
    /// Starts to read `topics` at `from`.
    ///
    /// # Errors
    /// The file cannot be used.
    pub async fn start(
        file: Arc<LogFile>,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Reader, Unavailable> {
        let mut lanes = Vec::new();
        for topic in topics {
            let next = from.0.get(&(*topic, PARTITION)).copied().unwrap_or(0);
            let end = file.end(*topic).await?;
            // A position of another log, such as of one that was deleted: everything is new.
            lanes.push((*topic, if next > end { 0 } else { next }));
        }
        Ok(Reader {
            changes: file.changes.subscribe(),
            file,
            topics: lanes,
            buffer: Vec::new(),
        })
    }

    async fn fetch(&mut self, limit: usize) -> Result<(), Unavailable> {
        for (topic, next) in &mut self.topics {
            let room = limit.saturating_sub(self.buffer.len());
            if room == 0 {
                break;
            }
            for (offset, message) in self.file.read(*topic, *next, room).await? {
                *next = offset + 1;
                self.buffer.push(Record {
                    topic: *topic,
                    partition: PARTITION,
                    offset,
                    message,
                });
            }
        }
        // The next time another topic is the first, so that a long one keeps none of the others back.
        if !self.topics.is_empty() {
            self.topics.rotate_left(1);
        }
        Ok(())
    }
}

#[async_trait]
impl LogReader for Reader {
    async fn take(&mut self, limit: usize, linger: Duration) -> Result<Vec<Record>, Unavailable> {
        let limit = limit.max(1);
        let mut lingered = false;
        loop {
            self.changes.mark_unchanged();
            self.fetch(limit).await?;
            if self.buffer.is_empty() {
                if self.changes.changed().await.is_err() {
                    // Cannot be: we hold the file, and the file the sender.
                    std::future::pending::<()>().await;
                }
            } else if self.buffer.len() >= limit || lingered {
                let count = limit.min(self.buffer.len());
                return Ok(self.buffer.drain(..count).collect());
            } else {
                tokio::time::sleep(linger).await;
                lingered = true;
            }
        }
    }
}
