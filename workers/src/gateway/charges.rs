//! Decides about charges. What arrives together is decided in one transaction, and a key is decided by its row alone,
//! so that several simulators on one database agree.

use super::charge_rows::{self as rows, NewRow};
use super::ledger::{begin, lost};
use super::tokens::{BUSY_ANSWERS, Behaviour, behaviour};
use super::{Charge, ChargeStatus, Decline, GatewayError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use store::Database;

/// What is asked about a charge.
#[derive(Debug)]
pub(super) enum Request {
    /// Capture it.
    Charge(Charge),
    /// How does it stand?
    Lookup(String),
    /// Never capture it.
    Cancel(String),
}

/// The books' answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// How the charge stands; `None`: there is none, or the gateway had no time for it yet.
    pub status: Option<ChargeStatus>,
    /// Whether this request made it.
    pub fresh: bool,
}

/// How a charge stands in the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub state: State,
    /// How often it was asked for.
    pub calls: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Captured,
    Declined(Decline),
    Pending,
    Busy,
    Cancelled,
}

/// Answers all of `requests`, in order. `now` is in microseconds since the epoch; a slow charge takes `slow`.
pub(super) async fn apply(
    database: &Database,
    requests: &[Request],
    now: i64,
    slow: Duration,
) -> Result<Vec<Entry>, GatewayError> {
    let mut tx = begin(database).await?;
    let dialect = database.dialect();
    rows::complete_pending(&mut tx, now).await.map_err(lost)?;
    // Sorted by key, here and below: simulators with the same requests lock the rows in the same order.
    let mut new: BTreeMap<&str, NewRow> = BTreeMap::new();
    for request in requests {
        if let Some(standing) = request.beginning() {
            new.entry(request.key())
                .or_insert_with(|| request.row(standing, now, slow));
        }
    }
    let new: Vec<&NewRow> = new.values().collect();
    let fresh = rows::insert(&mut tx, dialect, &new).await.map_err(lost)?;
    let known: BTreeSet<&str> = requests
        .iter()
        .map(Request::key)
        .filter(|key| !fresh.contains(*key))
        .collect();
    let mut standings = rows::lock(&mut tx, dialect, &known).await.map_err(lost)?;
    let mut changed = BTreeSet::new();
    let mut entries = Vec::with_capacity(requests.len());
    for request in requests {
        let key = request.key();
        let made = fresh.contains(key) && !standings.contains_key(key);
        let next = match standings.get(key) {
            Some(standing) => request.next(*standing),
            None if made => request.beginning(),
            None => None,
        };
        if let Some(next) = next {
            let before = standings.insert(key.to_owned(), next);
            if before.is_some_and(|before| before != next) {
                changed.insert(key);
            }
        }
        entries.push(Entry {
            status: next.and_then(Standing::answer),
            fresh: made,
        });
    }
    let changes = changed
        .iter()
        .filter_map(|key| Some((*key, *standings.get(*key)?)))
        .collect::<Vec<_>>();
    rows::update(&mut tx, dialect, &changes)
        .await
        .map_err(lost)?;
    tx.commit().await.map_err(lost)?;
    Ok(entries)
}

impl Request {
    fn key(&self) -> &str {
        match self {
            Request::Charge(charge) => &charge.key,
            Request::Lookup(key) | Request::Cancel(key) => key,
        }
    }

    /// How a charge stands that begins with this request; `None`: it makes no charge.
    fn beginning(&self) -> Option<Standing> {
        let state = match self {
            Request::Lookup(_) => return None,
            Request::Cancel(_) => State::Cancelled,
            Request::Charge(charge) => match behaviour(charge.token.as_str()) {
                Behaviour::Capture | Behaviour::LoseAnswer => State::Captured,
                Behaviour::BeSlow => State::Pending,
                Behaviour::BeBusy => State::Busy,
                Behaviour::Decline(decline) => State::Declined(decline),
            },
        };
        Some(Standing { state, calls: 1 })
    }

    /// How a charge stands after this request.
    fn next(&self, standing: Standing) -> Option<Standing> {
        let Standing { state, calls } = standing;
        Some(match (self, state) {
            (Request::Cancel(_), State::Pending | State::Busy) => Standing {
                state: State::Cancelled,
                calls,
            },
            (Request::Charge(_), State::Busy) => Standing {
                state: if calls < BUSY_ANSWERS {
                    State::Busy
                } else {
                    State::Captured
                },
                calls: calls + 1,
            },
            _ => standing,
        })
    }

    fn row(&self, standing: Standing, now: i64, slow: Duration) -> NewRow<'_> {
        let charge = match self {
            Request::Charge(charge) => Some(charge),
            Request::Lookup(_) | Request::Cancel(_) => None,
        };
        let wait = match standing.state {
            State::Pending => i64::try_from(slow.as_micros()).unwrap_or(i64::MAX),
            _ => 0,
        };
        NewRow::new(self.key(), charge, standing, now, now.saturating_add(wait))
    }
}

impl Standing {
    fn answer(self) -> Option<ChargeStatus> {
        match self.state {
            State::Captured => Some(ChargeStatus::Captured),
            State::Declined(decline) => Some(ChargeStatus::Declined(decline)),
            State::Pending => Some(ChargeStatus::Pending),
            State::Cancelled => Some(ChargeStatus::Cancelled),
            State::Busy => None,
        }
    }
}
