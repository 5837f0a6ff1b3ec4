//! Tickets sold, by their places on the log: the last ones, and those that somebody missed.

use super::ReadModel;
use super::load::from_text;
use bus::{Positions, Topic};
use domain::Timestamp;
use domain::event::TicketSold;
use sqlx::{SqliteConnection, query_as, query_scalar};

/// Tickets sold after a place on the log.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sales {
    /// Oldest first, each with the place behind it.
    pub sales: Vec<(Positions, TicketSold)>,
    /// How many more there were than asked for: the oldest, left out.
    pub left_out: u64,
    /// Where on the log this is.
    pub positions: Positions,
}

impl ReadModel {
    /// The last tickets sold, newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn last_sales(&self, limit: u32) -> Result<Vec<TicketSold>, sqlx::Error> {
        let found = self.sales(&Positions::default(), limit, false).await?;
        let mut sales: Vec<_> = found.sales.into_iter().map(|(_, sale)| sale).collect();
        sales.reverse();
        Ok(sales)
    }

    /// The tickets sold after `since`, the newest `limit` of them.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn sales_after(&self, since: &Positions, limit: u32) -> Result<Sales, sqlx::Error> {
        self.sales(since, limit, true).await
    }

    /// Up to `limit` of all tickets sold, in the order in which this server heard of them, from behind `after` on. Each comes
    /// with what is behind it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn sales_heard(
        &self,
        after: i64,
        limit: u32,
    ) -> Result<Vec<(i64, TicketSold)>, sqlx::Error> {
        let rows: Vec<(i64, String)> = query_as(
            "SELECT seq, payload FROM events WHERE seq > $1 AND kind = 'TICKET_SOLD' ORDER BY seq LIMIT $2",
        )
        .bind(after)
        .bind(limit)
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|(seq, payload)| Ok((seq, from_text(&payload)?)))
            .collect()
    }

    async fn sales(
        &self,
        since: &Positions,
        limit: u32,
        count: bool,
    ) -> Result<Sales, sqlx::Error> {
        let mut transaction = self.readers.begin().await?;
        let lanes: Vec<(i32, i64)> =
            query_as("SELECT partition, next FROM positions WHERE topic = $1")
                .bind(Topic::Analytics.name())
                .fetch_all(&mut *transaction)
                .await?;
        let mut found = Vec::new();
        let mut all = 0;
        for (partition, _) in &lanes {
            let lane = (Topic::Analytics, *partition);
            let from = since.0.get(&lane).copied().unwrap_or(0);
            if count {
                all += count_sales(&mut transaction, *partition, from).await?;
            }
            found.extend(sales_of(&mut transaction, *partition, from, limit).await?);
        }
        transaction.commit().await?;
        found.sort_by_key(|sale| (sale.moment, sale.partition, sale.offset));
        let kept = found.split_off(found.len().saturating_sub(limit as usize));
        let position = |(partition, next)| ((Topic::Analytics, partition), next);
        Ok(Sales {
            left_out: all.saturating_sub(kept.len() as u64),
            sales: with_places(since, kept),
            positions: Positions(lanes.into_iter().map(position).collect()),
        })
    }
}

/// A sale with its place in one partition.
struct PlacedSale {
    /// By which sales of several partitions are put in order: between partitions the log has none. It never goes back
    /// within a partition, or a cursor between two sales would leave one out.
    moment: Timestamp,
    partition: i32,
    offset: i64,
    sale: TicketSold,
}

async fn sales_of(
    connection: &mut SqliteConnection,
    partition: i32,
    from: i64,
    limit: u32,
) -> Result<Vec<PlacedSale>, sqlx::Error> {
    let rows: Vec<(i64, String)> = query_as(
        "SELECT offset, payload FROM events
         WHERE kind = 'TICKET_SOLD' AND partition = $1 AND offset >= $2 ORDER BY offset DESC LIMIT $3",
    )
    .bind(partition)
    .bind(from)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    let mut moment = Timestamp::default();
    let placed = rows.into_iter().rev().map(|(offset, payload)| {
        let sale: TicketSold = from_text(&payload)?;
        moment = moment.max(sale.timestamp);
        Ok(PlacedSale {
            moment,
            partition,
            offset,
            sale,
        })
    });
    placed.collect()
}

/// How many sales there are from an offset on; of more than a hundred thousand it is enough to know that.
async fn count_sales(
    connection: &mut SqliteConnection,
    partition: i32,
    from: i64,
) -> Result<u64, sqlx::Error> {
    let count: i64 = query_scalar(
        "SELECT count(*) FROM (SELECT 1 FROM events
         WHERE kind = 'TICKET_SOLD' AND partition = $1 AND offset >= $2 LIMIT 100000)",
    )
    .bind(partition)
    .bind(from)
    .fetch_one(connection)
    .await?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// The place behind each sale: everything up to it in its partition, and in the others what was given before it.
fn with_places(since: &Positions, sales: Vec<PlacedSale>) -> Vec<(Positions, TicketSold)> {
    let mut place = since.clone();
    let advance = |placed: PlacedSale| {
        let lane = (Topic::Analytics, placed.partition);
        place.0.insert(lane, placed.offset + 1);
        (place.clone(), placed.sale)
    };
    sales.into_iter().map(advance).collect()
}
