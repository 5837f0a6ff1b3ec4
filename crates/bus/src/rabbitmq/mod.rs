#![doc = include_str!("README.md")]

mod connection;
mod consumer;
mod envelope;
mod ledger;
mod management;
mod publisher;
mod room;
mod session;
mod topology;

pub(crate) use connection::Endpoint;

use crate::{
    BusOptions, CommandQueue, DeadLetter, DeadLetterQueue, Depth, Message, Queue, Source,
    Unavailable,
};
use async_trait::async_trait;
use connection::{ANSWER_TIMEOUT, SharedConnection, answer_within};
use lapin::{
    Channel,
    options::QueueDeclareOptions,
    types::{FieldTable, ShortString},
};
use ledger::Publishing;
use management::Management;
use publisher::Publisher;
use room::Room;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Queues on RabbitMQ.
pub struct RabbitMq {
    endpoint: Arc<Endpoint>,
    publisher: Publisher,
    room: Arc<Room>,
    consuming: SharedConnection,
    /// For questions: the broker closes the channel on which it is asked about a queue that is not there.
    asking: Mutex<Option<Channel>>,
    management: Option<Management>,
}

impl RabbitMq {
    /// Connects in the background. Must be called within a Tokio runtime.
    pub(crate) fn open(endpoint: Endpoint, options: &BusOptions) -> RabbitMq {
        let endpoint = Arc::new(endpoint);
        let management = options.rabbitmq_management_url.as_ref();
        let room = Arc::new(Room::new(options.orders_max_length));
        RabbitMq {
            publisher: Publisher::start(Arc::clone(&endpoint), Arc::clone(&room)),
            room,
            consuming: SharedConnection::new(Arc::clone(&endpoint), "consuming"),
            asking: Mutex::default(),
            management: management.map(|url| Management::new(url, &endpoint)),
            endpoint,
        }
    }

    /// Messages that wait, and consumers. Exact, unlike what the management API tells.
    async fn count(&self, queue: &ShortString) -> Result<(u64, u64), Unavailable> {
        let mut asking = self.asking.lock().await;
        let channel = match asking.take() {
            Some(channel) if channel.status().connected() => channel,
            _ => self.consuming.channel().await?,
        };
        let passive = QueueDeclareOptions::default().passive();
        let question = async {
            channel
                .queue_declare(queue.clone(), passive, FieldTable::default())
                .await
                .map_err(gone)
        };
        let answer = answer_within(ANSWER_TIMEOUT, question).await?;
        *asking = Some(channel);
        Ok((
            answer.message_count().into(),
            answer.consumer_count().into(),
        ))
    }
}

#[async_trait]
impl CommandQueue for RabbitMq {
    fn broker(&self) -> &'static str {
        "RabbitMQ"
    }

    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable> {
        let orders = batch.iter().filter(|(queue, _)| *queue == Queue::Orders);
        self.room.take(orders.count())?;
        let messages = batch.into_iter().map(|(queue, message)| Publishing {
            route: self.endpoint.topology.route(queue),
            id: message.id.to_string(),
            properties: envelope::properties(&message),
            payload: message.payload.into_bytes(),
        });
        self.publisher.send(messages.collect()).await
    }

    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable> {
        let buried = Publishing {
            route: (ShortString::default(), self.endpoint.topology.dead(queue)),
            id: letter.message.id.to_string(),
            properties: envelope::dead_letter_properties(&letter),
            payload: letter.message.payload.into_bytes(),
        };
        self.publisher.send(vec![buried]).await
    }

    async fn consume(&self, queue: Queue, in_hand: u16) -> Result<Box<dyn Source>, Unavailable> {
        let name = self.endpoint.topology.queue(queue);
        let source = consumer::QueueSource::open(self.consuming.clone(), name, in_hand).await?;
        Ok(Box::new(source))
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.publisher.ready()?;
        let orders = self.endpoint.topology.queue(Queue::Orders);
        self.count(&orders).await.map(|_| ())
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, Unavailable> {
        let name = self.endpoint.topology.queue(queue);
        let (ready, consumers) = self.count(&name).await?;
        let stats = match &self.management {
            Some(management) => management.queue(&name).await,
            None => None,
        };
        Ok(Depth {
            ready,
            unacked: stats.and_then(|stats| stats.messages_unacknowledged),
            consumers: Some(consumers),
            in_per_second: stats.map(|stats| stats.in_per_second()),
            out_per_second: stats.map(|stats| stats.out_per_second()),
        })
    }

    async fn dead(&self, queue: DeadLetterQueue) -> Result<u64, Unavailable> {
        let (ready, _) = self.count(&self.endpoint.topology.dead(queue)).await?;
        Ok(ready)
    }
}

/// Whatever goes wrong between us and the broker.
fn gone(error: lapin::Error) -> Unavailable {
    Unavailable::new("RabbitMQ", error)
}
