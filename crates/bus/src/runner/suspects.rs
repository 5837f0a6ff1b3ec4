//! Messages in whose handling a process has died: any of those that were handled together may have been the cause, so they
//! are handled in halves, until one is alone. Only deaths alone lead to the dead letters.

use super::Attempt;
use crate::{Cause, CauseCode, CrashJournal, Crashes, Message, Unavailable};
use domain::MessageId;
use std::{ops::Range, sync::Arc, time::Duration};
use tokio::time::Instant;

/// After so many deaths while it was handled alone, a message goes to the dead letters.
const DEAD_LETTER_AFTER: u32 = 10;

/// For so long after a start, what a log delivers counts as delivered before: a log counts no deliveries, and its group's
/// position is behind what the process before had handled, by the interval of commits and by what was in hand.
const LOG_REPLAY: Duration = Duration::from_secs(10);

/// Asks the journal, and keeps it.
pub(crate) struct Suspects {
    journal: Arc<dyn CrashJournal>,
    /// Until when everything counts as delivered before.
    replay_ends: Instant,
}

/// Neighbours in a batch that are handled together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// Their places in the batch.
    pub range: Range<usize>,
    /// One of them was delivered before: the journal has to know that they are handled.
    is_journaled: bool,
    /// Deaths of a message that is alone in its group.
    crashed_alone: u32,
    /// How many may be in it.
    limit: usize,
}

impl Group {
    /// Its first and its second half.
    pub fn halves(self) -> (Group, Group) {
        let Range { start, end } = self.range;
        let middle = start + (end - start) / 2;
        let half = |range| Group {
            range,
            ..self.clone()
        };
        (half(start..middle), half(middle..end))
    }
}

impl Suspects {
    /// In a runner that starts now, on a log or on a queue.
    pub fn new(journal: Arc<dyn CrashJournal>, is_log: bool) -> Suspects {
        let replay = if is_log { LOG_REPLAY } else { Duration::ZERO };
        Suspects {
            journal,
            replay_ends: Instant::now() + replay,
        }
    }

    /// How to handle `batch`: all together, but for those in whose handling a process has died.
    pub async fn groups(&self, batch: &[Attempt]) -> Result<Vec<Group>, Unavailable> {
        let is_replay = Instant::now() < self.replay_ends;
        let came_before = |attempt: &&Attempt| is_replay || attempt.delivery.redeliveries > 0;
        let ids: Vec<MessageId> = batch
            .iter()
            .filter(came_before)
            .map(|attempt| attempt.delivery.message.id)
            .collect();
        if ids.is_empty() {
            return Ok(grouped(batch.iter().map(|_| (false, None))));
        }
        let crashes = self.journal.crashes(&ids).await?;
        let known = batch.iter().map(|attempt| {
            let id = &attempt.delivery.message.id;
            (came_before(&attempt), crashes.get(id).copied())
        });
        Ok(grouped(known))
    }

    /// Why the message of `group` is not handled again, when it has killed too often; it is struck out, so that whoever
    /// sends it again has it tried again.
    pub async fn dead_letter_cause(
        &self,
        messages: &[Message],
        group: &Group,
    ) -> Result<Option<Cause>, Unavailable> {
        if group.crashed_alone < DEAD_LETTER_AFTER {
            return Ok(None);
        }
        self.end(messages, group).await?;
        let text = format!(
            "the process died {} times while it handled this message alone",
            group.crashed_alone
        );
        Ok(Some(Cause::new(CauseCode::Crashed, text)))
    }

    /// The handler is called with `messages` now.
    pub async fn begin(&self, messages: &[Message], group: &Group) -> Result<(), Unavailable> {
        if !group.is_journaled {
            return Ok(());
        }
        self.journal
            .begin(&ids(messages), group.crashed_alone)
            .await
    }

    /// The handler has returned.
    pub async fn end(&self, messages: &[Message], group: &Group) -> Result<(), Unavailable> {
        if !group.is_journaled {
            return Ok(());
        }
        self.journal.end(&ids(messages)).await
    }
}

fn ids(messages: &[Message]) -> Vec<MessageId> {
    messages.iter().map(|message| message.id).collect()
}

/// Groups neighbours. Of each message is known whether it came before, and which deaths it was in.
fn grouped(known: impl Iterator<Item = (bool, Option<Crashes>)>) -> Vec<Group> {
    let mut groups = Vec::<Group>::new();
    for (index, (came_before, crashes)) in known.enumerate() {
        let (limit, crashed_alone) = match crashes {
            Some(crashes) => ((crashes.together as usize / 2).max(1), crashes.alone),
            None => (usize::MAX, 0),
        };
        match groups.last_mut() {
            Some(group) if group.range.len() < group.limit.min(limit) => {
                group.range.end = index + 1;
                group.is_journaled |= came_before;
                group.limit = group.limit.min(limit);
            }
            _ => groups.push(Group {
                range: index..index + 1,
                is_journaled: came_before,
                crashed_alone,
                limit,
            }),
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(known: &[(bool, Option<Crashes>)]) -> Vec<usize> {
        let groups = grouped(known.iter().copied());
        groups.iter().map(|group| group.range.len()).collect()
    }

    fn died(together: u32) -> (bool, Option<Crashes>) {
        (true, Some(Crashes { together, alone: 0 }))
    }

    #[test]
    fn what_came_again_is_handled_together_as_the_first_time() {
        assert_eq!(sizes(&[(true, None); 250]), [250]);
        assert_eq!(sizes(&[(false, None), (true, None), (false, None)]), [3]);
    }

    #[test]
    fn a_batch_in_which_a_process_died_is_handled_in_halves() {
        assert_eq!(sizes(&[died(250); 250]), [125, 125]);
        assert_eq!(sizes(&[died(3); 3]), [1, 1, 1]);
        let neighbours = [&[(false, None); 5][..], &[died(4); 4], &[(false, None); 5]].concat();
        assert!(sizes(&neighbours).iter().all(|size| *size <= 5));
    }

    #[test]
    fn who_died_alone_is_alone_again() {
        let alone = Crashes {
            together: 1,
            alone: 7,
        };
        let known = [(false, None), (true, Some(alone)), (false, None)];
        let groups = grouped(known.into_iter());
        assert_eq!(groups.len(), 3);
        assert_eq!(groups[1].crashed_alone, 7);
    }
}
