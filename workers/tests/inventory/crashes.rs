//! What a process died of, as the next one finds it in the database.

use crate::inventory;
use crate::support::{Place, random_id};
use bus::{CrashJournal, Crashes};
use domain::{MessageId, Timestamp};
use std::collections::HashMap;
use std::time::Duration;
use store::Database;
use workers::crash_journal::HandlingRows;

fn process(db: &Database) -> HandlingRows {
    HandlingRows::new(db.clone(), "test", random_id().to_string().into())
}

fn messages(count: usize) -> Vec<MessageId> {
    let ids = std::iter::repeat_with(|| MessageId(random_id()));
    ids.take(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_are_counted_on_sqlite() {
    deaths_are_counted(&Place::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deaths_are_counted_on_postgres() {
    if let Some(place) = Place::postgres() {
        deaths_are_counted(&place).await;
    }
}

async fn deaths_are_counted(place: &Place) {
    let db = inventory(place).await;
    let three = messages(3);
    let (healthy, deadly) = (&three[..2], &three[2..]);

    // The first dies with three in hand.
    let first = process(&db);
    assert_eq!(first.crashes(&three).await.unwrap(), HashMap::new());
    first.begin(&three, 0).await.unwrap();
    let own = first.crashes(&three).await.unwrap();
    assert!(own.is_empty(), "what is in our own hands is no death");

    // The second finishes two, and dies of the last one, alone.
    let second = process(&db);
    let together = |together, alone| Crashes { together, alone };
    let crashes = second.crashes(&three).await.unwrap();
    assert_eq!(crashes.len(), 3);
    assert!(crashes.values().all(|it| *it == together(3, 0)));
    second.begin(healthy, 0).await.unwrap();
    second.end(healthy).await.unwrap();
    second.begin(deadly, 0).await.unwrap();

    // So does the third. The fourth is stopped in the middle, which is no death.
    let third = process(&db);
    let expected = HashMap::from([(deadly[0], together(1, 1))]);
    assert_eq!(third.crashes(&three).await.unwrap(), expected);
    third.begin(deadly, 1).await.unwrap();
    let fourth = process(&db);
    let expected = HashMap::from([(deadly[0], together(1, 2))]);
    assert_eq!(fourth.crashes(&three).await.unwrap(), expected);
    fourth.begin(deadly, 2).await.unwrap();
    fourth.end_all().await.unwrap();
    assert!(process(&db).crashes(&three).await.unwrap().is_empty());

    // A message that was sent again before its first copy was acknowledged comes twice in one batch.
    let twice = [three[0], three[1], three[0]];
    let fifth = process(&db);
    fifth.begin(&twice, 0).await.unwrap();
    let crashes = process(&db).crashes(&twice).await.unwrap();
    assert_eq!(crashes.len(), 2);
    assert!(crashes.values().all(|it| *it == together(3, 0)));
    fifth.end(&twice).await.unwrap();
    assert!(process(&db).crashes(&twice).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_asks_for_is_forgotten() {
    let place = Place::sqlite();
    let db = inventory(&place).await;
    let left = messages(2);
    process(&db).begin(&left, 0).await.unwrap();
    let now = Timestamp::now();
    let day = Duration::from_secs(24 * 3600);
    process(&db).forget_old(now.plus(day)).await.unwrap();
    assert_eq!(process(&db).crashes(&left).await.unwrap().len(), 2);
    process(&db).forget_old(now.plus(8 * day)).await.unwrap();
    assert!(process(&db).crashes(&left).await.unwrap().is_empty());
}
