//! The payment service's database: the two transactions of a batch.

use super::charge::{Decision, Intent, Payment, State};
use super::charge_rows::{self, NewPayment};
use super::refund::{Refund, RefundState};
use super::refund_rows;
use super::request::Requests;
use crate::gateway::RefundStatus;
use domain::{OrderId, PaymentId, Timestamp};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use store::{Database, Trouble};

#[derive(Clone, Debug)]
pub(super) struct Store {
    database: Database,
}

/// Payments and refunds as their rows say.
#[derive(Default)]
pub(super) struct Standing {
    pub payments: BTreeMap<OrderId, Payment>,
    pub refunds: BTreeMap<PaymentId, Refund>,
    /// The payments that were not known before.
    pub fresh: HashSet<OrderId>,
}

/// What the gateway has said.
#[derive(Default)]
pub(super) struct Answers {
    pub payments: BTreeMap<OrderId, Decision>,
    pub refunds: BTreeMap<PaymentId, RefundStatus>,
}

impl Store {
    pub fn new(database: Database) -> Store {
        Store { database }
    }

    /// Notes what is asked for, and says how everything stands then.
    pub async fn note(&self, requests: &Requests, now: Timestamp) -> Result<Standing, Trouble> {
        let dialect = self.database.dialect();
        let new = new_payments(requests, now);
        let mut tx = self.database.begin().await?;
        let fresh = charge_rows::insert(&mut tx, dialect, &new, now).await?;
        let known: Vec<OrderId> = new
            .iter()
            .map(|payment| payment.order_id)
            .filter(|order_id| !fresh.contains(order_id))
            .collect();
        let known = charge_rows::select(&mut tx, dialect, &known).await?;
        let mut refunds = BTreeMap::new();
        for (payment_id, refund) in &requests.refunds {
            refund_rows::insert(&mut tx, refund, now).await?;
            let refund = refund_rows::lock(&mut tx, dialect, *payment_id).await?;
            refunds.insert(*payment_id, refund);
        }
        tx.commit().await?;
        let noted = new
            .into_iter()
            .filter(|payment| fresh.contains(&payment.order_id))
            .map(|payment| payment.noted(now));
        Ok(Standing {
            payments: noted
                .chain(known)
                .map(|payment| (payment.order_id, payment))
                .collect(),
            refunds,
            fresh,
        })
    }

    /// Writes the gateway's answers where none is written yet, and brings `standing` up to date.
    pub async fn settle(
        &self,
        standing: &mut Standing,
        answers: &Answers,
        now: Timestamp,
    ) -> Result<(), Trouble> {
        if answers.payments.is_empty() && answers.refunds.is_empty() {
            return Ok(());
        }
        let dialect = self.database.dialect();
        let mut tx = self.database.begin().await?;
        let answered: Vec<OrderId> = answers.payments.keys().copied().collect();
        let undecided = charge_rows::lock_undecided(&mut tx, dialect, &answered).await?;
        let (decisions, outrun): (Vec<_>, Vec<_>) = answers
            .payments
            .iter()
            .map(|(order_id, decision)| (*order_id, *decision))
            .partition(|(order_id, _)| undecided.contains(order_id));
        charge_rows::decide(&mut tx, dialect, &decisions, now).await?;
        let outrun: Vec<OrderId> = outrun.into_iter().map(|(order_id, _)| order_id).collect();
        let others = charge_rows::select(&mut tx, dialect, &outrun).await?;
        let mut refunds = Vec::new();
        for (payment_id, status) in &answers.refunds {
            let mut refund = refund_rows::lock(&mut tx, dialect, *payment_id).await?;
            if matches!(refund.state, RefundState::Calling) {
                refund_rows::decide(&mut tx, *payment_id, status, now).await?;
                refund.state = match status.clone() {
                    RefundStatus::Refunded => RefundState::Refunded { at: now },
                    RefundStatus::Refused(why) => RefundState::Refused { why, at: now },
                };
            }
            refunds.push(refund);
        }
        tx.commit().await?;
        for (order_id, decision) in decisions {
            if let Some(payment) = standing.payments.get_mut(&order_id) {
                payment.decide(decision, now);
            }
        }
        for payment in others {
            report_contradiction(&payment, answers);
            standing.payments.insert(payment.order_id, payment);
        }
        for refund in refunds {
            standing.refunds.insert(refund.payment_id, refund);
        }
        Ok(())
    }
}

impl NewPayment {
    /// The payment as it stands once its row is inserted.
    fn noted(self, now: Timestamp) -> Payment {
        let state = match self.intent {
            Some(intent) if !self.expired => State::Calling(intent),
            _ => State::Failed {
                reason: domain::event::PaymentFailure::HoldExpired,
                at: now,
            },
        };
        Payment {
            order_id: self.order_id,
            state,
        }
    }
}

impl Payment {
    fn decide(&mut self, decision: Decision, at: Timestamp) {
        self.state = match (decision, &self.state) {
            (Decision::Failed(reason), _) => State::Failed { reason, at },
            (Decision::Captured, State::Calling(Intent { amount, .. })) => State::Captured {
                amount: *amount,
                at,
            },
            (Decision::Captured, _) => return,
        };
    }
}

/// A cancel that comes with its charge wins over it: as nothing was noted before, nothing was called.
fn new_payments(requests: &Requests, now: Timestamp) -> Vec<NewPayment> {
    let orders: BTreeSet<OrderId> = requests
        .charges
        .keys()
        .chain(&requests.cancels)
        .copied()
        .collect();
    orders
        .into_iter()
        .map(|order_id| {
            let charge = requests.charges.get(&order_id);
            NewPayment {
                order_id,
                intent: charge.map(|charge| Intent {
                    amount: charge.amount,
                    currency: charge.currency,
                    token: charge.payment_token.clone(),
                    expires_at: charge.expires_at,
                }),
                expired: requests.cancels.contains(&order_id)
                    || charge.is_some_and(|charge| charge.expires_at <= now),
            }
        })
        .collect()
}

/// The gateway decides a key once, so all answers agree. If ever they do not, a person must look.
fn report_contradiction(payment: &Payment, answers: &Answers) {
    let written = match payment.state {
        State::Calling(_) => return,
        State::Captured { .. } => Decision::Captured,
        State::Failed { reason, .. } => Decision::Failed(reason),
    };
    let answer = answers.payments.get(&payment.order_id);
    if answer.is_some_and(|answer| *answer != written) {
        tracing::error!(order_id = %payment.order_id, ?written, ?answer, "the gateway contradicts itself");
    }
}
