#![doc = include_str!("../README.md")]

pub mod command;
pub mod event;
pub mod fold;
pub mod id;
pub mod live;
pub mod money;
pub mod request;
pub mod stock;
pub mod text;
pub mod time;
pub mod view;
pub mod when;

pub use command::Command;
pub use event::Event;
pub use fold::{Order, OrderStatus};
pub use id::{AdjustmentId, MessageId, OrderId, PaymentId, TicketId, UserId};
pub use money::{Amount, Currency};
pub use request::{FieldError, OrderRequest};
pub use stock::{Stock, StockLevel};
pub use text::{EmailAddress, PaymentToken, PersonName, Quantity, TicketTypeId};
pub use time::Timestamp;

/// Major version of the message schema, sent as the `schema` header. Readers dead-letter what is newer.
pub const SCHEMA: u32 = 1;

/// The topic of the fact log.
pub const ANALYTICS_TOPIC: &str = "analytics_topic";
/// The expiring topic that carries buyers' names and addresses.
pub const BUYERS_TOPIC: &str = "buyers";
/// The topic on which accounts announces new users.
pub const USERS_TOPIC: &str = "user-registered";

/// The queue (and the fanout exchange before it) that takes orders in.
pub const ORDERS_QUEUE: &str = "orders";
/// The payment worker's queue.
pub const PAYMENTS_QUEUE: &str = "payments";
/// The inventory worker's queue for everything but orders.
pub const INVENTORY_QUEUE: &str = "inventory";
