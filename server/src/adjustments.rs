//! Changes of stock that an admin asks for. Inventory decides them; here they are checked, sent, and remembered for the
//! page that asks what came of them.

use crate::error::Problem;
use crate::intake::keys::{IdempotencyKey, Keys};
use crate::intake::{Intake, SOURCE, other_body};
use crate::read_model::ReadModel;
use bus::{Message, Queue};
use domain::command::AdjustStock;
use domain::view::{AdjustmentDecision, AdjustmentView};
use domain::{AdjustmentId, Command, FieldError, TicketTypeId, Timestamp};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The largest change.
const LARGEST: i64 = 1_000_000;
/// The most characters of a reason.
const LONGEST_REASON: usize = 200;
/// Changes that are remembered until they are decided.
const REMEMBERED: usize = 100;

/// A change of stock that can be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    ticket_type: TicketTypeId,
    change: i64,
    reason: String,
}

impl Change {
    /// Checks what came from outside; `None` is what was not there or of the wrong kind.
    ///
    /// # Errors
    /// All fields that are wrong.
    pub fn parse(
        ticket_type: Option<&str>,
        change: Option<i64>,
        reason: Option<&str>,
    ) -> Result<Change, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let mut refuse = |field: &str, message: String| wrong.push(FieldError::new(field, message));
        let ticket_type = TicketTypeId::parse(ticket_type.unwrap_or_default())
            .map_err(|message| refuse("ticket_type", message))
            .ok();
        let change =
            change.filter(|change| *change != 0 && change.unsigned_abs() <= LARGEST.unsigned_abs());
        if change.is_none() {
            let message = format!("must be a whole number from -{LARGEST} to {LARGEST}, not 0");
            refuse("change", message);
        }
        let reason = reason.unwrap_or_default().trim();
        let fits = (1..=LONGEST_REASON).contains(&reason.chars().count())
            && !reason.chars().any(char::is_control);
        if !fits {
            refuse(
                "reason",
                format!("must be 1 to {LONGEST_REASON} characters"),
            );
        }
        match (ticket_type, change) {
            (Some(ticket_type), Some(change)) if fits => Ok(Change {
                ticket_type,
                change,
                reason: reason.to_owned(),
            }),
            _ => Err(wrong),
        }
    }
}

/// The changes asked for lately.
#[derive(Debug, Default)]
pub(crate) struct Adjustments {
    asked: Mutex<VecDeque<(AdjustmentId, Change)>>,
}

impl Adjustments {
    /// Asks inventory for a change: when this returns, the queue has it on disk.
    ///
    /// # Errors
    /// There is no such ticket type, the key was used for another change, or the queue did not confirm in time.
    pub async fn ask(
        &self,
        (intake, keys, read_model): (&Intake, &Keys, &ReadModel),
        change: Change,
        actor: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<AdjustmentId, Problem> {
        let now = read_model.now();
        if !now.types.is_empty() && !now.types.contains_key(&change.ticket_type) {
            return Err(Problem::field("ticket_type", "is not sold here"));
        }
        let adjustment_id = keys.adjustment_id(actor, key);
        let earlier = match self.asked(adjustment_id) {
            Some(earlier) => Some((earlier.ticket_type, earlier.change)),
            None if key.is_some() => {
                let decided = read_model.adjustment(adjustment_id).await?;
                decided.map(|decided| (decided.ticket_type, decided.change))
            }
            None => None,
        };
        if earlier.is_some_and(|earlier| earlier != (change.ticket_type.clone(), change.change)) {
            return Err(other_body());
        }
        let command = Command::AdjustStock(AdjustStock {
            timestamp: Timestamp::now(),
            adjustment_id,
            ticket_type: change.ticket_type.clone(),
            change: change.change,
            reason: change.reason.clone(),
            actor: actor.to_owned(),
        });
        intake
            .send(Queue::Inventory, Message::command(SOURCE, &command))
            .await?;
        let mut asked = self.lock();
        asked.push_back((adjustment_id, change));
        if asked.len() > REMEMBERED {
            asked.pop_front();
        }
        Ok(adjustment_id)
    }

    fn asked(&self, adjustment_id: AdjustmentId) -> Option<Change> {
        let asked = self.lock();
        let known = asked.iter().find(|(id, _)| *id == adjustment_id);
        known.map(|(_, change)| change.clone())
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<(AdjustmentId, Change)>> {
        // Nothing in here can be left half done.
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What came of a change, if it is known here.
    ///
    /// # Errors
    /// The read model cannot be read.
    pub async fn view(
        &self,
        read_model: &ReadModel,
        adjustment_id: AdjustmentId,
    ) -> Result<Option<AdjustmentView>, Problem> {
        if let Some(decided) = read_model.adjustment(adjustment_id).await? {
            return Ok(Some(AdjustmentView {
                adjustment_id,
                change: decided.change,
                decision: decided.decision(),
                ticket_type: decided.ticket_type,
            }));
        }
        let change = self.asked(adjustment_id);
        Ok(change.map(|change| AdjustmentView {
            adjustment_id,
            ticket_type: change.ticket_type,
            change: change.change,
            decision: AdjustmentDecision::Pending,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wrong_field_names_itself() {
        let long = "x".repeat(201);
        for (ticket_type, change, reason, field) in [
            (Some("VIP!"), Some(1), Some("why"), "ticket_type"),
            (None, Some(1), Some("why"), "ticket_type"),
            (Some("vip"), Some(0), Some("why"), "change"),
            (Some("vip"), None, Some("why"), "change"),
            (Some("vip"), Some(1_000_001), Some("why"), "change"),
            (Some("vip"), Some(i64::MIN), Some("why"), "change"),
            (Some("vip"), Some(1), Some("  "), "reason"),
            (Some("vip"), Some(1), Some("a\nb"), "reason"),
            (Some("vip"), Some(1), Some(long.as_str()), "reason"),
            (Some("vip"), Some(1), None, "reason"),
        ] {
            let wrong = Change::parse(ticket_type, change, reason)
                .err()
                .unwrap_or_default();
            let fields: Vec<_> = wrong.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, [field], "{ticket_type:?} {change:?} {reason:?}");
        }
        assert!(Change::parse(Some("vip"), Some(-1_000_000), Some(" why ")).is_ok());
    }
}
