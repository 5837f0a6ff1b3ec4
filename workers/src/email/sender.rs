//! The loop that claims due mails, sends several at a time, and writes down what became of them.
//!
//! A turn is one transaction: results in, new claims out. A sender claims ahead, so that it has mails to send while a turn
//! commits, and a turn is for several: group commit, as for everything else.

use super::background::Background;
use super::letter::{LetterError, LetterWriter};
use super::mail_rows::{self, ClaimedMail, Tried};
use super::order_rows::{self, SoldTicket};
use super::outbox::{Outbox, Refusal};
use super::retry::SendLimits;
use domain::{OrderId, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::{Database, Trouble};
use tokio::sync::{Notify, Semaphore};
use tokio::task::{JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often to look for mails that became due without news: after a wait, or by another replica's doing.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// For each mail that is being sent, so many are claimed.
const AHEAD: usize = 4;

/// How long results and news wait for others, to share a turn.
const GATHER: Duration = Duration::from_millis(50);

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

/// Claimed, and not begun when it was time to stop.
struct NotBegun(OrderId);

/// What is in a sender's hands.
struct Hands {
    sending: JoinSet<Result<Tried, NotBegun>>,
    /// One for each mail that may be sent at the same time. Closed when no more are to be begun.
    places: Arc<Semaphore>,
    /// To be written down.
    tries: Vec<Tried>,
    not_begun: Vec<OrderId>,
}

impl Hands {
    fn take(&mut self, done: Result<Result<Tried, NotBegun>, JoinError>) {
        match done {
            Ok(Ok(tried)) => self.tries.push(tried),
            Ok(Err(NotBegun(order_id))) => self.not_begun.push(order_id),
            // It comes back after the lease.
            Err(error) => tracing::error!(%error, "a mail was dropped"),
        }
    }
}

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
        let mut hands = Hands {
            sending: JoinSet::new(),
            places: Arc::new(Semaphore::new(self.limits.concurrency)),
            tries: Vec::new(),
            not_begun: Vec::new(),
        };
        let most = self.limits.concurrency * AHEAD;
        while !shutdown.is_cancelled() {
            let free = most.saturating_sub(hands.sending.len());
            let claimed = match self.turn(&hands.tries, free).await {
                Ok(claimed) => {
                    hands.tries.clear();
                    claimed
                }
                Err(trouble) => {
                    tracing::warn!(%trouble, "mails wait");
                    Vec::new()
                }
            };
            let all = claimed.len() < free;
            for work in claimed {
                hands
                    .sending
                    .spawn(self.attempt(work, hands.places.clone()));
            }
            self.until_next_turn(&mut hands, all, &shutdown).await;
        }
        self.finish(hands).await;
    }

    /// Sends until half of what was claimed is done, or there is something to write down or to look for, and it has waited
    /// for others. `all`: nothing else was due.
    async fn until_next_turn(&self, hands: &mut Hands, all: bool, shutdown: &CancellationToken) {
        let enough = hands.sending.len().div_ceil(2);
        let mut turn = Instant::now() + LOOK_AGAIN;
        loop {
            tokio::select! {
                Some(done) = hands.sending.join_next() => hands.take(done),
                () = self.news.notified(), if all => {}
                () = tokio::time::sleep_until(turn) => return,
                () = shutdown.cancelled() => return,
            }
            if !all && hands.sending.len() <= enough {
                return;
            }
            turn = turn.min(Instant::now() + GATHER);
        }
    }

    /// Writes down `tries` and claims up to `free` mails.
    async fn turn(&self, tries: &[Tried], free: usize) -> Result<Vec<Work>, Trouble> {
        let dialect = self.database.dialect();
        let (now, lease) = (Timestamp::now(), self.limits.lease);
        let mut tx = self.database.begin().await?;
        mail_rows::settle(&mut tx, dialect, &self.id, tries).await?;
        let claimed = mail_rows::claim(&mut tx, dialect, &self.id, free, now, lease).await?;
        let orders: Vec<_> = claimed.iter().map(|mail| mail.order_id).collect();
        let mut tickets = if claimed.is_empty() {
            Default::default()
        } else {
            order_rows::tickets_of(&mut tx, dialect, &orders).await?
        };
        tx.commit().await?;
        let with_tickets = |mail: ClaimedMail| {
            let tickets = tickets.remove(&mail.order_id).unwrap_or_default();
            (mail, tickets)
        };
        Ok(claimed.into_iter().map(with_tickets).collect())
    }

    /// Tries to send one mail, when it has a place; a future of its own, so that it goes on during turns.
    fn attempt(
        &self,
        (mail, tickets): Work,
        places: Arc<Semaphore>,
    ) -> impl Future<Output = Result<Tried, NotBegun>> + Send + 'static {
        let (writer, outbox, limits) = (self.writer.clone(), self.outbox.clone(), self.limits);
        let background = self.background.clone();
        async move {
            let Ok(_place) = places.acquire_owned().await else {
                return Err(NotBegun(mail.order_id));
            };
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
            Ok(Tried {
                order_id,
                attempts,
                state,
                next_try_at: now.plus(again.unwrap_or_default()).micros(),
                last_error,
                decided_at: again.is_none().then_some(now.micros()),
            })
        }
    }

    async fn finish(&self, mut hands: Hands) {
        hands.places.close();
        let finishing = async {
            while let Some(done) = hands.sending.join_next().await {
                hands.take(done);
            }
        };
        if tokio::time::timeout(FINISH, finishing).await.is_err() {
            let mails = hands.sending.len();
            tracing::warn!(mails, "stopped in the middle of mails");
        }
        if let Err(trouble) = self.last_turn(&hands).await {
            let mails = hands.tries.len();
            tracing::warn!(%trouble, mails, "what became of mails is not written down");
        }
    }

    /// Writes down the last results, and gives back what was not begun.
    async fn last_turn(&self, hands: &Hands) -> Result<(), Trouble> {
        let (dialect, now) = (self.database.dialect(), Timestamp::now());
        let mut tx = self.database.begin().await?;
        mail_rows::settle(&mut tx, dialect, &self.id, &hands.tries).await?;
        mail_rows::give_back(&mut tx, dialect, &self.id, &hands.not_begun, now).await?;
        Ok(tx.commit().await?)
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
