//! What stands on the broker: one exchange, and quorum queues with dead-letter queues behind them.

use super::gone;
use crate::{BusOptions, DeadLetterQueue, Queue, Unavailable};
use lapin::{
    Channel, Connection, ErrorKind, ExchangeKind,
    options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions},
    protocol::{AMQPErrorKind, AMQPSoftError},
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
}

impl Topology {
    pub(super) fn new(options: &BusOptions) -> Topology {
        Topology {
            prefix: options.prefix.clone(),
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

    /// Makes and binds what is missing. What is there is taken as it is, whoever made it with whichever arguments: to
    /// change one, nobody has to delete a queue. Returns how many orders wait.
    pub(super) async fn declare(&self, connection: &Connection) -> Result<u64, Unavailable> {
        let declaring = Declaring {
            connection,
            channel: connection.create_channel().await.map_err(gone)?,
        };
        declaring.declare(self).await
    }
}

/// Asking, and making what is missing. The broker closes the channel on which it is asked for what is not there.
struct Declaring<'a> {
    connection: &'a Connection,
    channel: Channel,
}

impl Declaring<'_> {
    async fn declare(mut self, topology: &Topology) -> Result<u64, Unavailable> {
        for queue in DeadLetterQueue::ALL {
            self.queue(topology.dead(queue), quorum()).await?;
        }
        let mut waiting = 0;
        for queue in Queue::ALL {
            let mut arguments = quorum();
            text(&mut arguments, "x-dead-letter-exchange", "");
            let dead = topology.dead(DeadLetterQueue::Of(queue));
            text(&mut arguments, "x-dead-letter-routing-key", dead.as_str());
            let messages = self.queue(topology.queue(queue), arguments).await?;
            if queue == Queue::Orders {
                waiting = messages;
            }
        }
        self.exchange(topology.exchange()).await?;
        self.channel
            .queue_bind(
                topology.queue(Queue::Orders),
                topology.exchange(),
                ShortString::default(),
                QueueBindOptions::default(),
                FieldTable::default(),
            )
            .await
            .map_err(gone)?;
        // It would go with the connection, too.
        let _ = self.channel.close(200, "declared".into()).await;
        Ok(waiting)
    }

    /// The messages on the queue.
    async fn queue(
        &mut self,
        name: ShortString,
        arguments: FieldTable,
    ) -> Result<u64, Unavailable> {
        let there = queue_length(&self.channel, &name).await?;
        if let Some(length) = there {
            return Ok(length);
        }
        tracing::warn!(queue = %name, "the queue is not there; it is made");
        self.channel = self.connection.create_channel().await.map_err(gone)?;
        let durable = QueueDeclareOptions::durable();
        let made = self.channel.queue_declare(name, durable, arguments).await;
        Ok(made.map_err(gone)?.message_count().into())
    }

    async fn exchange(&mut self, name: ShortString) -> Result<(), Unavailable> {
        let declare = |channel: Channel, passive| {
            let options = ExchangeDeclareOptions {
                passive,
                durable: true,
                ..ExchangeDeclareOptions::default()
            };
            let (name, none) = (name.clone(), FieldTable::default());
            async move {
                let kind = ExchangeKind::Fanout;
                channel.exchange_declare(name, kind, options, none).await
            }
        };
        match declare(self.channel.clone(), true).await {
            Err(error) if is_not_found(&error) => {
                self.channel = self.connection.create_channel().await.map_err(gone)?;
                declare(self.channel.clone(), false).await.map_err(gone)
            }
            declared => declared.map_err(gone),
        }
    }
}

/// How many messages wait on the queue; `None` when it is not there, and then the channel is closed.
pub(super) async fn queue_length(
    channel: &Channel,
    name: &ShortString,
) -> Result<Option<u64>, Unavailable> {
    let passive = QueueDeclareOptions::default().passive();
    let asked = channel.queue_declare(name.clone(), passive, FieldTable::default());
    match asked.await {
        Ok(queue) => Ok(Some(queue.message_count().into())),
        Err(error) if is_not_found(&error) => Ok(None),
        Err(error) => Err(gone(error)),
    }
}

fn is_not_found(error: &lapin::Error) -> bool {
    let not_found = AMQPErrorKind::Soft(AMQPSoftError::NOTFOUND);
    matches!(error.kind(), ErrorKind::ProtocolError(error) if *error.kind() == not_found)
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
