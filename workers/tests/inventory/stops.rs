//! The worker is stopped at each point between its transaction, its events, its commands and its acknowledgement; the
//! next one that takes the work over leaves the same behind.

use super::messages::{bus_at, order};
use super::{inventory, level, orders, placed};
use crate::support::{Place, random_id};
use async_trait::async_trait;
use bus::{
    CommandQueue, DeadLetter, DeadLetterQueue, Depth, EventLog, Handler, Limits, LogReader,
    Message, NotAppended, Positions, Queue, Runner, Source, Topic, Unavailable,
};
use ops::Bus;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use store::Database;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use workers::crash_journal::HandlingRows;

/// Before what the worker stops.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Point {
    Events,
    Commands,
    Ack,
}

/// Ports that let nothing pass once the worker is at its point.
struct Stopped {
    queue: Arc<dyn CommandQueue>,
    log: Arc<dyn EventLog>,
    point: Point,
    reached: Notify,
}

impl Stopped {
    async fn stop_at(&self, point: Point) {
        if self.point == point {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl EventLog for Stopped {
    fn broker(&self) -> &'static str {
        self.log.broker()
    }
    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        self.stop_at(Point::Events).await;
        self.log.append(batch).await
    }
    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        self.log.subscribe(group, topics).await
    }
    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        self.log.read(topics, from).await
    }
    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        self.log.ends(topic).await
    }
    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        self.log.lag(group, topic).await
    }
}

#[async_trait]
impl CommandQueue for Stopped {
    fn broker(&self) -> &'static str {
        self.queue.broker()
    }
    async fn send(&self, batch: Vec<(Queue, Message)>) -> Result<(), Unavailable> {
        self.stop_at(Point::Commands).await;
        self.queue.send(batch).await?;
        self.stop_at(Point::Ack).await;
        Ok(())
    }
    async fn bury(&self, queue: DeadLetterQueue, letter: DeadLetter) -> Result<(), Unavailable> {
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

struct Ports {
    queue: Arc<dyn CommandQueue>,
    log: Arc<dyn EventLog>,
    db: Database,
}

impl Ports {
    fn open(place: &Place, db: &Database) -> Ports {
        let Bus { queue, log } = bus_at(place);
        let db = db.clone();
        Ports { queue, log, db }
    }

    /// What a new process knows of the deaths before it.
    fn crashes(&self) -> HandlingRows {
        let process = random_id().to_string().into();
        HandlingRows::new(self.db.clone(), "inventory/orders", process)
    }

    async fn runner(&self, handler: Arc<dyn Handler>, out: Option<Arc<Stopped>>) -> Runner {
        let (queue, log) = match out {
            Some(stopped) => (
                stopped.clone() as Arc<dyn CommandQueue>,
                stopped as Arc<dyn EventLog>,
            ),
            None => (self.queue.clone(), self.log.clone()),
        };
        Runner {
            name: "inventory/orders".to_owned(),
            source: self
                .queue
                .consume(Queue::Orders, Limits::default().in_hand())
                .await
                .unwrap(),
            handler,
            queue,
            log,
            dead_letters: DeadLetterQueue::Of(Queue::Orders),
            crashes: Arc::new(self.crashes()),
            limits: Limits::default(),
        }
    }

    /// Five orders; the first worker stops at `point`, the second finishes. What they left, by message id.
    async fn five_orders(
        &self,
        point: Point,
        first: Arc<dyn Handler>,
        second: Arc<dyn Handler>,
    ) -> BTreeMap<String, BTreeSet<String>> {
        let five = (1..=5).map(|number| (Queue::Orders, placed(order(number, &[("day", 2)]))));
        self.queue.send(five.collect()).await.unwrap();
        let stopped = Arc::new(Stopped {
            queue: self.queue.clone(),
            log: self.log.clone(),
            point,
            reached: Notify::new(),
        });
        let worker = self.runner(first, Some(stopped.clone())).await;
        let worker = tokio::spawn(worker.run(CancellationToken::new()));
        stopped.reached.notified().await;
        worker.abort();
        let _ = worker.await;

        let shutdown = CancellationToken::new();
        let worker = tokio::spawn(self.runner(second, None).await.run(shutdown.clone()));
        while self.queue.depth(Queue::Orders).await.unwrap() != empty(self).await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        shutdown.cancel();
        worker.await.unwrap();
        self.left().await
    }

    /// Facts and charges, by message id: all bytes that were ever seen under that id.
    async fn left(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut left = BTreeMap::<String, BTreeSet<String>>::new();
        let mut keep = |message: Message| {
            left.entry(format!("{} {}", message.kind, message.id))
                .or_default()
                .insert(message.payload);
        };
        let end: i64 = self
            .log
            .ends(Topic::Analytics)
            .await
            .unwrap()
            .0
            .values()
            .sum();
        let mut reader = self
            .log
            .read(&[Topic::Analytics], &Positions::default())
            .await
            .unwrap();
        let mut read = 0;
        while read < end {
            for record in reader.take(100, Duration::ZERO).await.unwrap() {
                read += 1;
                keep(record.message);
            }
        }
        let mut source = self.queue.consume(Queue::Payments, 1000).await.unwrap();
        let waiting = self.queue.depth(Queue::Payments).await.unwrap().ready;
        let mut taken = 0;
        while taken < waiting {
            for delivery in source.take(100, Duration::ZERO).await.unwrap() {
                taken += 1;
                keep(delivery.message);
            }
        }
        left
    }
}

/// How an empty queue looks whose one consumer has acknowledged everything.
async fn empty(ports: &Ports) -> Depth {
    let now = ports.queue.depth(Queue::Orders).await.unwrap();
    Depth {
        ready: 0,
        unacked: Some(0),
        ..now
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_it_stops_the_end_is_the_same() {
    for point in [Point::Events, Point::Commands, Point::Ack] {
        let place = Place::sqlite();
        let db = inventory(&place).await;
        let (first, second) = (Arc::new(orders(&db)), Arc::new(orders(&db)));
        let left = Ports::open(&place, &db)
            .five_orders(point, first, second)
            .await;
        assert_eq!(
            left.len(),
            10,
            "{point:?}: five INVENTORY_RESERVED and five CHARGE_PAYMENT: {left:#?}"
        );
        assert!(
            left.values().all(|bytes| bytes.len() == 1),
            "{point:?}: the same bytes again: {left:#?}"
        );
        assert_eq!(level(&db, "day").await, (40, 10, 0), "{point:?}");
    }
}

/// The negative control: a second worker that does not find the first one's decisions leaves something else.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_without_the_decisions_says_something_else() {
    let (place, elsewhere) = (Place::sqlite(), Place::sqlite());
    let db = inventory(&place).await;
    let first = Arc::new(orders(&db));
    let forgetful = Arc::new(orders(&inventory(&elsewhere).await));
    let left = Ports::open(&place, &db)
        .five_orders(Point::Ack, first, forgetful)
        .await;
    assert!(
        left.values().any(|bytes| bytes.len() > 1),
        "nothing differs: {left:#?}"
    );
}
