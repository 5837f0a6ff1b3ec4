//! What the stories share: a payment service with a simulated gateway, and messages.

pub use crate::support::until;
use crate::support::{Place, random_id};
use async_trait::async_trait;
use bus::{Failure, Handler, Message, Outcome};
use domain::command::{CancelCharge, ChargePayment, RefundPayment};
use domain::event::PaymentFailure;
use domain::{Amount, Command, Currency, Event, OrderId, PaymentToken, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use store::Database;
use workers::gateway::{
    Charge, ChargeStatus, Gateway, GatewayError, GatewaySettings, Refund, RefundStatus, Simulator,
};
use workers::payment::PaymentHandler;

pub const PRICE: Amount = Amount(8_900);

/// How long `tok_slow` takes here.
pub const SLOW: Duration = Duration::from_millis(2_500);

pub fn new_order() -> OrderId {
    OrderId(random_id())
}

pub async fn simulator(place: &Place) -> Arc<Simulator> {
    let settings = GatewaySettings {
        gateway_latency_ms: 1,
        gateway_slow_ms: u64::try_from(SLOW.as_millis()).unwrap(),
        gateway_down: false,
    };
    let database = place
        .database("gateway", workers::gateway::MIGRATIONS)
        .await;
    Arc::new(Simulator::new(database, &settings))
}

/// A payment service that waits for its gateway as long as it takes.
pub async fn service(place: &Place, gateway: Arc<dyn Gateway>) -> PaymentHandler {
    PaymentHandler::new(payments(place).await, gateway, Duration::from_secs(60))
}

/// A payment service on the same database that gives up calls long before `tok_slow` is done.
pub async fn hasty_service(place: &Place, gateway: Arc<dyn Gateway>) -> PaymentHandler {
    PaymentHandler::new(payments(place).await, gateway, SLOW / 5)
}

pub async fn payments(place: &Place) -> Database {
    place
        .database("payments", workers::payment::MIGRATIONS)
        .await
}

pub fn charge(order_id: OrderId, token: &str) -> Message {
    let now = Timestamp::now();
    charge_until(order_id, token, now.plus(Duration::from_secs(600)))
}

pub fn charge_until(order_id: OrderId, token: &str, expires_at: Timestamp) -> Message {
    command(Command::ChargePayment(ChargePayment {
        timestamp: Timestamp::from_micros(1_800_000_000_000_000),
        order_id,
        amount: PRICE,
        currency: Currency::EUR,
        payment_token: PaymentToken::parse(token).unwrap(),
        expires_at,
    }))
}

pub fn cancel(order_id: OrderId) -> Message {
    command(Command::CancelCharge(CancelCharge {
        timestamp: Timestamp::now(),
        order_id,
    }))
}

pub fn refund(order_id: OrderId, amount: Amount) -> Message {
    command(Command::RefundPayment(RefundPayment {
        timestamp: Timestamp::now(),
        order_id,
        payment_id: order_id.payment(),
        amount,
        reason: "the hold was over".to_owned(),
    }))
}

fn command(command: Command) -> Message {
    Message::command("/inventory", &command)
}

/// The outcome of a message that is handled alone.
pub async fn alone(service: &PaymentHandler, message: &Message) -> Outcome {
    service
        .handle(std::slice::from_ref(message))
        .await
        .unwrap()
        .pop()
        .unwrap()
}

/// Hands the message over alone to a service that gives up before the gateway answers.
pub async fn give_up(service: &PaymentHandler, message: &Message) {
    let given_up = alone(service, message).await;
    assert!(matches!(given_up, Outcome::Retry(_)), "{given_up:?}");
}

/// Hands the message over again and again, as the runner would, until it is done.
pub async fn until_done(service: &PaymentHandler, message: &Message) -> Message {
    let handed_over = async {
        loop {
            match service.handle(std::slice::from_ref(message)).await {
                Ok(outcomes) if matches!(outcomes[0], Outcome::Done(_)) => {
                    break answer(&outcomes[0]);
                }
                Ok(_) | Err(Failure::Unavailable(_)) => {
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Err(failure) => panic!("{failure}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), handed_over)
        .await
        .expect("an answer")
}

/// The one event that a message led to.
pub fn answer(outcome: &Outcome) -> Message {
    let Outcome::Done(outputs) = outcome else {
        panic!("not done: {outcome:?}");
    };
    assert!(outputs.commands.is_empty());
    let [(_, message)] = &*outputs.events else {
        panic!("not one event: {outputs:?}");
    };
    message.clone()
}

pub fn is_processed(message: &Message) -> bool {
    matches!(message.decode_event(), Ok(Some(Event::PaymentProcessed(e))) if e.amount == PRICE)
}

pub fn failed_because(message: &Message) -> Option<PaymentFailure> {
    match message.decode_event() {
        Ok(Some(Event::PaymentFailed(event))) => Some(event.reason),
        _ => None,
    }
}

/// When a [`Stuck`] gateway stops answering.
#[derive(Clone, Copy, PartialEq)]
pub enum Moment {
    BeforeTheCharge,
    AfterTheCharge,
}

/// A gateway in whose charges the process hangs, until it is killed.
pub struct Stuck(pub Arc<Simulator>, pub Moment);

#[async_trait]
impl Gateway for Stuck {
    async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, GatewayError> {
        if self.1 == Moment::AfterTheCharge {
            self.0.charge(charge).await?;
        }
        std::future::pending().await
    }

    async fn lookup(&self, key: &str) -> Result<Option<ChargeStatus>, GatewayError> {
        self.0.lookup(key).await
    }

    async fn cancel(&self, key: &str) -> Result<ChargeStatus, GatewayError> {
        self.0.cancel(key).await
    }

    async fn refund(&self, refund: &Refund) -> Result<RefundStatus, GatewayError> {
        self.0.refund(refund).await
    }
}

/// A gateway that answers nobody, as behind a broken network.
pub struct Silent;

#[async_trait]
impl Gateway for Silent {
    async fn charge(&self, _: &Charge) -> Result<ChargeStatus, GatewayError> {
        std::future::pending().await
    }

    async fn lookup(&self, _: &str) -> Result<Option<ChargeStatus>, GatewayError> {
        std::future::pending().await
    }

    async fn cancel(&self, _: &str) -> Result<ChargeStatus, GatewayError> {
        std::future::pending().await
    }

    async fn refund(&self, _: &Refund) -> Result<RefundStatus, GatewayError> {
        std::future::pending().await
    }
}

/// What our gateway would be without rule 8: a new key for each try, and nothing is looked up.
pub struct Guessing(pub Arc<Simulator>);

#[async_trait]
impl Gateway for Guessing {
    async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, GatewayError> {
        let key = format!("{}/{}", charge.key, random_id());
        let charge = Charge {
            key,
            ..charge.clone()
        };
        self.0.charge(&charge).await
    }

    async fn lookup(&self, _: &str) -> Result<Option<ChargeStatus>, GatewayError> {
        Ok(None)
    }

    async fn cancel(&self, _: &str) -> Result<ChargeStatus, GatewayError> {
        Ok(ChargeStatus::Cancelled)
    }

    async fn refund(&self, refund: &Refund) -> Result<RefundStatus, GatewayError> {
        self.0.refund(refund).await
    }
}
