//! Commands on RabbitMQ.
use crate::*;
use async_trait::async_trait;
/// Queues on RabbitMQ.
pub struct RabbitMq;
impl RabbitMq {
    /// Connects in the background.
    pub fn open(_: &url::Url, _: &BusOptions) -> RabbitMq { todo!() }
}
#[async_trait]
impl CommandQueue for RabbitMq {
    async fn send(&self, _: Vec<(Queue, Message)>) -> Result<(), Unavailable> { todo!() }
    async fn bury(&self, _: DeadLetterQueue, _: DeadLetter) -> Result<(), Unavailable> { todo!() }
    async fn consume(&self, _: Queue, _: u16) -> Result<Box<dyn Source>, Unavailable> { todo!() }
    async fn depth(&self, _: Queue) -> Result<Depth, Unavailable> { todo!() }
    async fn dead(&self, _: DeadLetterQueue) -> Result<u64, Unavailable> { todo!() }
}
