//! A runner at work in a test, and a handler that does what the test says.

use crate::{bench::Bench, support::*};
use async_trait::async_trait;
use bus::{
    CommandQueue, DeadLetterQueue, EventLog, Failure, Handler, Message, Outcome, Queue, Runner,
    Topic,
    runner::{Limits, RetryPolicy},
};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

type Answer = Result<Vec<Outcome>, Failure>;
type Sticks = dyn Fn(&[u32]) -> bool + Send + Sync;
type Script = dyn Fn(&Scripted, &[u32]) -> Answer + Send + Sync;

/// Answers a batch by a function of its numbers, and remembers what it was asked.
pub struct Scripted {
    script: Box<Script>,
    calls: Mutex<Vec<(Instant, Vec<u32>)>>,
    done: Mutex<Vec<u32>>,
    sticks_on: Box<Sticks>,
    is_stuck: AtomicBool,
}

impl Scripted {
    /// Answers whole batches.
    pub fn batches(
        script: impl Fn(&Scripted, &[u32]) -> Answer + Send + Sync + 'static,
    ) -> Arc<Scripted> {
        Arc::new(Scripted {
            script: Box::new(script),
            calls: Mutex::default(),
            done: Mutex::default(),
            sticks_on: Box::new(|_| false),
            is_stuck: AtomicBool::new(false),
        })
    }

    /// Never answers a batch on which it `sticks`, and does all others.
    pub fn stuck(sticks: impl Fn(&[u32]) -> bool + Send + Sync + 'static) -> Arc<Scripted> {
        Arc::new(Scripted {
            script: Box::new(|_, batch| Ok(batch.iter().map(|_| Outcome::nothing()).collect())),
            calls: Mutex::default(),
            done: Mutex::default(),
            sticks_on: Box::new(sticks),
            is_stuck: AtomicBool::new(false),
        })
    }

    /// Whether it has a batch that it will never answer.
    pub fn is_stuck(&self) -> bool {
        self.is_stuck.load(Ordering::SeqCst)
    }

    /// Answers each message by itself.
    pub fn each(
        script: impl Fn(&Scripted, u32) -> Outcome + Send + Sync + 'static,
    ) -> Arc<Scripted> {
        Scripted::batches(move |handler, batch| {
            Ok(batch
                .iter()
                .map(|number| script(handler, *number))
                .collect())
        })
    }

    /// When it was called, and with what.
    pub fn calls(&self) -> Vec<(Instant, Vec<u32>)> {
        self.calls.lock().unwrap().clone()
    }

    /// When it was asked about the message `number`.
    pub fn tries(&self, number: u32) -> Vec<Instant> {
        let calls = self.calls();
        let with_it = calls.iter().filter(|(_, batch)| batch.contains(&number));
        with_it.map(|(at, _)| *at).collect()
    }

    /// What it has done, in order.
    pub fn done(&self) -> Vec<u32> {
        self.done.lock().unwrap().clone()
    }

    /// What it has done, sorted, each once.
    pub fn done_once(&self) -> Vec<u32> {
        let mut done = self.done();
        done.sort_unstable();
        done.dedup();
        done
    }
}

#[async_trait]
impl Handler for Scripted {
    async fn handle(&self, batch: &[Message]) -> Answer {
        let batch: Vec<u32> = batch.iter().map(number).collect();
        self.calls
            .lock()
            .unwrap()
            .push((Instant::now(), batch.clone()));
        if (self.sticks_on)(&batch) {
            self.is_stuck.store(true, Ordering::SeqCst);
            std::future::pending::<()>().await;
        }
        let answer = (self.script)(self, &batch)?;
        for (number, outcome) in batch.iter().zip(&answer) {
            if matches!(outcome, Outcome::Done(_)) {
                self.done.lock().unwrap().push(*number);
            }
        }
        Ok(answer)
    }
}

/// A runner at work.
pub struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

impl Running {
    /// Handles the orders.
    pub async fn on_orders(bench: &Bench, handler: &Arc<Scripted>) -> Running {
        let queue = bench.queue().await;
        let log = bench.log().await;
        Running::on_orders_with(bench, queue, log, handler).await
    }

    /// Handles the orders, and publishes to these ports.
    pub async fn on_orders_with(
        bench: &Bench,
        queue: Arc<dyn CommandQueue>,
        log: Arc<dyn EventLog>,
        handler: &Arc<Scripted>,
    ) -> Running {
        let limits = limits();
        let source = queue
            .consume(Queue::Orders, limits.in_hand())
            .await
            .unwrap();
        Running::start(Runner {
            name: "test/orders".to_owned(),
            source,
            handler: handler.clone(),
            queue,
            log,
            dead_letters: DeadLetterQueue::Of(Queue::Orders),
            crashes: bench.crashes.process(),
            limits,
        })
    }

    /// Handles the log as the group `group`.
    pub async fn on_log(bench: &Bench, handler: &Arc<Scripted>) -> Running {
        let queue = bench.queue().await;
        Running::on_log_with(queue, bench, handler).await
    }

    /// Handles the log as the group `group`, and sends to this queue.
    pub async fn on_log_with(
        queue: Arc<dyn CommandQueue>,
        bench: &Bench,
        handler: &Arc<Scripted>,
    ) -> Running {
        let log = bench.log().await;
        let source = log.subscribe("group", &[Topic::Analytics]).await.unwrap();
        Running::start(Runner {
            name: "test/log".to_owned(),
            source,
            handler: handler.clone(),
            queue,
            log,
            dead_letters: DeadLetterQueue::Log,
            crashes: bench.crashes.process(),
            limits: limits(),
        })
    }

    fn start(runner: Runner) -> Running {
        let shutdown = CancellationToken::new();
        let task = tokio::spawn(runner.run(shutdown.clone()));
        Running { shutdown, task }
    }

    /// Ends it as its process' death would.
    pub async fn kill(self) {
        self.task.abort();
        // That it was aborted is what was wanted.
        let _ = self.task.await;
    }

    /// Stops it, and waits until it has stopped.
    pub async fn stop(self) {
        self.shutdown.cancel();
        soon("the runner stops", self.task).await.unwrap();
    }
}

/// Short enough for a test.
pub const RETRY: RetryPolicy = RetryPolicy {
    first: Duration::from_millis(50),
    longest: Duration::from_secs(2),
    give_up_after: Duration::from_secs(3),
};

fn limits() -> Limits {
    Limits {
        batch: 20,
        most_waiting: 100,
        retry: RETRY,
        ..Limits::default()
    }
}

/// Counts calls by key.
#[derive(Default)]
pub struct Counter(Mutex<BTreeMap<u32, u32>>);

impl Counter {
    /// One more; how many there were before.
    pub fn next(&self, key: u32) -> u32 {
        let mut counts = self.0.lock().unwrap();
        let count = counts.entry(key).or_default();
        *count += 1;
        *count - 1
    }
}
