//! The loop that claims due mails, sends several at a time, and writes down what became of them.
//!
//! A turn is one transaction: results in, claims renewed, new claims out. Only what can be sent now is claimed, so a mail
//! never waits in the hands of a sender that has no time for it. A claim is short, for the sake of those whose sender is
//! killed, and is renewed while its mail is in hand, for the sake of servers that think long about a mail.

use super::attempt::{Attempt, Claim, Work};
use super::background::Background;
use super::claim_rows::{self, ClaimedMail, Tried};
use super::letter::LetterWriter;
use super::order_rows;
use super::retry::SendLimits;
use super::transport::MailTransport;
use domain::{OrderId, Timestamp};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use store::{Database, Trouble, Tx};
use tokio::sync::{Notify, watch};
use tokio::task::{self, JoinError, JoinSet};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often to look for mails that became due without news (after a wait, or by another replica's doing), and at claims that
/// are to be renewed.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long results and news wait for others, to share a turn.
const GATHER: Duration = Duration::from_millis(50);

/// How long to go on with what is in hand when it is time to stop. The rest is due again after the lease.
const FINISH_TIMEOUT: Duration = Duration::from_secs(7);

/// How long writing down the last results may take then.
const LAST_TURN_TIMEOUT: Duration = Duration::from_secs(2);

/// Sends due mails.
pub struct Sender {
    database: Database,
    attempt: Attempt,
    news: Arc<Notify>,
    /// Names this sender in its claims.
    id: String,
}

/// A mail that is being sent.
struct InHand {
    order_id: OrderId,
    attempts: u32,
    claimed_until: watch::Sender<Instant>,
}

/// What is in a sender's hands.
struct Hands {
    sending: JoinSet<Option<Tried>>,
    /// Those that are being sent and still this sender's, by their tasks.
    claims: HashMap<task::Id, InHand>,
    /// When all claims were renewed last.
    renewed: Instant,
    /// To be written down.
    tries: Vec<Tried>,
}

impl Hands {
    fn take(&mut self, done: Result<(task::Id, Option<Tried>), JoinError>) {
        let task = match done {
            Ok((task, tried)) => {
                self.tries.extend(tried);
                task
            }
            // It comes back after the lease.
            Err(error) => {
                tracing::error!(%error, "a mail was dropped");
                error.id()
            }
        };
        self.claims.remove(&task);
    }

    /// The claims on the mails of `orders` hold `until` then; those on others are gone.
    fn renewed(&mut self, orders: &HashSet<OrderId>, until: Instant) {
        self.renewed = Instant::now();
        self.claims
            .retain(|_, mail| orders.contains(&mail.order_id));
        for mail in self.claims.values() {
            mail.claimed_until.send_replace(until);
        }
    }
}

impl Sender {
    /// A sender of what is due in `database`, written in the `background`; `news` tells it when to look.
    pub fn new(
        database: Database,
        writer: Arc<LetterWriter>,
        background: Background,
        transport: MailTransport,
        limits: SendLimits,
        news: Arc<Notify>,
    ) -> Sender {
        Sender {
            database,
            attempt: Attempt {
                writer,
                background,
                transport,
                limits,
            },
            news,
            id: Uuid::from_u128(rand::random()).to_string(),
        }
    }

    /// Works until `shutdown`, then finishes what is in hand.
    pub async fn run(self, shutdown: CancellationToken) {
        let mut hands = Hands {
            sending: JoinSet::new(),
            claims: HashMap::new(),
            renewed: Instant::now(),
            tries: Vec::new(),
        };
        loop {
            let turn = store::within_limit(self.turn(&mut hands));
            let Some(turn) = shutdown.run_until_cancelled(turn).await else {
                break;
            };
            let more = turn.unwrap_or_else(|trouble| {
                tracing::warn!(%trouble, "mails wait");
                false
            });
            self.until_next_turn(&mut hands, more, &shutdown).await;
        }
        self.finish(hands).await;
    }

    /// Sends until half of all places can be taken by `more` that may be due, or there is something to write down or to look
    /// for, and it has waited for others.
    async fn until_next_turn(&self, hands: &mut Hands, more: bool, shutdown: &CancellationToken) {
        let half = self.attempt.limits.concurrency.div_ceil(2);
        let mut turn = Instant::now() + LOOK_AGAIN;
        loop {
            tokio::select! {
                Some(done) = hands.sending.join_next_with_id() => hands.take(done),
                () = self.news.notified(), if !more => {}
                () = tokio::time::sleep_until(turn) => return,
                () = shutdown.cancelled() => return,
            }
            if more && hands.tries.len() >= half {
                return;
            }
            turn = turn.min(Instant::now() + GATHER);
        }
    }

    /// Writes down what is done, renews claims, and claims and begins as many mails as there are places for. Says whether
    /// more may be due.
    async fn turn(&self, hands: &mut Hands) -> Result<bool, Trouble> {
        let limits = &self.attempt.limits;
        let (now, until) = (Timestamp::now(), Instant::now() + limits.lease);
        let free = limits.concurrency.saturating_sub(hands.sending.len());
        let mut tx = self.database.begin().await?;
        let dialect = self.database.dialect();
        claim_rows::settle(&mut tx, dialect, &self.id, &hands.tries).await?;
        let renewed = if hands.renewed.elapsed() < limits.renewal() {
            None
        } else {
            Some(self.renew(&mut tx, hands, now).await?)
        };
        let claimed = self.claim(&mut tx, free, now).await?;
        tx.commit().await?;
        hands.tries.clear();
        if let Some(renewed) = renewed {
            hands.renewed(&renewed, until);
        }
        let more = claimed.len() == free;
        for work in claimed {
            let (order_id, attempts) = (work.0.order_id, work.0.attempts);
            let (claimed_until, claim) = watch::channel(until);
            let attempt = self.attempt.clone().make(work, Claim(claim));
            let task = hands.sending.spawn(attempt).id();
            let mail = InHand {
                order_id,
                attempts,
                claimed_until,
            };
            hands.claims.insert(task, mail);
        }
        Ok(more)
    }

    /// Renews the claims on all that is in hand; says which ones are still this sender's.
    async fn renew(
        &self,
        tx: &mut Tx,
        hands: &Hands,
        now: Timestamp,
    ) -> Result<HashSet<OrderId>, Trouble> {
        let claims = hands.claims.values();
        let mut mails: Vec<_> = claims.map(|mail| (mail.order_id, mail.attempts)).collect();
        mails.sort_unstable();
        let until = now.plus(self.attempt.limits.lease);
        let dialect = self.database.dialect();
        Ok(claim_rows::renew(tx, dialect, &self.id, &mails, until).await?)
    }

    /// Claims up to `free` mails. Those that cannot be read are given up, and take no place.
    async fn claim(&self, tx: &mut Tx, free: usize, now: Timestamp) -> Result<Vec<Work>, Trouble> {
        let dialect = self.database.dialect();
        let lease = self.attempt.limits.lease;
        let mut mails = Vec::new();
        loop {
            let places = free - mails.len();
            let more = claim_rows::claim(tx, dialect, &self.id, places, now, lease).await?;
            mails.extend(more.mails);
            if more.unreadable.is_empty() {
                break;
            }
            for mail in &more.unreadable {
                tracing::error!(
                    order_id = mail.order_id,
                    why = mail.why,
                    "a mail cannot be read"
                );
            }
            claim_rows::give_up(tx, dialect, &more.unreadable, now).await?;
        }
        let orders: Vec<_> = mails.iter().map(|mail| mail.order_id).collect();
        let mut tickets = order_rows::tickets_of(tx, dialect, &orders).await?;
        let with_tickets = |mail: ClaimedMail| {
            let tickets = tickets.remove(&mail.order_id);
            (mail, tickets.unwrap_or_else(|| Ok(Vec::new())))
        };
        Ok(mails.into_iter().map(with_tickets).collect())
    }

    async fn finish(&self, mut hands: Hands) {
        let finishing = async {
            while let Some(done) = hands.sending.join_next_with_id().await {
                hands.take(done);
            }
        };
        if tokio::time::timeout(FINISH_TIMEOUT, finishing)
            .await
            .is_err()
        {
            let mails = hands.sending.len();
            tracing::warn!(mails, "stopped in the middle of mails");
        }
        let writing_down = tokio::time::timeout(LAST_TURN_TIMEOUT, self.last_turn(&hands.tries));
        let trouble = match writing_down.await {
            Ok(Ok(())) => return,
            Ok(Err(trouble)) => trouble.to_string(),
            Err(elapsed) => elapsed.to_string(),
        };
        let mails = hands.tries.len();
        tracing::warn!(trouble, mails, "what became of mails is not written down");
    }

    async fn last_turn(&self, tries: &[Tried]) -> Result<(), Trouble> {
        let mut tx = self.database.begin().await?;
        claim_rows::settle(&mut tx, self.database.dialect(), &self.id, tries).await?;
        Ok(tx.commit().await?)
    }
}
