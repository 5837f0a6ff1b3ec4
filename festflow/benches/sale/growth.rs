//! What an order, a mail and a look at the dashboard cost when a hundred times as much was sold.

use crate::figures::{Table, median};
use crate::filling;
use crate::installation::{ALL, Installation, SELLERS};
use crate::sale::Sale;
use crate::support::Place;
use anyhow::Result;
use std::time::Instant;

/// Orders that are sold before the first measurement, and again in each of them.
const ORDERS: usize = 10_000;
/// As many are sold before the second.
const LARGE: usize = 1_000_000;
/// How long the sale has gone on before the first measurement, in seconds: as long as the dashboard shows in minutes.
const HOURS: usize = 3 * 3_600;
/// How long before the second, in seconds.
const DAYS: usize = 1_000_000;
/// Looks at the dashboard.
const LOOKS: usize = 200;

/// Seconds for one of each.
struct Costs {
    order: f64,
    mail: f64,
    look: f64,
}

/// Measures both at a place where nothing was sold.
pub async fn at(place: &Place, connections: usize, table: &mut Table) -> Result<()> {
    let small = Installation::apart(place).await;
    let mut sale = Sale::open(&small, connections, 0).await?;
    sale.rush(ORDERS).await?;
    sale.all_confirmed().await?;
    small.mails(sale.confirmed).await;
    small.stop().await;

    filling::prolong(place, HOURS).await?;
    let mut small = Installation::apart(place).await;
    let mut sale = Sale::open(&small, connections, sale.confirmed).await?;
    let before = costs(&mut small, &mut sale).await?;
    small.stop().await;

    filling::fill(place, LARGE / sale.confirmed).await?;
    filling::prolong(place, DAYS).await?;
    let mut large = Installation::apart(place).await;
    let mut sale = Sale::open(&large, connections, sale.confirmed).await?;
    let after = costs(&mut large, &mut sale).await?;
    large.stop().await;
    for (what, before, after) in [
        ("an order decided and charged", before.order, after.order),
        ("a mail", before.mail, after.mail),
        ("the dashboard's numbers", before.look, after.look),
    ] {
        let what = format!("cost of {what} at {LARGE} sold, of that at {ORDERS}");
        table.ratio(&what, after / before, "at most 1.2");
    }
    Ok(())
}

async fn costs(installation: &mut Installation<'_>, sale: &mut Sale) -> Result<Costs> {
    let written = sale.confirmed;
    installation.stop_workers().await;
    installation.start_workers(SELLERS, &[]);
    let order = 1.0 / sale.sold(ORDERS).await?;
    installation.stop_workers().await;
    installation.start_workers(ALL, &[]);
    installation.mails(written + 1).await;
    let since = Instant::now();
    installation.mails(sale.confirmed).await;
    let mail = since.elapsed().as_secs_f64() / ORDERS as f64;
    let mut looks = Vec::with_capacity(LOOKS);
    for _ in 0..LOOKS {
        let since = Instant::now();
        installation.admin("overview").await?;
        looks.push(since.elapsed().as_secs_f64());
    }
    Ok(Costs {
        order,
        mail,
        look: median(looks),
    })
}
