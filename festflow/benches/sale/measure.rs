//! What is measured at a place.

use crate::bare;
use crate::figures::{Table, median};
use crate::flood::Flood;
use crate::growth;
use crate::installation::{ALL, INVENTORY, Installation, PAYMENT, SELLERS};
use crate::sale::Sale;
use crate::support::Place;
use anyhow::Result;
use std::time::{Duration, Instant};

/// Before anything is measured, this part of a rush: brokers compile what they do often, and files get their pages.
const WARM_UP: usize = 2;
/// How busy the busy sale is: this share of what the rush has sold in a second.
const BUSY_SHARE: f64 = 0.5;
/// The gateway is away.
const OUTAGE: &[(&str, &str)] = &[("FESTFLOW_GATEWAY_DOWN", "true")];
/// How often each of two is measured that are compared, by turns: machines have moods.
const TURNS: usize = 3;
/// For so long after a start a worker takes what a log delivers for delivered before, and writes down what it handles.
const REPLAY: Duration = Duration::from_secs(11);
/// How often the payment service is stopped and started in an outage.
const RESTARTS: usize = 3;

/// All figures of a place. `large` is another one like it, in which a hundred times as much is sold.
pub async fn at(place: &Place, large: &Place, orders: usize, connections: usize) -> Result<Table> {
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
    accepting(&mut apart, &mut sale, orders, &mut table).await?;
    mails(&mut apart, &mut sale, orders, &mut table).await?;
    restarts(&mut apart, &mut sale, orders / 2, &mut table).await?;

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
    let per_second = |since: Instant| orders as f64 / since.elapsed().as_secs_f64();
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
    installation.balanced().await;
    installation.stop().await;
    growth::at(large, connections, &mut table).await?;
    Ok(table)
}

/// What the intake takes when nothing else wants the cores, and when somebody guesses passwords meanwhile; what was taken is
/// sold then.
async fn accepting(
    apart: &mut Installation<'_>,
    sale: &mut Sale,
    orders: usize,
    table: &mut Table,
) -> Result<()> {
    apart.stop_workers().await;
    let (mut alone, mut beside, mut tried) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TURNS {
        alone.push(sale.rush(orders / 2).await?.rate());
        let flood = Flood::start(apart.address()).await;
        beside.push(sale.rush(orders / 2).await?.rate());
        tried.push(flood.stop().await);
    }
    let (alone, beside, tried) = (median(alone), median(beside), median(tried));
    table.rate("accepted, workers stopped", alone);
    let what = format!("accepted beside {tried:.0} wrong passwords a second, of without");
    table.ratio(&what, beside / alone, "at least 0.8");

    let since = Instant::now();
    apart.start_workers(ALL, &[]);
    sale.all_confirmed().await?;
    let sold = (orders * TURNS) as f64 / since.elapsed().as_secs_f64();
    table.rate("sold from a full queue, nobody ordering", sold);
    apart.mails(sale.confirmed).await;
    Ok(())
}

/// What is sold while mails are written, and while nobody writes any.
async fn mails(
    apart: &mut Installation<'_>,
    sale: &mut Sale,
    orders: usize,
    table: &mut Table,
) -> Result<()> {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        for (programs, rates) in [(ALL, &mut with), (SELLERS, &mut without)] {
            apart.stop_workers().await;
            apart.start_workers(programs, &[]);
            tokio::time::sleep(REPLAY).await;
            rates.push(sale.sold(orders / 2).await?);
            apart.stop_workers().await;
            apart.start_workers(ALL, &[]);
            apart.mails(sale.confirmed).await;
        }
    }
    let (with, without) = (median(with), median(without));
    table.rate("sold in a rush, workers apart, no mails", without);
    table.rate("sold in a rush, workers apart, with mails", with);
    let what = "sold in a rush, with mails, of without";
    table.ratio(what, with / without, "at least 0.9");
    Ok(())
}

/// Charges that wait for the gateway, and were in the hands of a process that was stopped, are done as fast as others.
async fn restarts(
    apart: &mut Installation<'_>,
    sale: &mut Sale,
    orders: usize,
    table: &mut Table,
) -> Result<()> {
    let mut rates = Vec::new();
    for restarts in [0, RESTARTS] {
        apart.stop_workers().await;
        sale.rush(orders).await?;
        apart.start_workers(INVENTORY, &[]);
        apart.until_waiting("payments", orders as u64).await;
        apart.stop_workers().await;
        for _ in 0..restarts {
            apart.start_workers(PAYMENT, OUTAGE);
            apart.until_taken("payments", orders as u64).await;
            apart.stop_workers().await;
            apart.until_waiting("payments", orders as u64).await;
        }
        apart.start_workers(SELLERS, &[]);
        rates.push(sale.confirming(orders).await?);
        apart.stop_workers().await;
        apart.start_workers(ALL, &[]);
        apart.mails(sale.confirmed).await;
    }
    let what = format!(
        "charged a second after {RESTARTS} stops in an outage, {orders} waiting, of undisturbed"
    );
    table.ratio(&what, rates[1] / rates[0], "at least 0.8");
    Ok(())
}
