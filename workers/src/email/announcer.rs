//! What no message caused keeps its row until it is done: announcing decided mails, and forgetting names.

use super::SOURCE;
use super::letter::KIND;
use super::mail_rows::{self, DecidedMail};
use crate::failure::failed;
use bus::{Failure, Message, Outputs, Topic};
use domain::event::{MailFailed, MailSent};
use domain::{Event, Timestamp};
use std::{collections::HashSet, sync::Arc};
use store::{Database, Trouble};

/// The most mails that are announced at once.
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

    /// Announces all that is decided and not announced.
    ///
    /// # Errors
    /// The database or the log cannot be used; what is not announced will be by the next call.
    pub async fn announce(&self) -> Result<(), Failure> {
        loop {
            let mut mails = self.unannounced().await.map_err(failed)?;
            if mails.is_empty() {
                return Ok(());
            }
            let announcements = mails.iter().flat_map(announcement).collect();
            let appended = self.log.append(announcements).await;
            if let Err(not_appended) = &appended {
                // What is on the log is not put there again.
                let open = not_appended.rest.iter();
                let open: HashSet<&str> = open.map(|(_, message)| message.key.as_str()).collect();
                mails.retain(|mail| !open.contains(mail.order_id.to_string().as_str()));
            }
            self.mark_announced(&mails).await.map_err(failed)?;
            appended?;
        }
    }

    async fn unannounced(&self) -> Result<Vec<DecidedMail>, Trouble> {
        let mut connection = self.database.pool().acquire().await?;
        Ok(mail_rows::unannounced(&mut connection, BATCH).await?)
    }

    async fn mark_announced(&self, mails: &[DecidedMail]) -> Result<(), Trouble> {
        let mut tx = self.database.begin().await?;
        mail_rows::mark_announced(&mut tx, self.database.dialect(), mails).await?;
        Ok(tx.commit().await?)
    }

    /// Forgets names and addresses as the topic `buyers` does.
    ///
    /// # Errors
    /// The database cannot be used.
    pub async fn forget(&self, now: Timestamp) -> Result<(), Failure> {
        let Some(kept) = Topic::Buyers.retention() else {
            return Ok(());
        };
        let micros = i64::try_from(kept.as_micros()).unwrap_or(i64::MAX);
        let before = Timestamp::from_micros(now.micros().saturating_sub(micros));
        let forgotten = async {
            let mut tx = self.database.begin().await?;
            mail_rows::forget(&mut tx, before).await?;
            Ok::<_, Trouble>(tx.commit().await?)
        };
        forgotten.await.map_err(failed)
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
