//! What a dashboard missed, from the read model.

use super::frames::Body;
use crate::read_model::ReadModel;
use bus::{Positions, Topic};
use domain::live::News;

/// The most sales that are told again. Who missed more gets the last of them, and the number of the others.
const REPLAY: u32 = 2_000;
/// The sales that a dashboard begins with.
pub(crate) const TAIL: u32 = 40;

/// How a dashboard begins.
pub(super) struct Start {
    /// The cursor that it begins at.
    pub cursor: String,
    /// Sales that were left out, when it missed any; 0 when nobody can know how many.
    pub gap: Option<u64>,
    /// Sales to tell, oldest first, each with the cursor behind it.
    pub sales: Vec<(String, Body)>,
    /// Where on the log this leads.
    pub positions: Positions,
}

/// Where to go on after `since`: a cursor, or nothing for a beginning.
///
/// # Errors
/// The read model cannot be read.
pub(super) async fn resume(
    read_model: &ReadModel,
    since: Option<&str>,
) -> Result<Start, sqlx::Error> {
    let known = since.filter(|since| !since.is_empty());
    let parsed = known.map(|since| since.parse::<Positions>().ok().filter(is_ours));
    let (from, limit) = match &parsed {
        Some(Some(positions)) => (positions.clone(), REPLAY),
        // No cursor, or one that is none.
        _ => (Positions::default(), TAIL),
    };
    let mut found = read_model.sales_after(&from, limit).await?;
    let ahead = from
        .0
        .iter()
        .any(|(lane, next)| *next > found.positions.0.get(lane).copied().unwrap_or(0));
    let gap = match &parsed {
        None => None,
        // No cursor of ours; or of another log, or of a server that is ahead of this one.
        Some(None) => Some(0),
        Some(Some(_)) if ahead => Some(0),
        Some(Some(_)) => Some(found.left_out).filter(|left_out| *left_out > 0),
    };
    if ahead {
        found = read_model.sales_after(&Positions::default(), TAIL).await?;
    }
    // Where sales are left out, all of them up to here count as given.
    let here = found.positions.to_string();
    let whole = matches!(parsed, Some(Some(_))) && gap.is_none();
    let cursor = |place: &Positions| {
        if whole {
            place.to_string()
        } else {
            here.clone()
        }
    };
    let sales = found
        .sales
        .into_iter()
        .map(|(place, sale)| (cursor(&place), Body::new(&News::Sale(sale))))
        .collect();
    Ok(Start {
        cursor: cursor(&from),
        gap,
        sales,
        positions: found.positions,
    })
}

/// A cursor is of the topic of facts, and of no place before its beginning.
fn is_ours(positions: &Positions) -> bool {
    positions.0.iter().all(|((topic, partition), next)| {
        *topic == Topic::Analytics && *partition >= 0 && *next >= 0
    })
}
