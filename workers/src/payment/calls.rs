//! The calls to the gateway: all of a batch at the same time, none for too long.

use super::charge::{Decision, Intent, key};
use crate::gateway::{Gateway, GatewayError, Refund, RefundStatus};
use domain::{OrderId, PaymentId, Timestamp};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long calls may take.
#[derive(Clone, Copy, Debug)]
pub struct CallLimits {
    /// A call.
    pub call: Duration,
    /// A call that the other half of its batch waits for.
    pub stragglers: Duration,
}

impl Default for CallLimits {
    fn default() -> CallLimits {
        CallLimits {
            call: Duration::from_secs(2),
            stragglers: Duration::from_millis(250),
        }
    }
}

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

/// Makes all `calls`. A call that takes too long is given up, which leaves open what becomes of it.
pub(super) async fn make(gateway: &dyn Gateway, calls: &[Call], limits: CallLimits) -> Vec<Reply> {
    let began = Instant::now();
    let mut deadline = began + limits.call;
    let mut replies = Vec::with_capacity(calls.len());
    let mut answered = vec![false; calls.len()];
    let mut running: FuturesUnordered<_> = calls
        .iter()
        .enumerate()
        .map(|(index, call)| async move { (index, call.make(gateway).await) })
        .collect();
    loop {
        tokio::select! {
            biased;
            next = running.next() => {
                let Some((index, reply)) = next else { break };
                answered[index] = true;
                replies.push(reply);
                if replies.len() * 2 >= calls.len() {
                    deadline = deadline.min(Instant::now() + limits.stragglers);
                }
            }
            () = sleep_until(deadline) => break,
        }
    }
    let anybody = !replies.is_empty();
    for (call, _) in calls.iter().zip(answered).filter(|(_, answered)| !answered) {
        let waited = began.elapsed().as_millis();
        let why = format!("the payment gateway gave no answer in {waited} ms");
        // One that answers nobody in time is down, whatever it may be doing; one that answers others has trouble with this.
        replies.push(if anybody {
            Reply::Later(call.subject(), why)
        } else {
            Reply::Down(call.subject(), why)
        });
    }
    metrics::histogram!("festflow_gateway_batch_seconds").record(began.elapsed());
    replies
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
