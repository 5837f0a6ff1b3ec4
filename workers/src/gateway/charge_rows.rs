//! The rows of charges: a statement each for a whole batch.

use super::charges::{Standing, State};
use super::{Charge, Decline};
use crate::rows::json;
use serde::Serialize;
use sqlx::{AnyConnection, AssertSqlSafe, Row as _};
use std::collections::{BTreeSet, HashMap, HashSet};
use store::Dialect;

/// A row to insert, and the JSON in which it travels.
#[derive(Serialize)]
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

/// The changed part of a row.
#[derive(Serialize)]
struct Change<'a> {
    charge_key: &'a str,
    status: &'static str,
    calls: i64,
}

const INSERTED: &[(&str, &str)] = &[
    ("charge_key", "TEXT"),
    ("reference", "TEXT"),
    ("amount", "BIGINT"),
    ("currency", "TEXT"),
    ("token", "TEXT"),
    ("status", "TEXT"),
    ("decline", "TEXT"),
    ("calls", "BIGINT"),
    ("created_at", "BIGINT"),
    ("completes_at", "BIGINT"),
];

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
    let sql = format!(
        "INSERT INTO charges (charge_key, reference, amount, currency, token, status, decline, calls, created_at, \
         completes_at, refunded) \
         SELECT charge_key, reference, amount, currency, token, status, decline, calls, created_at, completes_at, 0 \
         FROM {} WHERE TRUE ON CONFLICT (charge_key) DO NOTHING RETURNING charge_key",
        dialect.json_rows("$1", INSERTED)
    );
    let inserted = sqlx::query_scalar(AssertSqlSafe(sql))
        .bind(json(rows)?)
        .fetch_all(db)
        .await?;
    Ok(inserted.into_iter().collect())
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
    let wanted: Vec<_> = keys
        .iter()
        .map(|key| serde_json::json!({ "charge_key": key }))
        .collect();
    let sql = format!(
        "SELECT charge_key, status, decline, calls FROM charges \
         WHERE charge_key IN (SELECT charge_key FROM {}) ORDER BY charge_key {}",
        dialect.json_rows("$1", &[("charge_key", "TEXT")]),
        dialect.for_update()
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(json(&wanted)?)
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
    let changes: Vec<_> = changes
        .iter()
        .map(|(charge_key, standing)| Change {
            charge_key,
            status: spell(standing.state).0,
            calls: standing.calls,
        })
        .collect();
    if changes.is_empty() {
        return Ok(());
    }
    let columns = [
        ("charge_key", "TEXT"),
        ("status", "TEXT"),
        ("calls", "BIGINT"),
    ];
    let sql = format!(
        "UPDATE charges SET status = batch.status, calls = batch.calls FROM {} \
         WHERE charges.charge_key = batch.charge_key",
        dialect.json_rows("$1", &columns)
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(json(&changes)?)
        .execute(db)
        .await?;
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
