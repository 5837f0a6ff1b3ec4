#![doc = include_str!("README.md")]

mod calls;
mod charge;
mod charge_rows;
mod handler;
mod refund;
mod refund_rows;
mod request;
mod store;

pub use calls::CallLimits;
pub use handler::PaymentHandler;

use crate::attach::attach;
use crate::gateway::Gateway;
use ::store::{Location, OpenError};
use bus::runner::Limits;
use bus::{DeadLetterQueue, Queue, Runner};
use clap::Args;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The most messages in one batch, and so the most calls that a lane has at the gateway.
const BATCH: usize = 500;

/// How the payment service works.
#[derive(Args, Clone, Debug)]
pub struct PaymentSettings {
    /// Milliseconds after which a call to the payment gateway is given up, to be looked up later
    #[arg(long, env = "FESTFLOW_PAYMENT_CALL_LIMIT_MS", default_value_t = PaymentSettings::default().payment_call_limit_ms)]
    pub payment_call_limit_ms: u64,
    /// Batches of payments that are worked on at the same time
    #[arg(long, env = "FESTFLOW_PAYMENT_LANES", default_value_t = PaymentSettings::default().payment_lanes)]
    pub payment_lanes: u16,
}

impl Default for PaymentSettings {
    fn default() -> PaymentSettings {
        PaymentSettings {
            payment_call_limit_ms: 2_000,
            payment_lanes: 4,
        }
    }
}

/// Starts the payment service in `tasks`; it stops after `shutdown`, once what is in hand is finished. Its own database
/// is at `location`. The brokers may come later.
///
/// # Errors
/// Its database cannot be opened.
pub async fn start(
    bus: &ops::Bus,
    location: &Location,
    gateway: Arc<dyn Gateway>,
    settings: &PaymentSettings,
    tasks: &TaskTracker,
    shutdown: &CancellationToken,
) -> Result<(), OpenError> {
    let call_limits = CallLimits {
        call: Duration::from_millis(settings.payment_call_limit_ms),
        ..CallLimits::default()
    };
    let handler = Arc::new(PaymentHandler::open(location, gateway, call_limits).await?);
    for lane in 1..=settings.payment_lanes {
        let (bus, handler, shutdown) = (bus.clone(), handler.clone(), shutdown.clone());
        tasks.spawn(async move {
            let name = format!("payment/payments/{lane}");
            let limits = Limits {
                batch: BATCH,
                ..Limits::default()
            };
            let consume = || bus.queue.consume(Queue::Payments, limits.in_hand());
            let Some(source) = attach(&name, &shutdown, consume).await else {
                return;
            };
            let runner = Runner {
                name,
                source,
                handler,
                queue: bus.queue.clone(),
                log: bus.log.clone(),
                dead_letters: DeadLetterQueue::Of(Queue::Payments),
                limits,
            };
            runner.run(shutdown).await;
        });
    }
    Ok(())
}
