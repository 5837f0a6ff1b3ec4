//! What stands on the broker: one exchange, and quorum queues with dead-letter queues behind them.

use super::gone;
use crate::{BusOptions, DeadLetterQueue, Queue, Unavailable};
use lapin::{
    Channel, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    types::{AMQPValue, FieldTable, ShortString},
};

/// How often the broker may deliver a message before it dead-letters it. A crashed consumer counts against every
/// message that it had prefetched, the healthy ones too, so attempts are counted by the runner and this is only a net.
/// (RabbitMQ 4 would use 20 when nothing is said.)
const DELIVERY_LIMIT: i64 = 1_000_000;

/// Names and arguments of everything that is declared.
#[derive(Clone, Debug)]
pub(super) struct Topology {
    prefix: String,
    orders_max_length: Option<u64>,
}

impl Topology {
    pub(super) fn new(options: &BusOptions) -> Topology {
        Topology {
            prefix: options.prefix.clone(),
            orders_max_length: options.orders_max_length,
        }
    }

    /// What the broker's operators read in its list of connections.
    pub(super) fn connection_name(&self, purpose: &str) -> String {
        format!("festflow {}{purpose}", self.prefix)
    }

    /// The exchange before the queue of orders; whoever wants to see orders binds a queue to it.
    pub(super) fn exchange(&self) -> ShortString {
        self.name(domain::ORDERS_QUEUE)
    }

    pub(super) fn queue(&self, queue: Queue) -> ShortString {
        self.name(queue.name())
    }

    pub(super) fn dead(&self, queue: DeadLetterQueue) -> ShortString {
        self.name(queue.name())
    }

    /// Exchange and routing key that lead to `queue`.
    pub(super) fn route(&self, queue: Queue) -> (ShortString, ShortString) {
        match queue {
            Queue::Orders => (self.exchange(), ShortString::default()),
            Queue::Payments | Queue::Inventory => (ShortString::default(), self.queue(queue)),
        }
    }

    fn name(&self, name: &str) -> ShortString {
        format!("{}{name}", self.prefix).into()
    }

    /// Declares everything. What exists already must have been declared with the same arguments; the broker's answer
    /// names the one that differs.
    pub(super) async fn declare(&self, channel: &Channel) -> Result<(), Unavailable> {
        for queue in DeadLetterQueue::ALL {
            self.declare_queue(channel, self.dead(queue), quorum())
                .await?;
        }
        for queue in Queue::ALL {
            let mut arguments = quorum();
            text(&mut arguments, "x-dead-letter-exchange", "");
            let dead = self.dead(DeadLetterQueue::Of(queue));
            text(&mut arguments, "x-dead-letter-routing-key", dead.as_str());
            if let (Queue::Orders, Some(most)) = (queue, self.orders_max_length) {
                number(
                    &mut arguments,
                    "x-max-length",
                    i64::try_from(most).unwrap_or(i64::MAX),
                );
                text(&mut arguments, "x-overflow", "reject-publish");
            }
            self.declare_queue(channel, self.queue(queue), arguments)
                .await?;
        }
        let durable = ExchangeDeclareOptions {
            durable: true,
            ..ExchangeDeclareOptions::default()
        };
        channel
            .exchange_declare(
                self.exchange(),
                ExchangeKind::Fanout,
                durable,
                FieldTable::default(),
            )
            .await
            .map_err(gone)?;
        channel
            .queue_bind(
                self.queue(Queue::Orders),
                self.exchange(),
                ShortString::default(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(gone)
    }

    async fn declare_queue(
        &self,
        channel: &Channel,
        name: ShortString,
        arguments: FieldTable,
    ) -> Result<(), Unavailable> {
        channel
            .queue_declare(name, QueueDeclareOptions::durable(), arguments)
            .await
            .map(|_| ())
            .map_err(gone)
    }
}

fn quorum() -> FieldTable {
    let mut arguments = FieldTable::default();
    text(&mut arguments, "x-queue-type", "quorum");
    number(&mut arguments, "x-delivery-limit", DELIVERY_LIMIT);
    arguments
}

pub(super) fn text(table: &mut FieldTable, name: &str, value: &str) {
    table.insert(name.into(), AMQPValue::LongString(value.into()));
}

pub(super) fn number(table: &mut FieldTable, name: &str, value: i64) {
    table.insert(name.into(), AMQPValue::LongLongInt(value));
}
