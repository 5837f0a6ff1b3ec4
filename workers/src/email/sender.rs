//! The loop that claims due mails, sends several at a time, and writes down what became of them.
//!
//! A turn is one transaction: results in, new claims out. While it commits, more mails are sent, whose results go into
//! the next turn: group commit, as for everything else.

use super::background::Background;
use super::letter::{LetterError, LetterWriter};
use super::mail_rows::{self, ClaimedMail, Tried};
use super::order_rows::{self, SoldTicket};
use super::outbox::{Outbox, Refusal};
use super::retry::SendLimits;
use domain::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use store::{Database, Trouble};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often to look for mails that became due without news: after a wait, or by another replica's doing.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long to go on with what is in hand when it is time to stop. The rest is due again after the lease.
const FINISH: Duration = Duration::from_secs(7);

/// Sends due mails.
pub struct Sender {
    database: Database,
    writer: Arc<LetterWriter>,
    background: Background,
    outbox: Outbox,
    limits: SendLimits,
    news: Arc<Notify>,
    /// Names this sender in its claims.
    id: String,
}

type Work = (ClaimedMail, Vec<SoldTicket>);

impl Sender {
    /// A sender of what is due in `database`, written in the `background`; `news` tells it when to look.
    pub fn new(
        database: Database,
        writer: Arc<LetterWriter>,
        background: Background,
        outbox: Outbox,
        limits: SendLimits,
        news: Arc<Notify>,
    ) -> Sender {
        Sender {
            database,
            writer,
            background,
            outbox,
            limits,
            news,
            id: Uuid::from_u128(rand::random()).to_string(),
        }
    }

    /// Works until `shutdown`, then finishes what is in hand.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut sending: JoinSet<Tried> = JoinSet::new();
        let mut tries: Vec<Tried> = Vec::new();
        while !shutdown.is_cancelled() {
            let free = self.limits.concurrency.saturating_sub(sending.len());
            let claimed = match self.turn(&tries, free).await {
                Ok(claimed) => {
                    tries.clear();
                    claimed
                }
                Err(trouble) => {
                    tracing::warn!(%trouble, "mails wait");
                    Vec::new()
                }
            };
            let idle = claimed.len() < free;
            for work in claimed {
                sending.spawn(self.attempt(work));
            }
            tokio::select! {
                Some(tried) = sending.join_next() => tries.extend(tried.ok()),
                () = self.news.notified(), if idle => {}
                () = tokio::time::sleep(LOOK_AGAIN), if idle => {}
                () = shutdown.cancelled() => {}
            }
            while let Some(tried) = sending.try_join_next() {
                tries.extend(tried.ok());
            }
        }
        self.finish(sending, tries).await;
    }

    /// Writes down `tries` and claims up to `free` mails.
    async fn turn(&self, tries: &[Tried], free: usize) -> Result<Vec<Work>, Trouble> {
        let dialect = self.database.dialect();
        let (now, lease) = (Timestamp::now(), self.limits.lease);
        let mut tx = self.database.begin().await?;
        mail_rows::settle(&mut tx, dialect, &self.id, tries).await?;
        let claimed = mail_rows::claim(&mut tx, dialect, &self.id, free, now, lease).await?;
        let orders = claimed.iter().map(|mail| mail.order_id);
        let mut tickets = if claimed.is_empty() {
            Default::default()
        } else {
            order_rows::tickets_of(&mut tx, dialect, orders).await?
        };
        tx.commit().await?;
        let with_tickets = |mail: ClaimedMail| {
            let tickets = tickets.remove(&mail.order_id).unwrap_or_default();
            (mail, tickets)
        };
        Ok(claimed.into_iter().map(with_tickets).collect())
    }

    /// Tries to send one mail; a future of its own, so that it goes on during turns.
    fn attempt(&self, (mail, tickets): Work) -> impl Future<Output = Tried> + Send + 'static {
        let (writer, outbox, limits) = (self.writer.clone(), self.outbox.clone(), self.limits);
        let background = self.background.clone();
        async move {
            let (order_id, attempts) = (mail.order_id, mail.attempts);
            let written = background.run(move || writer.write(&mail, &tickets)).await;
            let result = match written {
                Ok(Ok(letter)) => outbox.send(order_id.to_string(), letter).await,
                Ok(Err(error)) => Err(Refusal {
                    permanent: !matches!(error, LetterError::NotYet(_)),
                    why: error.to_string(),
                }),
                Err(panic) => Err(Refusal {
                    permanent: false,
                    why: panic.to_string(),
                }),
            };
            count(&result);
            if let Err(Refusal { permanent, why }) = &result {
                tracing::warn!(%order_id, attempts, permanent, why, "a mail was not sent");
            }
            let now = Timestamp::now();
            let (state, again, last_error) = match result {
                Ok(()) => ("sent", None, None),
                Err(refusal) => match limits.wait_after(attempts) {
                    Some(wait) if !refusal.permanent => ("due", Some(wait), Some(refusal.why)),
                    _ => ("failed", None, Some(refusal.why)),
                },
            };
            Tried {
                order_id,
                attempts,
                state,
                next_try_at: now.plus(again.unwrap_or_default()).micros(),
                last_error,
                decided_at: again.is_none().then_some(now.micros()),
            }
        }
    }

    async fn finish(&self, mut sending: JoinSet<Tried>, mut tries: Vec<Tried>) {
        let finishing = async {
            while let Some(tried) = sending.join_next().await {
                tries.extend(tried.ok());
            }
        };
        if tokio::time::timeout(FINISH, finishing).await.is_err() {
            tracing::warn!(mails = sending.len(), "stopped in the middle of mails");
        }
        if let Err(trouble) = self.turn(&tries, 0).await {
            tracing::warn!(%trouble, mails = tries.len(), "what became of mails is not written down");
        }
    }
}

/// `festflow_mails_total` by result.
fn count(result: &Result<(), Refusal>) {
    let result = match result {
        Ok(()) => "sent",
        Err(Refusal {
            permanent: true, ..
        }) => "refused",
        Err(_) => "later",
    };
    metrics::counter!("festflow_mails_total", "result" => result).increment(1);
}
