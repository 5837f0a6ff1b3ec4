//! One try to send one mail.

use super::background::Background;
use super::claim_rows::{ClaimedMail, Tried};
use super::letter::{LetterError, LetterWriter};
use super::order_rows::SoldTicket;
use super::retry::SendLimits;
use super::transport::{MailTransport, Refusal};
use domain::{OrderId, Timestamp};
use lettre::Message;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// A claimed mail and its tickets.
pub(super) type Work = (ClaimedMail, sqlx::Result<Vec<SoldTicket>>);

/// Until when a mail is claimed, as its sender renews it. Ends when the claim has gone to another sender.
pub(super) struct Claim(pub watch::Receiver<Instant>);

impl Claim {
    /// Waits until the claim holds for `span` from now on. False: another sender has the mail.
    async fn holds_for(&mut self, span: Duration) -> bool {
        let holds = |until: &Instant| Instant::now() + span < *until;
        self.0.wait_for(holds).await.is_ok()
    }
}

/// What a try needs.
#[derive(Clone)]
pub(super) struct Attempt {
    pub writer: Arc<LetterWriter>,
    pub background: Background,
    pub transport: MailTransport,
    pub limits: SendLimits,
}

impl Attempt {
    /// Writes the mail and sends it. `None`: it has become another sender's before it was sent.
    pub async fn make(self, (mail, tickets): Work, mut claim: Claim) -> Option<Tried> {
        let (order_id, attempts) = (mail.order_id, mail.attempts);
        let result = match self.write(mail, tickets).await {
            Ok(letter) => {
                // Writing may have taken long, and nobody else is to send it at the same time.
                if !claim.holds_for(self.limits.dialogue).await {
                    tracing::warn!(%order_id, attempts, "another sender has this mail");
                    return None;
                }
                let timeouts = self.limits.smtp_timeouts(attempts);
                let name = order_id.to_string();
                self.transport.send(name, letter, timeouts).await
            }
            Err(refusal) => Err(refusal),
        };
        count(&result);
        Some(self.tried(order_id, attempts, result))
    }

    async fn write(
        &self,
        mail: ClaimedMail,
        tickets: sqlx::Result<Vec<SoldTicket>>,
    ) -> Result<Message, Refusal> {
        let refused = |permanent, why: String| Refusal { permanent, why };
        let tickets = tickets.map_err(|error| refused(true, error.to_string()))?;
        let writer = self.writer.clone();
        let writing = self.background.run(move || writer.write(&mail, &tickets));
        match timeout(self.limits.writing, writing).await {
            Ok(Ok(written)) => written.map_err(|error| {
                refused(!matches!(error, LetterError::NotYet(_)), error.to_string())
            }),
            Ok(Err(panicked)) => Err(refused(false, panicked.to_string())),
            Err(_) => Err(refused(false, "there was no time to write it".to_owned())),
        }
    }

    fn tried(&self, order_id: OrderId, attempts: u32, result: Result<(), Refusal>) -> Tried {
        if let Err(Refusal { permanent, why }) = &result {
            tracing::warn!(%order_id, attempts, permanent, why, "a mail was not sent");
        }
        let now = Timestamp::now();
        let (state, again, last_error) = match result {
            Ok(()) => ("sent", None, None),
            Err(refusal) => match self.limits.wait_after(attempts) {
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
