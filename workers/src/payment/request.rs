//! What a batch of messages asks for, order by order.

use bus::{Cause, Message, Queue};
use domain::command::{ChargePayment, RefundPayment};
use domain::{Command, OrderId, PaymentId};
use std::collections::{BTreeMap, BTreeSet};

/// What one message is about: where its answer will be found.
pub(super) enum About {
    Payment(OrderId),
    Refund(PaymentId),
    /// Nobody can do it.
    Nothing(Cause),
}

/// What a batch asks for. Several messages about one order are one request. Sorted, so that two replicas with the same
/// messages touch the rows in the same order.
#[derive(Default)]
pub(super) struct Requests {
    pub charges: BTreeMap<OrderId, ChargePayment>,
    pub cancels: BTreeSet<OrderId>,
    pub refunds: BTreeMap<PaymentId, RefundPayment>,
}

impl Requests {
    /// The requests in `batch`, and what each message is about.
    pub fn read(batch: &[Message]) -> (Requests, Vec<About>) {
        let mut requests = Requests::default();
        let about = batch
            .iter()
            .map(|message| match message.decode_command() {
                Ok(command) => requests.add(command),
                Err(malformed) => About::Nothing(malformed.into()),
            })
            .collect();
        (requests, about)
    }

    fn add(&mut self, command: Command) -> About {
        match command {
            Command::ChargePayment(charge) => {
                let order_id = charge.order_id;
                self.charges.entry(order_id).or_insert(charge);
                About::Payment(order_id)
            }
            Command::CancelCharge(cancel) => {
                self.cancels.insert(cancel.order_id);
                About::Payment(cancel.order_id)
            }
            Command::RefundPayment(refund) => {
                let payment_id = refund.payment_id;
                self.refunds.entry(payment_id).or_insert(refund);
                About::Refund(payment_id)
            }
            Command::OrderPlaced(_) | Command::AdjustStock(_) => {
                About::Nothing(Cause::misrouted(&command, Queue::Payments))
            }
        }
    }
}
