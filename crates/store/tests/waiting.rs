//! Stories of what keeps a transaction waiting on Postgres: a lock that somebody else holds, a session whose owner is frozen, a
//! peer that says nothing. None of them lasts, and none is held against the data.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../bus/tests/brokers/proxy.rs"]
#[allow(dead_code)]
mod proxy;
#[path = "../../../workers/tests/support/mod.rs"]
#[allow(dead_code)]
mod support;

use proxy::Proxy;
use sqlx::{AnyConnection, Connection, Executor};
use std::time::{Duration, Instant};
use store::{Database, Location, Trouble, Tx};
use support::Place;

const STOCK: &[store::MigrationText] = &[(
    1,
    "stock",
    "CREATE TABLE stock (name TEXT PRIMARY KEY, remaining BIGINT NOT NULL);
     INSERT INTO stock VALUES ('day', 50);",
)];
const LOCK: &str = "SELECT remaining FROM stock WHERE name = 'day' FOR UPDATE";

/// The service's name, which is its schema on Postgres.
const SERVICE: &str = "waiting";

async fn locked(database: &Database) -> Result<Tx, Trouble> {
    let mut tx = database.begin().await?;
    tx.execute(LOCK).await?;
    Ok(tx)
}

fn url() -> String {
    std::env::var("FESTFLOW_TEST_DATABASE_URL").unwrap()
}

/// A session that is none of ours, in the middle of a transaction.
async fn forgotten_terminal(place: &Place) -> AnyConnection {
    let mut terminal = AnyConnection::connect(&url()).await.unwrap();
    let schema = place.location(SERVICE).service;
    let begin = format!(
        "SET application_name = 'a forgotten terminal'; SET search_path = \"{schema}\"; BEGIN;"
    );
    terminal.execute(sqlx::AssertSqlSafe(begin)).await.unwrap();
    terminal.execute(LOCK).await.unwrap();
    terminal
}

#[tokio::test]
async fn a_lock_that_is_not_given_makes_the_database_unavailable_and_names_who_holds_it() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let database = place.database(SERVICE, STOCK).await;
    // The control: nobody holds it.
    locked(&database).await.unwrap().commit().await.unwrap();
    assert_eq!(database.blocker(), None);

    let terminal = forgotten_terminal(&place).await;
    let since = Instant::now();
    let trouble = locked(&database).await.unwrap_err();
    assert!(matches!(trouble, Trouble::Unavailable(_)), "{trouble:?}");
    assert!(since.elapsed() < Duration::from_secs(9), "{trouble:?}");
    let blocker = database.blocker().unwrap();
    assert_eq!(blocker.application_name, "a forgotten terminal");
    assert!(blocker.pid > 0 && blocker.since.ends_with('Z'), "{blocker}");

    terminal.close().await.unwrap();
    locked(&database).await.unwrap().commit().await.unwrap();
    place.clean().await;
}

/// Whoever waits behind another one of ours is told of the one that holds up both.
#[tokio::test]
async fn the_one_who_holds_up_all_is_named_and_not_who_waits_as_well() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let database = place.database(SERVICE, STOCK).await;
    let terminal = forgotten_terminal(&place).await;
    let all = (0..4).map(|_| locked(&database));
    for waited in futures_util::future::join_all(all).await {
        assert!(waited.is_err());
    }
    let blocker = database.blocker().unwrap();
    assert_eq!(blocker.application_name, "a forgotten terminal");
    terminal.close().await.unwrap();
    place.clean().await;
}

/// As after SIGSTOP: the connection stands, its owner does nothing.
#[tokio::test]
async fn a_session_that_is_frozen_in_a_transaction_loses_its_locks() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let database = place.database(SERVICE, STOCK).await;
    let frozen = locked(&database).await.unwrap();
    let since = Instant::now();
    let tx = loop {
        match locked(&database).await {
            Ok(tx) => break tx,
            Err(Trouble::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
        assert!(since.elapsed() < Duration::from_secs(15));
    };
    tx.commit().await.unwrap();
    assert!(frozen.commit().await.is_err(), "its transaction is gone");
    place.clean().await;
}

#[tokio::test]
async fn a_silent_peer_keeps_no_connection_of_the_pool() {
    let Some(place) = Place::postgres() else {
        return;
    };
    let url = url();
    let address = url.rsplit('@').next().unwrap().split('/').next().unwrap();
    let proxy = Proxy::before(address.to_owned()).await;
    let through = url.replace(address, &proxy.address().to_string());
    let location = Location::parse(&through, &place.location(SERVICE).service).unwrap();
    let database = Database::open(&location, STOCK).await.unwrap();
    let mut open = Vec::new();
    for _ in 0..8 {
        let mut tx = database.begin().await.unwrap();
        tx.execute("SELECT 1").await.unwrap();
        open.push(tx);
    }
    proxy.strand();
    // All of them are given up in the middle of a statement.
    for mut tx in open {
        let statement = tx.execute("SELECT 1");
        let answered = tokio::time::timeout(Duration::from_millis(20), statement).await;
        assert!(answered.is_err(), "the peer is silent");
    }
    let since = Instant::now();
    while let Err(error) = locked(&database).await {
        assert!(since.elapsed() < Duration::from_secs(30), "{error}");
    }
    place.clean().await;
}
