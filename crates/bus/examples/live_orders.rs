//! Watches orders arrive, beside the worker and without taking any from it: a queue of one's own on the fanout exchange
//! `orders`.
//!
//! ```console
//! $ cargo run --package bus --example live_orders -- amqp://127.0.0.1:5672
//! ```

use futures_util::StreamExt;
use lapin::{
    Connection, ConnectionProperties, Consumer,
    options::{
        BasicAckOptions, BasicConsumeOptions, BasicQosOptions, QueueBindOptions,
        QueueDeclareOptions,
    },
    types::{AMQPValue, FieldTable, ShortString},
};
use std::error::Error;

/// Orders that the broker keeps for a slow watcher; older ones are dropped.
const MAX_LENGTH: i64 = 100;
/// Orders on their way to the watcher.
const PREFETCH: u16 = 16;

/// Orders as they arrive. Dropped, its queue is gone.
pub struct LiveOrders {
    orders: Consumer,
    /// The queue lives as long as its connection.
    _connection: Connection,
}

impl LiveOrders {
    /// Sees the orders that are sent to `exchange` from now on.
    ///
    /// # Errors
    /// The broker cannot be reached, or the exchange is not there.
    pub async fn watch(url: &str, exchange: &str) -> Result<LiveOrders, lapin::Error> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        // In memory, bounded, and nobody else's: nothing waits for a watcher, and nothing is kept for one.
        let mut arguments = FieldTable::default();
        arguments.insert("x-max-length".into(), AMQPValue::LongLongInt(MAX_LENGTH));
        let own = QueueDeclareOptions::exclusive().auto_delete();
        let declared = channel.queue_declare("".into(), own, arguments).await?;
        let queue = declared.name().clone();
        let any = ShortString::default;
        let bind = QueueBindOptions::default();
        channel
            .queue_bind(
                queue.clone(),
                exchange.into(),
                any(),
                bind,
                FieldTable::default(),
            )
            .await?;
        let qos = BasicQosOptions::default();
        channel.basic_qos(PREFETCH, qos).await?;
        let consume = BasicConsumeOptions::default();
        let orders = channel
            .basic_consume(queue, any(), consume, FieldTable::default())
            .await?;
        Ok(LiveOrders {
            orders,
            _connection: connection,
        })
    }

    /// The next order that arrives; `None` when the broker has gone.
    ///
    /// # Errors
    /// The connection broke, or what came is no JSON.
    pub async fn next(
        &mut self,
    ) -> Result<Option<serde_json::Value>, Box<dyn Error + Send + Sync>> {
        let Some(delivery) = self.orders.next().await else {
            return Ok(None);
        };
        let delivery = delivery?;
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(Some(serde_json::from_slice(&delivery.data)?))
    }
}

#[tokio::main]
#[allow(
    dead_code,
    reason = "the test that runs this file has a main of its own"
)]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let url = std::env::args().nth(1);
    let url = url.ok_or("say where RabbitMQ is, such as amqp://127.0.0.1:5672")?;
    let mut orders = LiveOrders::watch(&url, "orders").await?;
    while let Some(order) = orders.next().await? {
        println!("{} {}", order["order_id"], order["items"]);
    }
    Ok(())
}
