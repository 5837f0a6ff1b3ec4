//! Events on Kafka.
use crate::*;
use async_trait::async_trait;
/// The log on Kafka.
pub struct Kafka;
impl Kafka {
    /// Connects in the background.
    ///
    /// # Errors
    /// The URL is malformed.
    pub fn open(_: &url::Url, _: &BusOptions) -> Result<Kafka, String> { todo!() }
}
#[async_trait]
impl EventLog for Kafka {
    async fn append(&self, _: Vec<(Topic, Message)>) -> Result<(), Unavailable> { todo!() }
    async fn subscribe(&self, _: &str, _: &[Topic]) -> Result<Box<dyn Source>, Unavailable> { todo!() }
    async fn read(&self, _: &[Topic], _: &Positions) -> Result<Box<dyn LogReader>, Unavailable> { todo!() }
    async fn ends(&self, _: Topic) -> Result<Positions, Unavailable> { todo!() }
    async fn lag(&self, _: &str, _: Topic) -> Result<u64, Unavailable> { todo!() }
}
