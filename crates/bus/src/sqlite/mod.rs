//! Both ports on SQLite files.
use crate::*;
use async_trait::async_trait;
/// Queues in a file.
pub struct SqliteQueue;
impl SqliteQueue {
    /// Opens in the background.
    pub fn open(_: &std::path::Path, _: &BusOptions) -> SqliteQueue { todo!() }
}
#[async_trait]
impl CommandQueue for SqliteQueue {
    async fn send(&self, _: Vec<(Queue, Message)>) -> Result<(), Unavailable> { todo!() }
    async fn bury(&self, _: DeadLetterQueue, _: DeadLetter) -> Result<(), Unavailable> { todo!() }
    async fn consume(&self, _: Queue, _: u16) -> Result<Box<dyn Source>, Unavailable> { todo!() }
    async fn depth(&self, _: Queue) -> Result<Depth, Unavailable> { todo!() }
    async fn dead(&self, _: DeadLetterQueue) -> Result<u64, Unavailable> { todo!() }
}
/// The log in a file.
pub struct SqliteLog;
impl SqliteLog {
    /// Opens in the background.
    pub fn open(_: &std::path::Path, _: &BusOptions) -> SqliteLog { todo!() }
}
#[async_trait]
impl EventLog for SqliteLog {
    async fn append(&self, _: Vec<(Topic, Message)>) -> Result<(), Unavailable> { todo!() }
    async fn subscribe(&self, _: &str, _: &[Topic]) -> Result<Box<dyn Source>, Unavailable> { todo!() }
    async fn read(&self, _: &[Topic], _: &Positions) -> Result<Box<dyn LogReader>, Unavailable> { todo!() }
    async fn ends(&self, _: Topic) -> Result<Positions, Unavailable> { todo!() }
    async fn lag(&self, _: &str, _: Topic) -> Result<u64, Unavailable> { todo!() }
}
