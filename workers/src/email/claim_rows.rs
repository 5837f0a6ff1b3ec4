//! The rows of mails in senders' hands: claiming them, keeping the claim, and writing down what became of a try.

use crate::rows::bad;
use domain::{Amount, EmailAddress, OrderId, PersonName, Timestamp};
use ops::RequestHash;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _, any::AnyRow};
use std::collections::HashSet;
use std::time::Duration;
use store::{Dialect, Rows};

/// A due mail in a sender's hands.
#[derive(Clone, Debug)]
pub(super) struct ClaimedMail {
    pub order_id: OrderId,
    pub email: EmailAddress,
    pub name: PersonName,
    pub total: Amount,
    /// How many tickets were confirmed.
    pub tickets: usize,
    /// Of the request, where it is known.
    pub request_hash: Option<RequestHash>,
    /// Tries, this one included.
    pub attempts: u32,
}

/// A row that no mail can be made of.
#[derive(Debug)]
pub(super) struct UnreadableMail {
    pub order_id: String,
    pub why: String,
}

/// What was claimed.
#[derive(Default)]
pub(super) struct Claimed {
    pub mails: Vec<ClaimedMail>,
    pub unreadable: Vec<UnreadableMail>,
}

/// What became of a try.
#[derive(Clone, Debug)]
pub(super) struct Tried {
    pub order_id: OrderId,
    /// Which try.
    pub attempts: u32,
    /// `sent`, `failed`, or `due` again.
    pub state: &'static str,
    /// When to try again.
    pub next_try_at: i64,
    pub last_error: Option<String>,
    /// When it was decided.
    pub decided_at: Option<i64>,
}

/// Claims up to `limit` mails that are due at `now`, the longest due first. Their next try is due after `lease`, unless
/// the claim is renewed or settled before: that is how those of a dead sender come back.
pub(super) async fn claim(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    limit: usize,
    now: Timestamp,
    lease: Duration,
) -> sqlx::Result<Claimed> {
    let mut claimed = Claimed::default();
    if limit == 0 {
        return Ok(claimed);
    }
    let sql = format!(
        "UPDATE mails SET claim = $1, next_try_at = $2, attempts = attempts + 1 WHERE order_id IN ( \
             SELECT order_id FROM mails WHERE state = 'due' AND next_try_at <= $3 \
             ORDER BY next_try_at LIMIT $4 {} \
         ) RETURNING order_id, email, name, request_hash, total, tickets, attempts",
        dialect.for_update_skip_locked()
    );
    let rows = sqlx::query(AssertSqlSafe(sql))
        .bind(sender)
        .bind(now.plus(lease).micros())
        .bind(now.micros())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(db)
        .await?;
    for row in &rows {
        match read(row) {
            Ok(mail) => claimed.mails.push(mail),
            Err(error) => claimed.unreadable.push(UnreadableMail {
                order_id: row.try_get("order_id")?,
                why: error.to_string(),
            }),
        }
    }
    Ok(claimed)
}

/// Renews the claims on these mails, given as order and try, until `until`; says which ones are still this sender's.
pub(super) async fn renew(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    mails: &[(OrderId, u32)],
    until: Timestamp,
) -> sqlx::Result<HashSet<OrderId>> {
    if mails.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = Rows::of(mails)
        .column("order_id", |(order_id, _)| order_id.to_string())
        .column("attempts", |(_, attempts)| i64::from(*attempts))
        .column("sender", |_| sender)
        .column("until", |_| until.micros());
    let sql = |batch: &str| {
        format!(
            "UPDATE mails SET next_try_at = batch.until FROM {batch} \
             WHERE mails.order_id = batch.order_id AND mails.decided_at IS NULL \
             AND mails.claim = batch.sender AND mails.attempts = batch.attempts RETURNING mails.order_id"
        )
    };
    let renewed = rows.query(dialect, sql).fetch_all(db).await?;
    let id = |row: &AnyRow| row.try_get::<String, _>(0)?.parse().map_err(bad);
    renewed.iter().map(id).collect()
}

/// Writes down what became of tries. A try whose claim has gone to another sender says nothing any more, unless it says
/// that the mail was sent.
pub(super) async fn settle(
    db: &mut AnyConnection,
    dialect: Dialect,
    sender: &str,
    tries: &[Tried],
) -> sqlx::Result<()> {
    if tries.is_empty() {
        return Ok(());
    }
    let rows = settle_rows(sender, tries);
    rows.query(dialect, settle_sql).execute(db).await?;
    Ok(())
}

fn settle_rows<'a>(sender: &'a str, tries: &'a [Tried]) -> Rows<'a, Tried> {
    Rows::of(tries)
        .column("order_id", |tried| tried.order_id.to_string())
        .column("attempts", |tried| i64::from(tried.attempts))
        .column("state", |tried| tried.state)
        .column("next_try_at", |tried| tried.next_try_at)
        .column("last_error", |tried| tried.last_error.as_deref())
        .column("decided_at", |tried| tried.decided_at)
        .column("sender", move |_| sender)
}

/// Says "not decided", and not "due": a database that last looked when nothing was due takes the index of what is due for
/// empty, and would read all of it for each batch.
fn settle_sql(batch: &str) -> String {
    format!(
        "UPDATE mails SET state = batch.state, next_try_at = batch.next_try_at, claim = NULL, \
         last_error = batch.last_error, decided_at = batch.decided_at FROM {batch} \
         WHERE mails.order_id = batch.order_id AND mails.decided_at IS NULL \
         AND (batch.state = 'sent' OR (mails.claim = batch.sender AND mails.attempts = batch.attempts))"
    )
}

/// Gives up mails whose rows cannot be read.
pub(super) async fn give_up(
    db: &mut AnyConnection,
    dialect: Dialect,
    mails: &[UnreadableMail],
    now: Timestamp,
) -> sqlx::Result<()> {
    if mails.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(mails)
        .column("order_id", |mail| &*mail.order_id)
        .column("why", |mail| &*mail.why)
        .column("now", |_| now.micros());
    let sql = |batch: &str| {
        format!(
            "UPDATE mails SET state = 'failed', claim = NULL, last_error = batch.why, decided_at = batch.now \
             FROM {batch} WHERE mails.order_id = batch.order_id"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

fn read(row: &AnyRow) -> sqlx::Result<ClaimedMail> {
    let text = |column| row.try_get::<String, _>(column);
    let count = |column| row.try_get::<i64, _>(column);
    Ok(ClaimedMail {
        order_id: text("order_id")?.parse().map_err(bad)?,
        email: EmailAddress::parse(text("email")?).map_err(bad)?,
        name: PersonName::parse(text("name")?).map_err(bad)?,
        total: Amount(count("total")?),
        tickets: usize::try_from(count("tickets")?).map_err(bad)?,
        attempts: u32::try_from(count("attempts")?).map_err(bad)?,
        request_hash: row
            .try_get::<Option<String>, _>("request_hash")?
            .and_then(|hash| hash.parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::email::MIGRATIONS;
    use crate::story;
    use crate::support::{Place, plan_of};
    use uuid::Uuid;

    story! {
        /// When the database last looked nothing was due, and now much is: a try is written down by its mail's id, and no
        /// other mail is read for it.
        async fn a_try_is_written_down_by_its_mails_id(place: &Place) {
            let database = place.database("email", MIGRATIONS).await;
            let mails = |state: &str, decided_at: &str| format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) \
                INSERT INTO mails (order_id, state, attempts, next_try_at, noted_at, decided_at, announced) \
                SELECT '{state}' || i, '{state}', 0, 1, 1, {decided_at}, 1 FROM n");
            for sql in [mails("sent", "1"), "ANALYZE".to_owned(), mails("due", "NULL")] {
                sqlx::query(AssertSqlSafe(sql)).execute(database.pool()).await.unwrap();
            }
            let tries: Vec<_> = (0..40).map(|_| Tried {
                order_id: OrderId(Uuid::from_u128(rand::random())),
                attempts: 1,
                state: "sent",
                next_try_at: 1,
                last_error: None,
                decided_at: Some(1),
            }).collect();
            let plan = plan_of(&database, &settle_rows("me", &tries), settle_sql).await;
            assert!(plan.reads_only_by_key("mails"), "{plan:?}");
        }
    }
}
