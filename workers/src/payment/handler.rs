//! A batch of commands: note, call, settle, answer.

use super::calls::{self, Call, Reply, Subject};
use super::charge::State;
use super::refund::RefundState;
use super::request::{About, Requests};
use super::store::{Answers, Standing, Store};
use crate::failure::failed;
use crate::gateway::Gateway;
use async_trait::async_trait;
use bus::{Failure, Handler, Message, Outcome, Unavailable};
use domain::{OrderId, PaymentId, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use store::Database;

/// Handles the queue `payments`.
pub struct PaymentHandler {
    store: Store,
    gateway: Arc<dyn Gateway>,
    call_limit: Duration,
}

impl PaymentHandler {
    /// A handler with its own `database`, which other replicas may share. It waits for an answer to a call for `call_limit`.
    pub fn new(
        database: Database,
        gateway: Arc<dyn Gateway>,
        call_limit: Duration,
    ) -> PaymentHandler {
        PaymentHandler {
            store: Store::new(database),
            gateway,
            call_limit,
        }
    }
}

#[async_trait]
impl Handler for PaymentHandler {
    async fn handle(&self, batch: &[Message]) -> Result<Vec<Outcome>, Failure> {
        let (requests, about) = Requests::read(batch);
        let mut standing = self
            .store
            .note(&requests, Timestamp::now())
            .await
            .map_err(failed)?;
        let calls = necessary_calls(&requests, &standing);
        let replies = calls::make(&*self.gateway, &calls, self.call_limit).await;
        let (answers, open) = sort(replies)?;
        self.store
            .settle(&mut standing, &answers, Timestamp::now())
            .await
            .map_err(failed)?;
        count(&answers);
        Ok(about
            .into_iter()
            .map(|about| outcome(about, &standing, &open))
            .collect())
    }
}

/// Whatever is not decided needs a call.
fn necessary_calls(requests: &Requests, standing: &Standing) -> Vec<Call> {
    let payments = standing.payments.values().filter_map(|payment| {
        let order_id = payment.order_id;
        match &payment.state {
            State::Calling(_) if requests.cancels.contains(&order_id) => {
                Some(Call::Cancel(order_id))
            }
            State::Calling(intent) if standing.fresh.contains(&order_id) => {
                Some(Call::Charge(order_id, intent.clone()))
            }
            State::Calling(intent) => Some(Call::Resolve(order_id, intent.clone())),
            State::Captured { .. } | State::Failed { .. } => None,
        }
    });
    let refunds = standing
        .refunds
        .values()
        .filter(|refund| matches!(refund.state, RefundState::Calling))
        .map(|refund| Call::Refund(refund.payment_id, refund.call()));
    payments.chain(refunds).collect()
}

/// Why things are still open.
#[derive(Default)]
struct Open {
    payments: HashMap<OrderId, String>,
    refunds: HashMap<PaymentId, String>,
}

impl Open {
    fn insert(&mut self, subject: Subject, why: String) {
        match subject {
            Subject::Payment(order_id) => self.payments.insert(order_id, why),
            Subject::Refund(payment_id) => self.refunds.insert(payment_id, why),
        };
    }
}

/// Sorts the answers from what is still open. A gateway that answers nobody is down: that is nobody's fault, and the
/// whole batch waits for it.
fn sort(replies: Vec<Reply>) -> Result<(Answers, Open), Unavailable> {
    let mut answers = Answers::default();
    let mut open = Open::default();
    let mut reached = false;
    let mut down = None;
    for reply in replies {
        reached |= !matches!(reply, Reply::Down(..));
        match reply {
            Reply::Payment(order_id, decision) => {
                answers.payments.insert(order_id, decision);
            }
            Reply::Refund(payment_id, status) => {
                answers.refunds.insert(payment_id, status);
            }
            Reply::Later(subject, why) => open.insert(subject, why),
            Reply::Down(subject, why) => {
                down = Some(why.clone());
                open.insert(subject, why);
            }
        }
    }
    match down {
        Some(why) if !reached => Err(Unavailable::new("payment gateway", why)),
        _ => Ok((answers, open)),
    }
}

fn outcome(about: About, standing: &Standing, open: &Open) -> Outcome {
    let (announcement, why) = match about {
        About::Nothing(cause) => return Outcome::Reject(cause),
        About::Payment(order_id) => (
            standing
                .payments
                .get(&order_id)
                .and_then(|payment| payment.announcement()),
            open.payments.get(&order_id),
        ),
        About::Refund(payment_id) => (
            standing
                .refunds
                .get(&payment_id)
                .and_then(|refund| refund.announcement()),
            open.refunds.get(&payment_id),
        ),
    };
    match announcement {
        Some(outputs) => Outcome::Done(outputs),
        None => Outcome::Retry(why.map_or("not decided yet", String::as_str).to_owned()),
    }
}

/// `festflow_payments_total` by result, and `festflow_refunds_total`.
fn count(answers: &Answers) {
    use super::charge::Decision;
    for decision in answers.payments.values() {
        let result = match decision {
            Decision::Captured => "captured",
            Decision::Failed(reason) => reason.as_str(),
        };
        metrics::counter!("festflow_payments_total", "result" => result).increment(1);
    }
    metrics::counter!("festflow_refunds_total").increment(answers.refunds.len() as u64);
}
