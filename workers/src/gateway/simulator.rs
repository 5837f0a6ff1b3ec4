//! The gateway that comes with FestFlow: test tokens, latency, outages and lost answers, with books on disk.

use super::charges::{Entry, Request};
use super::tokens::{Behaviour, behaviour};
use super::{
    Charge, ChargeStatus, Gateway, GatewayError, GatewaySettings, Refund, RefundStatus, Totals,
    charges, ledger, refunds,
};
use async_trait::async_trait;
use domain::Timestamp;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use store::{Batcher, Database, Trouble};

/// The most requests that are decided in one transaction.
const BATCH: usize = 1_000;

type Answer<T> = Result<T, GatewayError>;

/// A payment gateway with a ledger of its own.
#[derive(Debug)]
pub struct Simulator {
    database: Database,
    charges: Batcher<Request, Answer<Entry>>,
    refunds: Batcher<Refund, Answer<RefundStatus>>,
    latency: Duration,
    slow: Duration,
    down: AtomicBool,
}

impl Simulator {
    /// A gateway with its ledger in `database`, which it may share with other simulators.
    pub fn new(database: Database, settings: &GatewaySettings) -> Simulator {
        let slow = Duration::from_millis(settings.gateway_slow_ms);
        let books = database.clone();
        let charges = Batcher::spawn(BATCH, move |requests: Vec<Request>| {
            let books = books.clone();
            async move {
                let entries = charges::apply(&books, &requests, now(), slow).await;
                one_each(entries, requests.len())
            }
        });
        let books = database.clone();
        let refunds = Batcher::spawn(BATCH, move |requests: Vec<Refund>| {
            let books = books.clone();
            async move {
                let answers = refunds::apply(&books, &requests, now()).await;
                one_each(answers, requests.len())
            }
        });
        Simulator {
            database,
            charges,
            refunds,
            latency: Duration::from_millis(settings.gateway_latency_ms),
            slow,
            down: AtomicBool::new(settings.gateway_down),
        }
    }

    /// Lets the gateway be down, or up again.
    pub fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    /// What its books add up to now.
    ///
    /// # Errors
    /// Its database cannot be used.
    pub async fn totals(&self) -> Result<Totals, Trouble> {
        ledger::totals(&self.database, now()).await
    }

    /// A request on its way: it takes time, and may find nobody at home.
    async fn call<T>(&self, request: impl Future<Output = Option<Answer<T>>>) -> Answer<T> {
        if self.down.load(Ordering::Relaxed) {
            return Err(GatewayError::Down("an outage is simulated".to_owned()));
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        request
            .await
            .unwrap_or_else(|| Err(GatewayError::Down("the simulator has stopped".to_owned())))
    }
}

#[async_trait]
impl Gateway for Simulator {
    async fn charge(&self, charge: &Charge) -> Result<ChargeStatus, GatewayError> {
        let request = self.charges.call(Request::Charge(charge.clone()));
        let entry = self.call(request).await?;
        match (entry.status, behaviour(charge.token.as_str())) {
            (Some(_), Behaviour::LoseAnswer) if entry.fresh => {
                Err(GatewayError::Lost("it was simulated to be".to_owned()))
            }
            (Some(ChargeStatus::Pending), _) => {
                tokio::time::sleep(self.slow).await;
                let lookup = self.charges.call(Request::Lookup(charge.key.clone()));
                let entry = self.call(lookup).await?;
                Ok(entry.status.unwrap_or(ChargeStatus::Pending))
            }
            (Some(status), _) => Ok(status),
            (None, _) => Err(GatewayError::Busy(
                "it has no time for this charge".to_owned(),
            )),
        }
    }

    async fn lookup(&self, key: &str) -> Result<Option<ChargeStatus>, GatewayError> {
        let request = self.charges.call(Request::Lookup(key.to_owned()));
        Ok(self.call(request).await?.status)
    }

    async fn cancel(&self, key: &str) -> Result<ChargeStatus, GatewayError> {
        let request = self.charges.call(Request::Cancel(key.to_owned()));
        let entry = self.call(request).await?;
        Ok(entry.status.unwrap_or(ChargeStatus::Pending))
    }

    async fn refund(&self, refund: &Refund) -> Result<RefundStatus, GatewayError> {
        self.call(self.refunds.call(refund.clone())).await
    }
}

fn now() -> i64 {
    Timestamp::now().micros()
}

/// What became of a transaction, for each of its callers.
fn one_each<T>(answers: Answer<Vec<T>>, callers: usize) -> Vec<Answer<T>> {
    match answers {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        Err(error) => (0..callers).map(|_| Err(error.clone())).collect(),
    }
}
