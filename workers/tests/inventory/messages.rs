//! Messages as they would arrive at the inventory, what carries them, and a look at what came out.

use crate::support::Place;
use bus::{BusOptions, Handler, Message, Outcome, Outputs};
use domain::command::OrderPlaced;
use domain::request::Item;
use domain::{
    Command, EmailAddress, Event, MessageId, OrderId, PaymentToken, PersonName, Quantity,
    TicketTypeId, Timestamp,
};
use ops::Bus;
use std::sync::LazyLock;
use uuid::Uuid;

/// The brokers of a place, in its directory.
pub fn bus_at(place: &Place) -> Bus {
    let url = |name: &str| format!("sqlite:{}", place.directory().join(name).display());
    let options = BusOptions::default();
    Bus {
        queue: bus::open_queue(&url("queue.db"), &options).unwrap(),
        log: bus::open_log(&url("log.db"), &options).unwrap(),
    }
}

/// When the orders of a run are placed.
static PLACED_AT: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);

pub fn order(number: u32, items: &[(&str, i64)]) -> OrderPlaced {
    OrderPlaced {
        timestamp: *PLACED_AT,
        order_id: OrderId(Uuid::new_v5(&Uuid::NAMESPACE_OID, &number.to_be_bytes())),
        items: items
            .iter()
            .map(|(name, quantity)| Item {
                ticket_type: TicketTypeId::parse(*name).unwrap(),
                quantity: Quantity::parse(*quantity).unwrap(),
            })
            .collect(),
        email: EmailAddress::parse(format!("buyer{number}@example.org")).unwrap(),
        name: PersonName::parse("Kim Sørensen").unwrap(),
        payment_token: PaymentToken::parse("tok_visa").unwrap(),
        expected_total: None,
        user_id: None,
        placed_at: *PLACED_AT,
        request_hash: format!("hash-{number}"),
    }
}

pub fn command(command: Command) -> Message {
    Message::command("/test", &command)
}

pub fn fact(event: &Event) -> Message {
    let id = MessageId(Uuid::new_v5(
        &Uuid::NAMESPACE_OID,
        serde_json::to_string(event).unwrap().as_bytes(),
    ));
    Message::event("/test", id, event)
}

/// What followed from each message; panics when one was not done.
pub async fn done(handler: &dyn Handler, batch: &[Message]) -> Vec<Outputs> {
    let outcomes = handler.handle(batch).await.unwrap();
    outcomes
        .into_iter()
        .map(|outcome| match outcome {
            Outcome::Done(outputs) => outputs,
            other => panic!("not done: {other:?}"),
        })
        .collect()
}

/// The facts among the outputs.
pub fn facts(outputs: &[Outputs]) -> Vec<Event> {
    outputs
        .iter()
        .flat_map(|outputs| &outputs.events)
        .map(|(_, message)| message.decode_event().unwrap().unwrap())
        .collect()
}

/// The commands among the outputs.
pub fn commands(outputs: &[Outputs]) -> Vec<Command> {
    outputs
        .iter()
        .flat_map(|outputs| &outputs.commands)
        .map(|(_, message)| message.decode_command().unwrap())
        .collect()
}
