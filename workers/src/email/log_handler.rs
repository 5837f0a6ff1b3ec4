//! Reads the log and notes what mails are made of.

use super::facts::Facts;
use super::{mail_rows, order_rows};
use crate::failure::failed;
use async_trait::async_trait;
use bus::{Failure, Handler, Message, Outcome};
use domain::Timestamp;
use std::sync::Arc;
use store::{Database, Trouble};
use tokio::sync::Notify;

/// Handles `analytics_topic` and `buyers` for the consumer group `email`.
pub struct EmailLogHandler {
    database: Database,
    news: Arc<Notify>,
}

impl EmailLogHandler {
    /// A handler that tells `news` when a mail may have become due.
    pub fn new(database: Database, news: Arc<Notify>) -> EmailLogHandler {
        EmailLogHandler { database, news }
    }

    async fn note(&self, facts: &Facts) -> Result<(), Trouble> {
        let dialect = self.database.dialect();
        let mut tx = self.database.begin().await?;
        order_rows::note_types(&mut tx, dialect, facts).await?;
        order_rows::note_tickets(&mut tx, dialect, facts).await?;
        mail_rows::note(&mut tx, dialect, facts, Timestamp::now()).await?;
        tx.commit().await?;
        Ok(())
    }
}

#[async_trait]
impl Handler for EmailLogHandler {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let mut facts = Facts::default();
        let outcomes = batch
            .iter()
            .map(|message| match facts.read(message) {
                Ok(()) => Outcome::nothing(),
                Err(malformed) => Outcome::Reject(malformed.into()),
            })
            .collect();
        let nothing = facts.types.is_empty() && facts.tickets.is_empty() && facts.orders.is_empty();
        if !nothing {
            self.note(&facts).await.map_err(failed)?;
        }
        if !facts.orders.is_empty() {
            self.news.notify_one();
        }
        Ok(outcomes)
    }
}
