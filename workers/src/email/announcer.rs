//! What no message caused keeps its row until it is done: announcing decided mails, and forgetting names.

use super::SOURCE;
use super::claim_rows::UnreadableMail;
use super::letter::KIND;
use super::mail_rows::{self, DecidedMail};
use crate::failure::failed;
use bus::{Failure, Message, Outputs, Topic};
use domain::event::{MailFailed, MailSent};
use domain::{Event, Timestamp};
use std::{collections::HashSet, sync::Arc};
use store::{Database, Trouble};

/// The most mails that are announced, or forgotten, at once.
const BATCH: i64 = 500;

/// Announces decided mails on the log.
#[derive(Clone)]
pub struct Announcer {
    database: Database,
    log: Arc<dyn bus::EventLog>,
}

impl Announcer {
    /// An announcer of what is decided in `database`.
    pub fn new(database: Database, log: Arc<dyn bus::EventLog>) -> Announcer {
        Announcer { database, log }
    }

    /// Announces all that is decided and not announced. A row that cannot be read is passed over for good: nobody could say
    /// what to announce.
    ///
    /// # Errors
    /// The database or the log cannot be used; what is not announced will be by the next call.
    pub async fn announce(&self) -> Result<(), Failure> {
        loop {
            let rows = self.unannounced().await.map_err(failed)?;
            if rows.is_empty() {
                return Ok(());
            }
            let mut done = Vec::with_capacity(rows.len());
            let mut announcements = Vec::with_capacity(rows.len());
            for row in rows {
                match row {
                    Ok(mail) => {
                        done.push(mail.order_id.to_string());
                        announcements.extend(announcement(&mail));
                    }
                    Err(UnreadableMail { order_id, why }) => {
                        tracing::error!(order_id, why, "what became of a mail cannot be read");
                        done.push(order_id);
                    }
                }
            }
            let appended = self.log.append(announcements).await;
            if let Err(not_appended) = &appended {
                // What is on the log is not put there again.
                let open = not_appended.rest.iter();
                let open: HashSet<&str> = open.map(|(_, message)| message.key.as_str()).collect();
                done.retain(|order_id| !open.contains(order_id.as_str()));
            }
            self.mark_announced(&done).await.map_err(failed)?;
            appended?;
        }
    }

    async fn unannounced(&self) -> Result<Vec<Result<DecidedMail, UnreadableMail>>, Trouble> {
        let mut connection = self.database.pool().acquire().await?;
        Ok(mail_rows::unannounced(&mut connection, BATCH).await?)
    }

    async fn mark_announced(&self, orders: &[String]) -> Result<(), Trouble> {
        let mut tx = self.database.begin().await?;
        mail_rows::mark_announced(&mut tx, self.database.dialect(), orders).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets names and addresses as the topic `buyers` does: a few in each transaction, so that nobody waits for it.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn forget(&self, now: Timestamp) -> Result<(), Failure> {
        let Some(kept) = Topic::Buyers.retention() else {
            return Ok(());
        };
        let micros = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
        let before = Timestamp::from_micros(now.micros().saturating_sub(micros));
        while self.forget_some(before).await.map_err(failed)? > 0 {}
        Ok(())
    }

    async fn forget_some(&self, before: Timestamp) -> Result<u64, Trouble> {
        let mut tx = self.database.begin().await?;
        let forgotten = mail_rows::forget(&mut tx, before, BATCH).await?;
        tx.commit().await?;
        Ok(forgotten)
    }
}

/// The event, with an id that follows from the order: whoever announces it again says the same.
fn announcement(mail: &DecidedMail) -> Vec<(Topic, Message)> {
    let (order_id, timestamp, attempts) = (mail.order_id, mail.at, mail.attempts);
    let kind = KIND.to_owned();
    let event: Event = if mail.sent {
        MailSent {
            timestamp,
            order_id,
            kind,
            attempts,
        }
        .into()
    } else {
        MailFailed {
            timestamp,
            order_id,
            kind,
            attempts,
            error: mail.last_error.clone().unwrap_or_default(),
        }
        .into()
    };
    let mut outputs = Outputs::default();
    let cause = order_id.message(&format!("MAIL/{KIND}"));
    outputs.event(SOURCE, cause.caused(event.kind(), 0), &event);
    outputs.events
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::email::MIGRATIONS;
    use crate::story;
    use crate::support::{Place, plan};

    story! {
        /// However many names are kept, forgetting goes by an index to those whose time is over, a few at a time.
        async fn forgetting_reads_what_is_over_and_no_more(place: &Place) {
            let database = place.database("email", MIGRATIONS).await;
            let sql = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) \
                INSERT INTO mails (order_id, email, name, state, attempts, next_try_at, noted_at, decided_at, announced) \
                SELECT CAST(i AS TEXT), 'kim@example.org', 'Kim', 'sent', 1, 1, 1, CASE WHEN i <= 600 THEN 5 ELSE 1000 END, 1 \
                FROM n";
            sqlx::query(sql).execute(database.pool()).await.unwrap();
            let plan = plan(&database, mail_rows::FORGET, &[2, BATCH]).await;
            assert!(plan.reads_only_by("mails_to_forget"), "{plan:?}");
            let log = bus::open_log(
                &format!("sqlite:{}", place.directory().join("log.db").display()),
                &bus::BusOptions::default(),
            );
            let announcer = Announcer::new(database.clone(), log.unwrap());
            let before = Timestamp::from_micros(10);
            let forgotten = async || announcer.forget_some(before).await.unwrap();
            assert_eq!((forgotten().await, forgotten().await, forgotten().await), (500, 100, 0));
        }
    }
}
