//! What is measured at a place, in this order: the quiet sale, the rush, the busy sale.

use crate::bare;
use crate::buyers::{Accepted, Buyers};
use crate::dashboard::Dashboard;
use crate::figures::{Table, Waits};
use crate::installation::Installation;
use crate::support::Place;
use anyhow::Result;
use std::time::{Duration, Instant};

/// Orders of the quiet sale, one after the other.
const QUIET: usize = 300;
/// Before anything is measured, this part of a rush: brokers compile what they do often, and files get their pages.
const WARM_UP: usize = 2;
/// How long the busy sale goes on.
const BUSY: Duration = Duration::from_secs(10);
/// How busy: this share of what the rush has sold in a second.
const BUSY_SHARE: f64 = 0.5;

/// All figures of a place.
pub async fn at(place: &Place, orders: usize, connections: usize) -> Result<Table> {
    let embedded = !place.is_distributed();
    let mut table = if embedded {
        Table::new(true, bare::sqlite(&place.path().join("bare.db")).await?)
    } else {
        let (alone, with_headers) = bare::rabbitmq(place.flag("--queue-url")).await?;
        let mut table = Table::new(false, alone);
        table.rate("bare, with an order's headers", with_headers);
        table
    };

    let mut apart = Installation::apart(place).await;
    let mut sale = Sale::open(&apart, connections, 0).await?;
    sale.rush(orders / WARM_UP).await?;
    sale.all_confirmed().await?;
    apart.mails(sale.confirmed).await;
    apart.stop_workers().await;
    let rush = sale.rush(orders).await?;
    table.rate("accepted, workers stopped", rush.rate());
    let since = Instant::now();
    apart.start_workers();
    sale.all_confirmed().await?;
    let per_second = |since: Instant| orders as f64 / since.elapsed().as_secs_f64();
    table.rate("sold from a full queue, nobody ordering", per_second(since));
    apart.mails(sale.confirmed).await;
    let with = sale.sold(orders).await?;
    apart.mails(sale.confirmed).await;
    apart.stop_workers().await;
    apart.start_sellers();
    let without = sale.sold(orders).await?;
    apart.stop_workers().await;
    apart.start_workers();
    apart.mails(sale.confirmed).await;
    table.rate("sold in a rush, workers apart, no mails", without);
    let share = with / without;
    table.rate(
        &format!("sold in a rush, workers apart, with mails ({share:.2} of without)"),
        with,
    );

    let installation = if embedded {
        apart.stop().await;
        Installation::together(place).await
    } else {
        apart
    };
    let mut sale = Sale::open(&installation, connections, sale.confirmed).await?;
    table.waits("order to dashboard, quiet", sale.quiet().await?);
    let rush = sale.rush(orders).await?;
    table.rate("accepted in a rush", rush.rate());
    sale.all_confirmed().await?;
    let sold = per_second(rush.began);
    table.rate("sold in a rush, first order to last confirmation", sold);
    installation.mails(sale.confirmed).await;
    table.rate("mailed, first order to last mail", per_second(rush.began));
    table.waits("order to \"received\" in a rush", rush.waits);
    let half = sold * BUSY_SHARE;
    let busy = sale.busy(half).await?;
    table.waits(
        &format!("order to dashboard, busy ({half:.0} orders/s)"),
        busy,
    );
    installation.mails(sale.confirmed).await;
    installation.balanced(&installation.sign_in().await?).await;
    installation.stop().await;
    Ok(table)
}

struct Sale {
    buyers: Buyers,
    dashboard: Dashboard,
    /// Orders that were made so far.
    confirmed: usize,
}

struct Rush {
    began: Instant,
    took: Duration,
    orders: usize,
    waits: Waits,
}

impl Rush {
    fn rate(&self) -> f64 {
        self.orders as f64 / self.took.as_secs_f64()
    }
}

impl Sale {
    async fn open(
        installation: &Installation<'_>,
        connections: usize,
        confirmed: usize,
    ) -> Result<Sale> {
        let (address, cookie) = (installation.address(), installation.sign_in().await?);
        Ok(Sale {
            buyers: Buyers::connect(address, connections).await?,
            dashboard: Dashboard::open(address, &cookie).await?,
            confirmed,
        })
    }

    async fn quiet(&mut self) -> Result<Waits> {
        let mut waits = Vec::new();
        for _ in 0..QUIET {
            let order = self.buyers.one().await?;
            waits.push(self.dashboard.sale(order.order_id).await? - order.sent);
        }
        self.confirmed += QUIET;
        Ok(Waits::of(waits))
    }

    async fn rush(&mut self, orders: usize) -> Result<Rush> {
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
    async fn sold(&mut self, orders: usize) -> Result<f64> {
        let rush = self.rush(orders).await?;
        self.all_confirmed().await?;
        Ok(orders as f64 / rush.began.elapsed().as_secs_f64())
    }

    async fn busy(&mut self, rate: f64) -> Result<Waits> {
        let accepted = self.buyers.steadily(rate, BUSY).await?;
        self.confirmed += accepted.len();
        let mut waits = Vec::new();
        for Accepted { order_id, sent, .. } in accepted {
            waits.push(self.dashboard.sale(order_id).await? - sent);
        }
        Ok(Waits::of(waits))
    }

    async fn all_confirmed(&self) -> Result<()> {
        self.dashboard.confirmed(self.confirmed as i64).await
    }
}
