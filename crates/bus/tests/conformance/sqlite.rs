//! What only files can do.

use crate::{
    bench::Bench,
    child::{Child, Role},
    support::*,
};
use bus::{
    BusOptions, DeadLetter, DeadLetterQueue, Message, Positions, Queue, Topic, open_log, open_queue,
};
use domain::Timestamp;
use sqlx::{ConnectOptions, SqliteConnection, sqlite::SqliteConnectOptions};
use std::{path::Path, time::Duration};

fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

/// The file, without the adapter.
async fn raw(path: &Path) -> SqliteConnection {
    SqliteConnectOptions::new()
        .filename(path)
        .connect()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_says_why() {
    let bench = Bench::sqlite();
    // Below a file there is no folder, whoever asks.
    let file = bench.folder().join("file");
    std::fs::write(&file, "").unwrap();
    let path = file.join("folder").join("queue.db");
    let queue = open_queue(&url(&path), &BusOptions::default()).unwrap();
    let errors = [
        queue.send(orders([1])).await.unwrap_err(),
        queue.depth(Queue::Orders).await.unwrap_err(),
        queue.consume(Queue::Orders, 1).await.err().unwrap(),
    ];
    for error in errors {
        let error = error.to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
        assert!(error.contains("Not a directory"), "{error}");
    }
    let log = open_log(&url(&path), &BusOptions::default()).unwrap();
    let error = log.append(facts([1])).await.unwrap_err().to_string();
    assert!(error.contains("Not a directory"), "{error}");
    log.subscribe("group", &[Topic::Analytics])
        .await
        .err()
        .unwrap();
    log.read(&[Topic::Analytics], &Positions::default())
        .await
        .err()
        .unwrap();

    // Once the trouble is gone, the same handle works.
    std::fs::remove_file(&file).unwrap();
    queue.send(orders([1])).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_corrupt_file_says_so_and_is_left_alone() {
    let bench = Bench::sqlite();
    let path = bench.folder().join("queue.db");
    let text = "This is not a database, but somebody's notes. ".repeat(200);
    std::fs::write(&path, &text).unwrap();
    let queue = open_queue(&url(&path), &BusOptions::default()).unwrap();
    let error = queue.send(orders([1])).await.unwrap_err().to_string();
    assert!(error.contains("file is not a database"), "{error}");
    drop(queue);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_are_created() {
    let bench = Bench::sqlite();
    let path = bench.folder().join("data").join("more").join("queue.db");
    let queue = open_queue(&url(&path), &BusOptions::default()).unwrap();
    queue.send(orders([1])).await.unwrap();
    assert!(path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_share_a_queue() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    let mut child = Child::start(&bench, Role::Consume);
    queue.send(orders([0])).await.unwrap();
    assert_eq!(child.numbers(1).await, [0]);
    // It sleeps now, and what we send must wake it.
    for number in 1..20 {
        queue.send(orders([number])).await.unwrap();
        assert_eq!(child.numbers(1).await, [number]);
    }
    assert_eq!(queue.depth(Queue::Orders).await.unwrap().consumers, Some(1));
    // Both write at the same time.
    for number in 20..500 {
        queue.send(orders([number])).await.unwrap();
    }
    let mut heard = child.numbers(480).await;
    heard.sort_unstable();
    assert_eq!(heard, (20..500).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_wakes_a_reader() {
    let bench = Bench::sqlite();
    let log = bench.log().await;
    let mut reader = log
        .read(&[Topic::Analytics], &Positions::default())
        .await
        .unwrap();
    let _child = Child::start(&bench, Role::Append);
    for _ in 0..20 {
        read(&mut *reader, 50).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn both_ports_may_share_a_file() {
    let bench = Bench::sqlite();
    let path = bench.folder().join("both.db");
    let queue = open_queue(&url(&path), &BusOptions::default()).unwrap();
    let log = open_log(&url(&path), &BusOptions::default()).unwrap();
    for number in 0..50 {
        let (sent, appended) =
            tokio::join!(queue.send(orders([number])), log.append(facts([number])));
        sent.unwrap();
        appended.unwrap();
    }
    let mut source = queue.consume(Queue::Orders, 50).await.unwrap();
    assert_eq!(drain(&mut *source, 50).await, 0);
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_without_a_living_owner_is_void() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    queue.send(orders(0..3)).await.unwrap();
    // As after a restored backup: the file says that somebody has work whose lock is not there.
    let mut file = raw(&bench.folder().join("queue.db")).await;
    sqlx::raw_sql(
        "INSERT INTO consumers (id, queue, session) VALUES (5, 'orders', 'session-of-yesterday');
         INSERT INTO claims (consumer, seq) SELECT 5, seq FROM ready;
         DELETE FROM ready;",
    )
    .execute(&mut file)
    .await
    .unwrap();
    let mut source = queue.consume(Queue::Orders, 3).await.unwrap();
    within(bench.recovery, "it comes back", async || {
        queue.depth(Queue::Orders).await.unwrap().ready == 3
    })
    .await;
    assert_eq!(numbers(&take(&mut *source, 3).await), [0, 1, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consumer_whose_lock_is_cleared_begins_anew() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    queue.send(orders(0..3)).await.unwrap();
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let stale = take(&mut *source, 3).await;
    // Somebody clears the folder while another process is there to notice.
    let _child = Child::start(&bench, Role::Send);
    for lock in std::fs::read_dir(bench.folder().join("queue.db-locks")).unwrap() {
        std::fs::remove_file(lock.unwrap().path()).unwrap();
    }
    eventually("an error says that it was taken for dead", async || {
        matches!(
            tokio::time::timeout(QUIET, source.take(1, Duration::ZERO)).await,
            Ok(Err(_))
        )
    })
    .await;
    source.settle(&receipts(&stale)).await.unwrap();
    let again = take(&mut *source, 10).await;
    assert!(
        again
            .iter()
            .any(|delivery| delivery.message == stale[0].message),
        "what was in hand is done again"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_message_is_handed_on() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    queue.send(orders([1])).await.unwrap();
    let mut file = raw(&bench.folder().join("queue.db")).await;
    sqlx::raw_sql("UPDATE messages SET body = '{\"event_type\":\"ODD\"'")
        .execute(&mut file)
        .await
        .unwrap();
    let mut source = queue.consume(Queue::Orders, 3).await.unwrap();
    let taken = take(&mut *source, 1).await;
    assert_eq!(taken[0].message.payload, "{\"event_type\":\"ODD\"");
    assert!(taken[0].message.decode_command().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_records_go_and_offsets_stay() {
    let bench = Bench::sqlite();
    let path = bench.folder().join("log.db");
    let buyers = |from: u32, to: u32| {
        (from..to)
            .map(|number| (Topic::Buyers, message(number)))
            .collect()
    };
    let log = bench.log().await;
    log.append(buyers(0, 10)).await.unwrap();
    log.append(facts(0..10)).await.unwrap();
    // Everything so far was long ago.
    let mut file = raw(&path).await;
    for table in [
        "UPDATE \"records of buyers\" SET appended = 0",
        "UPDATE \"records of analytics_topic\" SET appended = 0",
    ] {
        sqlx::raw_sql(table).execute(&mut file).await.unwrap();
    }
    log.append(buyers(10, 15)).await.unwrap();
    drop(log);

    // Expired records are looked for when it is opened anew.
    let log = bench.log().await;
    eventually("ten have expired", async || {
        log.lag("group", Topic::Buyers).await.unwrap() == 5
    })
    .await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 10);
    assert_eq!(
        log.ends(Topic::Buyers).await.unwrap().to_string(),
        "buyers.0:15"
    );
    let mut reader = log
        .read(&[Topic::Buyers], &Positions::default())
        .await
        .unwrap();
    let records = read(&mut *reader, 5).await;
    assert_eq!(
        records
            .iter()
            .map(|record| record.offset)
            .collect::<Vec<_>>(),
        [10, 11, 12, 13, 14]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_of_another_log_is_the_start() {
    let bench = Bench::sqlite();
    let log = bench.log().await;
    log.append(facts(0..3)).await.unwrap();
    let elsewhere: Positions = "analytics_topic.0:1000".parse().unwrap();
    let mut reader = log.read(&[Topic::Analytics], &elsewhere).await.unwrap();
    assert_eq!(read(&mut *reader, 3).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn rates_are_measured() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    let mut source = queue.consume(Queue::Orders, 100).await.unwrap();
    let mut number = 0;
    eventually("something came in and went out", async || {
        queue.send(orders([number])).await.unwrap();
        number += 1;
        let taken = source.take(100, Duration::ZERO).await.unwrap();
        source.settle(&receipts(&taken)).await.unwrap();
        let depth = queue.depth(Queue::Orders).await.unwrap();
        depth.in_per_second.is_some_and(|rate| rate > 0.0)
            && depth.out_per_second.is_some_and(|rate| rate > 0.0)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_open() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    let source = queue.consume(Queue::Orders, 1).await.unwrap();
    queue.send(orders(0..100)).await.unwrap();
    // The last commit empties into the file, and the write-ahead log and this process's lock go.
    drop((queue, source));
    let left = bench.folder();
    let sessions = || {
        let locks = std::fs::read_dir(left.join("queue.db-locks")).unwrap();
        let names = locks.map(|lock| lock.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name.starts_with("session-")).count()
    };
    eventually("only the file is left", async || {
        !left.join("queue.db-wal").exists() && sessions() == 0
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_holds_nobody_up() {
    let bench = Bench::sqlite();
    let log = bench.log().await;
    log.append(facts(0..100)).await.unwrap();
    // Somebody reads, and stops in the middle of it.
    let mut file = raw(&bench.folder().join("log.db")).await;
    sqlx::raw_sql("BEGIN; SELECT * FROM topics;")
        .execute(&mut file)
        .await
        .unwrap();
    let writing = async {
        for number in 100..200 {
            log.append(facts([number])).await.unwrap();
        }
    };
    soon("appends", writing).await;
    assert_eq!(log.lag("group", Topic::Analytics).await.unwrap(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_letter_keeps_what_people_need() {
    let bench = Bench::sqlite();
    let queue = bench.queue().await;
    let letter = DeadLetter {
        message: message(7),
        cause: rejected("nobody can"),
        attempts: 3,
    };
    queue
        .bury(DeadLetterQueue::Of(Queue::Orders), letter)
        .await
        .unwrap();
    let mut file = raw(&bench.folder().join("queue.db")).await;
    let (queue, text, reason, attempts, buried): (String, String, String, u32, String) =
        sqlx::query_as("SELECT queue, message, reason, attempts, buried FROM dead_letters")
            .fetch_one(&mut file)
            .await
            .unwrap();
    assert_eq!(
        (queue.as_str(), reason.as_str(), attempts),
        ("orders.dead", "rejected: nobody can", 3)
    );
    assert_eq!(serde_json::from_str::<Message>(&text).unwrap(), message(7));
    assert!(Timestamp::now().since(Timestamp::parse(&buried).unwrap()) < PATIENCE);
}
