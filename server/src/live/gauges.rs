//! Gauges: only the latest value counts. They are made a few times a second, while somebody watches, once for all.

use super::arrivals::Arrivals;
use super::frames::Body;
use crate::intake::memory::Memory;
use crate::read_model::{Now, ReadModel, counter};
use domain::Timestamp;
use domain::live::News;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often they may change.
const PACE: Duration = Duration::from_millis(150);
/// The history's finest step.
const SECOND: Duration = Duration::from_secs(1);
/// Orders in the list of recent ones.
pub(crate) const RECENT_ORDERS: u32 = 20;
/// Changes of stock in the list of the last ones.
pub(crate) const LAST_ADJUSTMENTS: u32 = 10;

/// The gauges' latest values; `None` until one was made. A reader makes its first ones itself.
#[derive(Clone, Debug)]
pub(crate) struct Gauges {
    /// Stock levels of all types.
    pub stock: watch::Sender<Option<Body>>,
    /// The sale in numbers.
    pub totals: watch::Sender<Option<Body>>,
    /// The last orders.
    pub orders: watch::Sender<Option<Body>>,
    /// The last changes of stock.
    pub adjustments: watch::Sender<Option<Body>>,
    /// Queues and groups.
    pub queues: watch::Sender<Option<Body>>,
    /// The sale over time.
    pub history: watch::Sender<Option<Body>>,
    /// Whether it all adds up.
    pub ledger: watch::Sender<Option<Body>>,
}

impl Gauges {
    /// Without values.
    pub fn new() -> Gauges {
        Gauges {
            stock: watch::Sender::new(None),
            totals: watch::Sender::new(None),
            orders: watch::Sender::new(None),
            adjustments: watch::Sender::new(None),
            queues: watch::Sender::new(None),
            history: watch::Sender::new(None),
            ledger: watch::Sender::new(None),
        }
    }

    /// Keeps the history up to date until `shutdown`: time goes on also when nothing happens.
    pub async fn run_history(self, read_model: ReadModel, shutdown: CancellationToken) {
        let make = || async {
            let made = history(&read_model).await;
            made.inspect_err(|error| tracing::warn!(%error, "the history cannot be read"))
                .ok()
        };
        shutdown
            .run_until_cancelled(keep(&self.history, SECOND, make))
            .await;
    }

    /// Keeps stock, totals and orders up to date until `shutdown`.
    pub async fn run(
        self,
        read_model: ReadModel,
        memory: Arc<Memory>,
        arrivals: Arrivals,
        shutdown: CancellationToken,
    ) {
        let (mut decided, mut arrived) = (read_model.changes(), arrivals.changes());
        decided.mark_changed();
        let work = async {
            loop {
                let changed = tokio::select! {
                    changed = decided.changed() => changed,
                    changed = arrived.changed() => changed,
                };
                if changed.is_err() {
                    // The read model's writer has ended.
                    return;
                }
                self.bring_up_to_date(&read_model, &memory, &arrivals).await;
                tokio::time::sleep(PACE).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
    }

    async fn bring_up_to_date(&self, read_model: &ReadModel, memory: &Memory, arrivals: &Arrivals) {
        let now = read_model.now();
        metrics::gauge!("festflow_read_model_unreadable")
            .set(now.count(counter::UNREADABLE) as f64);
        if self.stock.receiver_count() > 0 {
            set(&self.stock, stock(&now));
        }
        if self.totals.receiver_count() > 0 {
            set(&self.totals, totals(&now, memory));
        }
        if self.orders.receiver_count() > 0 {
            match orders(read_model, arrivals).await {
                Ok(orders) => set(&self.orders, orders),
                Err(error) => tracing::warn!(%error, "the recent orders cannot be read"),
            }
        }
        if self.adjustments.receiver_count() > 0 {
            match adjustments(read_model).await {
                Ok(adjustments) => set(&self.adjustments, adjustments),
                Err(error) => tracing::warn!(%error, "the changes of stock cannot be read"),
            }
        }
    }
}

/// Stock levels of all types.
pub(super) fn stock(now: &Now) -> Body {
    Body::new(&News::Stock(now.stock.clone()))
}

/// The sale in numbers.
pub(super) fn totals(now: &Now, memory: &Memory) -> Body {
    Body::new(&News::Totals(now.totals(memory.accepted())))
}

/// The last orders.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn orders(
    read_model: &ReadModel,
    arrivals: &Arrivals,
) -> Result<Body, sqlx::Error> {
    let orders = arrivals.recent_orders(read_model, RECENT_ORDERS).await?;
    Ok(Body::new(&News::Orders(orders)))
}

/// The last changes of stock.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn adjustments(read_model: &ReadModel) -> Result<Body, sqlx::Error> {
    let adjustments = read_model.last_adjustments(LAST_ADJUSTMENTS).await?;
    Ok(Body::new(&News::Adjustments(adjustments)))
}

/// The sale over time.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn history(read_model: &ReadModel) -> Result<Body, sqlx::Error> {
    let history = read_model.history(Timestamp::now()).await?;
    Ok(Body::new(&News::History(history)))
}

/// Makes a gauge anew again and again while somebody watches; `None` leaves it as it is.
pub(crate) async fn keep<Made: Future<Output = Option<Body>>>(
    gauge: &watch::Sender<Option<Body>>,
    pace: Duration,
    make: impl Fn() -> Made,
) {
    loop {
        if gauge.receiver_count() > 0
            && let Some(made) = make().await
        {
            set(gauge, made);
        }
        tokio::time::sleep(pace).await;
    }
}

/// Sets a gauge where it changes.
fn set(gauge: &watch::Sender<Option<Body>>, value: Body) {
    gauge.send_if_modified(|known| {
        let changed = known.as_ref() != Some(&value);
        if changed {
            *known = Some(value);
        }
        changed
    });
}
