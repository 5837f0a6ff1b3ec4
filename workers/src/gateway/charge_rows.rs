//! The rows of charges: a statement each for a whole batch.

use super::charges::{Standing, State};
use super::{Charge, Decline};
use sqlx::{AnyConnection, Row as _};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::{Dialect, Rows};

/// A row to insert.
pub(super) struct NewRow<'a> {
    charge_key: &'a str,
    reference: Option<String>,
    amount: i64,
    currency: Option<&'a str>,
    token: Option<&'a str>,
    status: &'static str,
    decline: Option<&'static str>,
    calls: i64,
    created_at: i64,
    completes_at: i64,
}

impl<'a> NewRow<'a> {
    pub fn new(
        key: &'a str,
        charge: Option<&'a Charge>,
        standing: Standing,
        created_at: i64,
        completes_at: i64,
    ) -> NewRow<'a> {
        let (status, decline) = spell(standing.state);
        NewRow {
            charge_key: key,
            reference: charge.map(|charge| charge.reference.to_string()),
            amount: charge.map_or(0, |charge| charge.amount.0),
            currency: charge.map(|charge| charge.currency.code()),
            token: charge.map(|charge| charge.token.as_str()),
            status,
            decline,
            calls: standing.calls,
            created_at,
            completes_at,
        }
    }
}

/// Slow charges whose time has come are captured.
pub(super) async fn complete_pending(db: &mut AnyConnection, now: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE charges SET status = 'captured' WHERE status = 'pending' AND completes_at <= $1",
    )
    .bind(now)
    .execute(db)
    .await?;
    Ok(())
}

/// Inserts what is new; gives the keys of those rows.
pub(super) async fn insert(
    db: &mut AnyConnection,
    dialect: Dialect,
    rows: &[&NewRow<'_>],
) -> sqlx::Result<HashSet<String>> {
    if rows.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = Rows::of(rows)
        .column("charge_key", |row| row.charge_key)
        .column("reference", |row| row.reference.as_deref())
        .column("amount", |row| row.amount)
        .column("currency", |row| row.currency)
        .column("token", |row| row.token)
        .column("status", |row| row.status)
        .column("decline", |row| row.decline)
        .column("calls", |row| row.calls)
        .column("created_at", |row| row.created_at)
        .column("completes_at", |row| row.completes_at);
    let names = rows.names();
    let sql = |batch: &str| {
        format!(
            "INSERT INTO charges ({names}, refunded) SELECT {names}, 0 FROM {batch} WHERE TRUE \
             ON CONFLICT (charge_key) DO NOTHING RETURNING charge_key"
        )
    };
    let inserted = rows.query(dialect, sql).fetch_all(db).await?;
    inserted
        .iter()
        .map(|row| row.try_get("charge_key"))
        .collect()
}

/// How the charges with these keys stand; nobody else changes them before this transaction ends.
pub(super) async fn lock(
    db: &mut AnyConnection,
    dialect: Dialect,
    keys: &BTreeSet<&str>,
) -> sqlx::Result<HashMap<String, Standing>> {
    if keys.is_empty() {
        return Ok(HashMap::new());
    }
    let keys: Vec<_> = keys.iter().copied().collect();
    let sql = |batch: &str| {
        format!(
            "SELECT charge_key, status, decline, calls FROM charges \
             WHERE charge_key IN (SELECT charge_key FROM {batch}) ORDER BY charge_key {}",
            dialect.for_update()
        )
    };
    Rows::of(&keys)
        .column("charge_key", |key| *key)
        .query(dialect, sql)
        .fetch_all(db)
        .await?
        .iter()
        .map(|row| {
            let status: String = row.try_get("status")?;
            let decline: Option<String> = row.try_get("decline")?;
            let standing = Standing {
                state: read(&status, decline.as_deref()),
                calls: row.try_get("calls")?,
            };
            Ok((row.try_get("charge_key")?, standing))
        })
        .collect()
}

pub(super) async fn update(
    db: &mut AnyConnection,
    dialect: Dialect,
    changes: &[(&str, Standing)],
) -> sqlx::Result<()> {
    if changes.is_empty() {
        return Ok(());
    }
    let rows = Rows::of(changes)
        .column("charge_key", |(charge_key, _)| *charge_key)
        .column("status", |(_, standing)| spell(standing.state).0)
        .column("calls", |(_, standing)| standing.calls);
    let sql = |batch: &str| {
        format!(
            "UPDATE charges SET status = batch.status, calls = batch.calls FROM {batch} \
             WHERE charges.charge_key = batch.charge_key"
        )
    };
    rows.query(dialect, sql).execute(db).await?;
    Ok(())
}

fn spell(state: State) -> (&'static str, Option<&'static str>) {
    match state {
        State::Captured => ("captured", None),
        State::Pending => ("pending", None),
        State::Busy => ("busy", None),
        State::Cancelled => ("cancelled", None),
        State::Declined(Decline::CardDeclined) => ("declined", Some("card_declined")),
        State::Declined(Decline::InsufficientFunds) => ("declined", Some("insufficient_funds")),
        State::Declined(Decline::ExpiredCard) => ("declined", Some("expired_card")),
    }
}

/// The table's check constraint leaves no other spellings.
fn read(status: &str, decline: Option<&str>) -> State {
    match (status, decline) {
        ("captured", _) => State::Captured,
        ("pending", _) => State::Pending,
        ("busy", _) => State::Busy,
        ("cancelled", _) => State::Cancelled,
        (_, Some("insufficient_funds")) => State::Declined(Decline::InsufficientFunds),
        (_, Some("expired_card")) => State::Declined(Decline::ExpiredCard),
        _ => State::Declined(Decline::CardDeclined),
    }
}
