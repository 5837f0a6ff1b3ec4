//! A sale at a running installation, and how fast it goes.

use crate::buyers::{Accepted, Buyers};
use crate::dashboard::Dashboard;
use crate::figures::Waits;
use crate::installation::Installation;
use anyhow::Result;
use std::time::{Duration, Instant};

/// Orders of the quiet sale.
const QUIET: usize = 300;
/// How long the busy sale goes on.
const BUSY: Duration = Duration::from_secs(10);

/// Buyers at a server, and somebody at its dashboard.
pub struct Sale {
    buyers: Buyers,
    dashboard: Dashboard,
    /// Orders that were made so far.
    pub confirmed: usize,
}

/// What came of a rush.
pub struct Rush {
    pub began: Instant,
    took: Duration,
    orders: usize,
    pub waits: Waits,
}

impl Rush {
    /// Orders accepted in a second.
    pub fn rate(&self) -> f64 {
        self.orders as f64 / self.took.as_secs_f64()
    }
}

impl Sale {
    /// Opens the connections. `confirmed` orders were made before.
    pub async fn open(
        installation: &Installation<'_>,
        connections: usize,
        confirmed: usize,
    ) -> Result<Sale> {
        let (address, cookie) = (installation.address(), &installation.cookie);
        Ok(Sale {
            buyers: Buyers::connect(address, connections).await?,
            dashboard: Dashboard::open(address, cookie).await?,
            confirmed,
        })
    }

    /// One order after the other; how long until the dashboard has heard of each.
    pub async fn quiet(&mut self) -> Result<Waits> {
        self.buyers.reconnect().await?;
        let mut waits = Vec::new();
        for _ in 0..QUIET {
            let order = self.buyers.one().await?;
            waits.push(self.dashboard.sale(order.order_id).await? - order.sent);
        }
        self.confirmed += QUIET;
        Ok(Waits::of(waits))
    }

    /// So many orders, as fast as answers come.
    pub async fn rush(&mut self, orders: usize) -> Result<Rush> {
        self.buyers.reconnect().await?;
        let began = Instant::now();
        let accepted = self.buyers.rush(orders).await?;
        let took = began.elapsed();
        self.confirmed += orders;
        let waits = Waits::of(accepted.iter().map(|order| order.answered).collect());
        Ok(Rush {
            began,
            took,
            orders,
            waits,
        })
    }

    /// How many a rush sells in a second, from its first order to its last confirmation.
    pub async fn sold(&mut self, orders: usize) -> Result<f64> {
        let rush = self.rush(orders).await?;
        self.all_confirmed().await?;
        Ok(orders as f64 / rush.began.elapsed().as_secs_f64())
    }

    /// So many orders a second, evenly; how long until the dashboard has heard of each.
    pub async fn busy(&mut self, rate: f64) -> Result<Waits> {
        self.buyers.reconnect().await?;
        let accepted = self.buyers.steadily(rate, BUSY).await?;
        self.confirmed += accepted.len();
        let mut waits = Vec::new();
        for Accepted { order_id, sent, .. } in accepted {
            waits.push(self.dashboard.sale(order_id).await? - sent);
        }
        Ok(Waits::of(waits))
    }

    /// Waits until all orders so far are confirmed.
    pub async fn all_confirmed(&self) -> Result<()> {
        self.dashboard.confirmed(self.confirmed as i64).await
    }

    /// How many of the next `orders`, which wait already, are confirmed in a second.
    pub async fn confirming(&self, orders: usize) -> Result<f64> {
        let before = self.confirmed - orders;
        self.dashboard.confirmed(before as i64 + 1).await?;
        let since = Instant::now();
        self.all_confirmed().await?;
        Ok(orders as f64 / since.elapsed().as_secs_f64())
    }
}
