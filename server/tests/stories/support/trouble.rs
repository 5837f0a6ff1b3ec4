//! Brokers that fail on demand.

use async_trait::async_trait;
use bus::{
    CommandQueue, DeadLetter, DeadLetterQueue, Depth, EventLog, LogReader, Message, NotAppended,
    Positions, Queue, Record, Source, Topic, Unavailable,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How a broker is at the moment.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It works.
    Well,
    /// It says no.
    Gone,
    /// It says nothing.
    Silent,
}

/// A broker behind a switch.
pub struct Switched<T: ?Sized> {
    behind: Arc<T>,
    mood: AtomicU8,
}

impl<T: ?Sized> Switched<T> {
    /// Well, at first.
    pub fn new(behind: Arc<T>) -> Arc<Switched<T>> {
        Arc::new(Switched {
            behind,
            mood: AtomicU8::new(Mood::Well as u8),
        })
    }

    pub fn set(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::SeqCst);
    }

    async fn pass(&self) -> Result<(), Unavailable> {
        match self.mood.load(Ordering::SeqCst) {
            mood if mood == Mood::Well as u8 => Ok(()),
            mood if mood == Mood::Gone as u8 => Err(Unavailable::new("the broker", "gone")),
            _ => std::future::pending().await,
        }
    }
}

#[async_trait]
impl CommandQueue for Switched<dyn CommandQueue> {
    fn broker(&self) -> &'static str {
        self.behind.broker()
    }

    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable> {
        self.pass().await?;
        self.behind.send(batch).await
    }

    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable> {
        self.pass().await?;
        self.behind.bury(queue, letter).await
    }

    async fn consume(&self, queue: Queue, in_hand: u16) -> Result<Box<dyn Source>, Unavailable> {
        self.pass().await?;
        self.behind.consume(queue, in_hand).await
    }

    async fn ready(&self) -> Result<(), Unavailable> {
        self.pass().await?;
        self.behind.ready().await
    }

    async fn depth(&self, queue: Queue) -> Result<Depth, Unavailable> {
        self.pass().await?;
        self.behind.depth(queue).await
    }

    async fn dead(&self, queue: DeadLetterQueue) -> Result<u64, Unavailable> {
        self.pass().await?;
        self.behind.dead(queue).await
    }
}

#[async_trait]
impl EventLog for Switched<dyn EventLog> {
    fn broker(&self) -> &'static str {
        self.behind.broker()
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        if let Err(error) = self.pass().await {
            return Err(NotAppended::nothing(batch, error));
        }
        self.behind.append(batch).await
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        self.pass().await?;
        self.behind.subscribe(group, topics).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        self.pass().await?;
        self.behind.read(topics, from).await
    }

    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        self.pass().await?;
        self.behind.ends(topic).await
    }

    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        self.pass().await?;
        self.behind.lag(group, topic).await
    }
}

/// A log of which readers get record by record, and at first only so many.
pub struct Dripping {
    behind: Arc<dyn EventLog>,
    drops: Arc<Semaphore>,
}

impl Dripping {
    /// Gives `first` records, and then none.
    pub fn new(behind: Arc<dyn EventLog>, first: usize) -> Arc<Dripping> {
        let drops = Arc::new(Semaphore::new(first));
        Arc::new(Dripping { behind, drops })
    }

    /// Gives all of them from now on.
    pub fn flow(&self) {
        self.drops.add_permits(1_000);
    }
}

struct DrippingReader {
    behind: Box<dyn LogReader>,
    drops: Arc<Semaphore>,
}

#[async_trait]
impl LogReader for DrippingReader {
    async fn take(&mut self, _limit: usize, linger: Duration) -> Result<Vec<Record>, Unavailable> {
        let drop = self.drops.acquire().await.unwrap();
        let records = self.behind.take(1, linger).await?;
        drop.forget();
        Ok(records)
    }
}

#[async_trait]
impl EventLog for Dripping {
    fn broker(&self) -> &'static str {
        self.behind.broker()
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        self.behind.append(batch).await
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        self.behind.subscribe(group, topics).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        Ok(Box::new(DrippingReader {
            behind: self.behind.read(topics, from).await?,
            drops: self.drops.clone(),
        }))
    }

    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        self.behind.ends(topic).await
    }

    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        self.behind.lag(group, topic).await
    }
}
