//! The line of orders that nobody has decided yet: how many are before an order, and how long they will take.

mod looks;

pub(crate) use looks::Arrival;

use crate::intake::memory::Memory;
use crate::read_model::{Now, ReadModel, counter};
use bus::{CommandQueue, Queue};
use domain::Timestamp;
use domain::view::WaitView;
use looks::{Look, Looks};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often the line is looked at.
const PACE: Duration = Duration::from_secs(1);

/// What was seen of the line. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct WaitingLine(Arc<Mutex<Looks>>);

impl WaitingLine {
    /// Looks at the line until `shutdown`.
    pub async fn run(
        self,
        queue: Arc<dyn CommandQueue>,
        read_model: ReadModel,
        memory: Arc<Memory>,
        shutdown: CancellationToken,
    ) {
        let work = async {
            loop {
                // A queue that does not answer is complained about elsewhere; the line is unknown meanwhile.
                if let Ok(Ok(depth)) = tokio::time::timeout(PACE, queue.depth(Queue::Orders)).await
                {
                    let now = read_model.now();
                    if now.caught_up {
                        self.lock().note(Look {
                            at: Timestamp::now(),
                            waiting: depth.ready + depth.unacked.unwrap_or(0),
                            decided: decided(&now),
                            accepted: memory.accepted(),
                        });
                    }
                }
                tokio::time::sleep(PACE).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    /// Where an order stands now. `None` before the first look.
    pub fn place_of(&self, arrival: Arrival, now: &Now) -> Option<WaitView> {
        self.lock().place(arrival, decided(now))
    }

    fn lock(&self) -> MutexGuard<'_, Looks> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn decided(now: &Now) -> u64 {
    now.count(counter::DECISIONS).unsigned_abs()
}
