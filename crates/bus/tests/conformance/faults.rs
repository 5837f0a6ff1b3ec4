//! Ports that fail when a test says so, before real ones.

use async_trait::async_trait;
use bus::{
    CommandQueue, CrashJournal, Crashes, DeadLetter, DeadLetterQueue, Depth, EventLog, LogReader,
    Message, NotAppended, Positions, Queue, Source, Topic, Unavailable,
};
use domain::MessageId;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
};

/// A queue that takes no messages while it is closed, and can still be asked and consumed.
pub struct Closable {
    queue: Arc<dyn CommandQueue>,
    closed: AtomicBool,
    refused: AtomicU32,
}

impl Closable {
    /// Closed.
    pub fn closed(queue: Arc<dyn CommandQueue>) -> Arc<Closable> {
        Arc::new(Closable {
            queue,
            closed: AtomicBool::new(true),
            refused: AtomicU32::new(0),
        })
    }

    /// Takes messages from now on.
    pub fn open(&self) {
        self.closed.store(false, Ordering::SeqCst);
    }

    /// How many calls it has refused.
    pub fn refused(&self) -> u32 {
        self.refused.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), Unavailable> {
        if self.closed.load(Ordering::SeqCst) {
            self.refused.fetch_add(1, Ordering::SeqCst);
            return Err(Unavailable::new("queue", "gone"));
        }
        Ok(())
    }
}

#[async_trait]
impl CommandQueue for Closable {
    fn broker(&self) -> &'static str {
        self.queue.broker()
    }
    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable> {
        self.check()?;
        self.queue.send(batch).await
    }
    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable> {
        self.check()?;
        self.queue.bury(queue, letter).await
    }
    async fn consume(&self, queue: Queue, in_hand: u16) -> Result<Box<dyn Source>, Unavailable> {
        self.queue.consume(queue, in_hand).await
    }
    async fn ready(&self) -> Result<(), Unavailable> {
        self.queue.ready().await
    }
    async fn depth(&self, queue: Queue) -> Result<Depth, Unavailable> {
        self.queue.depth(queue).await
    }
    async fn dead(&self, queue: DeadLetterQueue) -> Result<u64, Unavailable> {
        self.queue.dead(queue).await
    }
}

/// A journal of crashes in memory. The processes of a test are tasks, and die by being aborted.
#[derive(Clone, Default)]
pub struct Journal(Arc<Mutex<BTreeMap<MessageId, Handling>>>);

struct Handling {
    process: u64,
    together: u32,
    crashed_alone: u32,
}

impl Journal {
    /// As a new process sees it.
    pub fn process(&self) -> Arc<dyn CrashJournal> {
        Arc::new(ProcessJournal {
            process: rand::random(),
            rows: self.clone(),
        })
    }
}

struct ProcessJournal {
    process: u64,
    rows: Journal,
}

#[async_trait]
impl CrashJournal for ProcessJournal {
    async fn crashes(
        &self,
        messages: &[MessageId],
    ) -> Result<HashMap<MessageId, Crashes>, Unavailable> {
        let rows = self.rows.0.lock().unwrap();
        let found = messages.iter().filter_map(|id| Some((*id, rows.get(id)?)));
        let others = found.filter(|(_, row)| row.process != self.process);
        let crashes = others.map(|(id, row)| {
            let alone = row.crashed_alone + u32::from(row.together == 1);
            let together = row.together;
            (id, Crashes { together, alone })
        });
        Ok(crashes.collect())
    }
    async fn begin(&self, messages: &[MessageId], crashed_alone: u32) -> Result<(), Unavailable> {
        let together = u32::try_from(messages.len()).unwrap();
        let process = self.process;
        let row = |id: &MessageId| {
            let row = Handling {
                process,
                together,
                crashed_alone,
            };
            (*id, row)
        };
        self.rows.0.lock().unwrap().extend(messages.iter().map(row));
        Ok(())
    }
    async fn end(&self, messages: &[MessageId]) -> Result<(), Unavailable> {
        let mut rows = self.rows.0.lock().unwrap();
        rows.retain(|id, _| !messages.contains(id));
        Ok(())
    }
    async fn end_all(&self) -> Result<(), Unavailable> {
        let mut rows = self.rows.0.lock().unwrap();
        rows.retain(|_, row| row.process != self.process);
        Ok(())
    }
}

/// A log that is gone.
pub struct Gone;

#[async_trait]
impl EventLog for Gone {
    fn broker(&self) -> &'static str {
        "nobody"
    }
    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        let error = Unavailable::new("log", "gone");
        Err(NotAppended::nothing(batch, error))
    }
    async fn subscribe(&self, _: &str, _: &[Topic]) -> Result<Box<dyn Source>, Unavailable> {
        Err(Unavailable::new("log", "gone"))
    }
    async fn read(&self, _: &[Topic], _: &Positions) -> Result<Box<dyn LogReader>, Unavailable> {
        Err(Unavailable::new("log", "gone"))
    }
    async fn ends(&self, _: Topic) -> Result<Positions, Unavailable> {
        Err(Unavailable::new("log", "gone"))
    }
    async fn lag(&self, _: &str, _: Topic) -> Result<u64, Unavailable> {
        Err(Unavailable::new("log", "gone"))
    }
}
