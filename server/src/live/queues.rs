//! How much waits on the queues and on the log. Brokers are asked while somebody wants to know, and only by one task,
//! however many dashboards are open.

use super::frames::Body;
use super::gauges;
use crate::read_model::ReadModel;
use bus::{CommandQueue, DeadLetterQueue, EventLog, Queue, Topic, Unavailable};
use domain::live::News;
use domain::view::{GroupGauge, QueueGauge, QueuesView};
use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often brokers are asked.
const PACE: Duration = Duration::from_millis(500);
/// How long one may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long an answer is good enough for a page.
const FRESH: Duration = Duration::from_secs(1);
/// How often depths are noted, and how many are kept: three minutes.
const NOTED_EACH: Duration = Duration::from_secs(2);
const LATELY: usize = 90;
/// The consumer groups of the log, with the topics that they read.
const GROUPS: [(&str, Topic); 3] = [
    ("inventory", Topic::Analytics),
    ("email", Topic::Analytics),
    ("email", Topic::Buyers),
];
/// This server's own reading, which is no group to the broker.
const READ_MODEL: &str = "read model";

/// Asks brokers. Clones share it.
#[derive(Clone)]
pub(crate) struct Queues(Arc<Inner>);

struct Inner {
    queue: Arc<dyn CommandQueue>,
    log: Arc<dyn EventLog>,
    read_model: ReadModel,
    latest: Mutex<Option<(Instant, QueuesView)>>,
    lately: Mutex<BTreeMap<Queue, VecDeque<u64>>>,
}

impl Queues {
    /// Asks these.
    pub fn new(
        queue: Arc<dyn CommandQueue>,
        log: Arc<dyn EventLog>,
        read_model: ReadModel,
    ) -> Queues {
        Queues(Arc::new(Inner {
            queue,
            log,
            read_model,
            latest: Mutex::default(),
            lately: Mutex::default(),
        }))
    }

    /// How it stands, at most a second old. Never fails: what could not be asked is said.
    pub async fn view(&self) -> QueuesView {
        let known = self.lock().clone();
        match known {
            Some((at, view)) if at.elapsed() < FRESH => view,
            _ => self.ask().await,
        }
    }

    /// Keeps the gauge up to date while somebody watches, until `shutdown`.
    pub async fn run(self, gauge: watch::Sender<Option<Body>>, shutdown: CancellationToken) {
        let make = || async { Some(Body::new(&News::Queues(self.ask().await))) };
        shutdown
            .run_until_cancelled(gauges::keep(&gauge, PACE, make))
            .await;
    }

    /// Notes how much waits, whether anybody watches or not, until `shutdown`: whoever opens the dashboard wants to know how
    /// it came to be.
    pub async fn note_depths(self, shutdown: CancellationToken) {
        let work = async {
            loop {
                for queue in Queue::ALL {
                    // One that cannot be asked is said by the gauge.
                    if let Ok(depth) = in_time(self.0.queue.depth(queue)).await {
                        let mut lately = self.lately();
                        let lately = lately.entry(queue).or_default();
                        lately.push_back(depth.ready);
                        if lately.len() > LATELY {
                            lately.pop_front();
                        }
                    }
                }
                tokio::time::sleep(NOTED_EACH).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    async fn ask(&self) -> QueuesView {
        let (queues, dead, groups, own) = tokio::join!(
            futures_util::future::join_all(Queue::ALL.map(|queue| self.queue(queue))),
            in_time(self.0.queue.dead(DeadLetterQueue::Log)),
            futures_util::future::join_all(GROUPS.map(|(group, topic)| self.group(group, topic))),
            self.own_lag(),
        );
        let mut view = QueuesView::default();
        let mut trouble = Vec::new();
        for queue in queues {
            keep(queue, &mut view.queues, &mut trouble);
        }
        match dead {
            // What no group could read has no queue of its own but this.
            Ok(dead) if dead > 0 => view.queues.push(QueueGauge {
                name: "log".to_owned(),
                ready: 0,
                unacked: None,
                consumers: None,
                in_per_second: None,
                out_per_second: None,
                dead,
                lately: Vec::new(),
            }),
            Ok(_) => {}
            Err(error) => trouble.push(error),
        }
        for group in groups.into_iter().chain([own]) {
            keep(group, &mut view.groups, &mut trouble);
        }
        view.trouble = trouble.first().map(|error| {
            tracing::debug!(%error, "a broker could not be asked");
            // Which one is for people; what it said is for the log.
            format!("{} cannot be asked", error.what)
        });
        *self.lock() = Some((Instant::now(), view.clone()));
        view
    }

    async fn queue(&self, queue: Queue) -> Result<QueueGauge, Unavailable> {
        let (depth, dead) = tokio::join!(
            in_time(self.0.queue.depth(queue)),
            in_time(self.0.queue.dead(DeadLetterQueue::Of(queue))),
        );
        let depth = depth?;
        Ok(QueueGauge {
            name: queue.name().to_owned(),
            ready: depth.ready,
            unacked: depth.unacked,
            consumers: depth.consumers,
            in_per_second: depth.in_per_second,
            out_per_second: depth.out_per_second,
            dead: dead?,
            lately: self
                .lately()
                .get(&queue)
                .map(|lately| lately.iter().copied().collect())
                .unwrap_or_default(),
        })
    }

    async fn group(&self, group: &str, topic: Topic) -> Result<GroupGauge, Unavailable> {
        Ok(GroupGauge {
            group: group.to_owned(),
            topic: topic.name().to_owned(),
            lag: in_time(self.0.log.lag(group, topic)).await?,
        })
    }

    async fn own_lag(&self) -> Result<GroupGauge, Unavailable> {
        let ends = in_time(self.0.log.ends(Topic::Analytics)).await?;
        let now = self.0.read_model.now();
        let behind = |(lane, end): (&(Topic, i32), &i64)| {
            let next = now.positions.0.get(lane).copied().unwrap_or(0);
            u64::try_from(end - next).unwrap_or(0)
        };
        Ok(GroupGauge {
            group: READ_MODEL.to_owned(),
            topic: Topic::Analytics.name().to_owned(),
            lag: ends.0.iter().map(behind).sum(),
        })
    }

    fn lately(&self) -> std::sync::MutexGuard<'_, BTreeMap<Queue, VecDeque<u64>>> {
        self.0.lately.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<(Instant, QueuesView)>> {
        // Nothing in here can be left half done.
        self.0.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn in_time<T>(
    answer: impl Future<Output = Result<T, Unavailable>>,
) -> Result<T, Unavailable> {
    tokio::time::timeout(PATIENCE, answer)
        .await
        .unwrap_or_else(|_| Err(Unavailable::new("a broker", "no answer in time")))
}

fn keep<T>(answer: Result<T, Unavailable>, kept: &mut Vec<T>, trouble: &mut Vec<Unavailable>) {
    match answer {
        Ok(answer) => kept.push(answer),
        Err(error) => trouble.push(error),
    }
}
