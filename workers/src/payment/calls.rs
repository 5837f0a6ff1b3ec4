//! The calls to the gateway: all of a batch at the same time, none for too long.

use super::charge::{Decision, Intent, key};
use crate::gateway::{Gateway, GatewayError, Refund, RefundStatus};
use domain::{OrderId, PaymentId, Timestamp};
use futures_util::future::join_all;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// A key that nothing has ever been charged under.
const NOBODYS_KEY: &str = "probe";

/// What to ask the gateway.
pub(super) enum Call {
    /// To charge, for the first time.
    Charge(OrderId, Intent),
    /// What became of a charge that somebody may have asked for; and to charge, if nobody has.
    Resolve(OrderId, Intent),
    /// Never to charge.
    Cancel(OrderId),
    /// To give money back.
    Refund(PaymentId, Refund),
}

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Payment(OrderId),
    Refund(PaymentId),
}

/// What the gateway said.
#[derive(Debug)]
pub(super) enum Reply {
    Payment(OrderId, Decision),
    Refund(PaymentId, RefundStatus),
    /// Nothing that decides; try again later.
    Later(Subject, String),
    /// Nobody answers at all.
    Down(Subject, String),
}

/// Makes all `calls`, none of which is waited for longer than `limit`. One that is given up leaves open what becomes of it,
/// and is the trouble of its message alone: a bank may take its time. The gateway is down only when it answers nobody, not
/// even a question that every living gateway answers.
pub(super) async fn make(gateway: &dyn Gateway, calls: &[Call], limit: Duration) -> Vec<Reply> {
    let began = Instant::now();
    let making = calls.iter().map(|call| async move {
        let reply = timeout(limit, call.make(gateway)).await;
        reply.map_err(|_| (call.subject(), no_answer(limit)))
    });
    let replies: Vec<Result<Reply, (Subject, String)>> = join_all(making).await;
    let some_silent = replies.iter().any(Result::is_err);
    let some_answered = replies
        .iter()
        .flatten()
        .any(|reply| !matches!(reply, Reply::Down(..)));
    let is_alive = some_answered || (some_silent && answers_anybody(gateway, limit).await);
    metrics::histogram!("festflow_gateway_batch_seconds").record(began.elapsed());
    let silent = |(subject, why)| match is_alive {
        true => Reply::Later(subject, why),
        false => Reply::Down(subject, why),
    };
    let replies = replies.into_iter();
    replies.map(|reply| reply.unwrap_or_else(silent)).collect()
}

async fn answers_anybody(gateway: &dyn Gateway, limit: Duration) -> bool {
    let answer = timeout(limit, gateway.lookup(NOBODYS_KEY)).await;
    !matches!(answer, Err(_) | Ok(Err(GatewayError::Down(_))))
}

fn no_answer(limit: Duration) -> String {
    let waited = limit.as_millis();
    format!("the payment gateway gave no answer in {waited} ms")
}

impl Call {
    fn subject(&self) -> Subject {
        match self {
            Call::Charge(order_id, _) | Call::Resolve(order_id, _) | Call::Cancel(order_id) => {
                Subject::Payment(*order_id)
            }
            Call::Refund(payment_id, _) => Subject::Refund(*payment_id),
        }
    }

    async fn make(&self, gateway: &dyn Gateway) -> Reply {
        let subject = self.subject();
        match self.ask(gateway).await {
            Ok(reply) => reply,
            Err(GatewayError::Down(why)) => Reply::Down(subject, why),
            Err(error @ (GatewayError::Busy(_) | GatewayError::Lost(_))) => {
                Reply::Later(subject, error.to_string())
            }
        }
    }

    async fn ask(&self, gateway: &dyn Gateway) -> Result<Reply, GatewayError> {
        let (order_id, status) = match self {
            Call::Refund(payment_id, refund) => {
                let status = gateway.refund(refund).await?;
                return Ok(Reply::Refund(*payment_id, status));
            }
            Call::Charge(order_id, intent) => {
                (order_id, gateway.charge(&intent.charge(*order_id)).await?)
            }
            Call::Cancel(order_id) => (order_id, gateway.cancel(&key(*order_id)).await?),
            Call::Resolve(order_id, intent) => {
                let status = match gateway.lookup(&key(*order_id)).await? {
                    Some(status) => status,
                    // Not simply "expired": somebody else may be about to call.
                    None if intent.expires_at <= Timestamp::now() => {
                        gateway.cancel(&key(*order_id)).await?
                    }
                    None => gateway.charge(&intent.charge(*order_id)).await?,
                };
                (order_id, status)
            }
        };
        Ok(match Decision::of(status) {
            Some(decision) => Reply::Payment(*order_id, decision),
            None => Reply::Later(
                Subject::Payment(*order_id),
                "the payment gateway is still at it".to_owned(),
            ),
        })
    }
}
