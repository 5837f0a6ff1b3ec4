//! The closed sets of queues and topics.

use std::{fmt, time::Duration};

/// A queue of commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Queue {
    /// Orders, behind the fanout exchange of the same name.
    Orders,
    /// What the payment worker does.
    Payments,
    /// What the inventory worker does besides orders.
    Inventory,
}

impl Queue {
    /// All of them.
    pub const ALL: [Queue; 3] = [Queue::Orders, Queue::Payments, Queue::Inventory];

    /// Its name on the broker.
    pub fn name(self) -> &'static str {
        match self {
            Queue::Orders => domain::ORDERS_QUEUE,
            Queue::Payments => domain::PAYMENTS_QUEUE,
            Queue::Inventory => domain::INVENTORY_QUEUE,
        }
    }

    /// The queue that takes `command`.
    pub fn of(command: &domain::Command) -> Queue {
        match command {
            domain::Command::OrderPlaced(_) => Queue::Orders,
            domain::Command::ChargePayment(_)
            | domain::Command::CancelCharge(_)
            | domain::Command::RefundPayment(_) => Queue::Payments,
            domain::Command::AdjustStock(_) => Queue::Inventory,
        }
    }
}

/// Where messages go that no handler can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadLetterQueue {
    /// From a queue of commands.
    Of(Queue),
    /// From the log, whichever group could not read them.
    Log,
}

impl DeadLetterQueue {
    /// All of them.
    pub const ALL: [DeadLetterQueue; 4] = [
        DeadLetterQueue::Of(Queue::Orders),
        DeadLetterQueue::Of(Queue::Payments),
        DeadLetterQueue::Of(Queue::Inventory),
        DeadLetterQueue::Log,
    ];

    /// Its name on the broker.
    pub fn name(self) -> &'static str {
        match self {
            DeadLetterQueue::Of(Queue::Orders) => "orders.dead",
            DeadLetterQueue::Of(Queue::Payments) => "payments.dead",
            DeadLetterQueue::Of(Queue::Inventory) => "inventory.dead",
            DeadLetterQueue::Log => "log.dead",
        }
    }
}

/// A topic of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// All facts of the sale; kept forever.
    Analytics,
    /// Buyers' names and addresses; expires.
    Buyers,
    /// New users; expires.
    Users,
}

impl Topic {
    /// All of them.
    pub const ALL: [Topic; 3] = [Topic::Analytics, Topic::Buyers, Topic::Users];

    /// Partitions of a topic that we make. One that was there before is used with as many as it has.
    pub const PARTITIONS: i32 = 6;

    /// Its name on the broker.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Analytics => domain::ANALYTICS_TOPIC,
            Topic::Buyers => domain::BUYERS_TOPIC,
            Topic::Users => domain::USERS_TOPIC,
        }
    }

    /// The topic of that name.
    pub fn parse(name: &str) -> Option<Topic> {
        Topic::ALL.into_iter().find(|topic| topic.name() == name)
    }

    /// How long its messages are kept; `None`: forever.
    pub fn retention(self) -> Option<Duration> {
        match self {
            Topic::Analytics => None,
            Topic::Buyers | Topic::Users => Some(Duration::from_secs(90 * 24 * 3600)),
        }
    }
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
