//! How fast the adapters are, beside the bare client: `cargo run --release -p bus --example throughput`, with
//! `FESTFLOW_TEST_QUEUE_URL` and `FESTFLOW_TEST_LOG_URL` set as for the tests.

use bus::{
    BusOptions, CommandQueue, DeadLetterQueue, EventLog, Message, Positions, Queue, Source, Topic,
    Unavailable, open_log, open_queue,
};
use domain::{MessageId, Timestamp};
use futures_util::{Stream, StreamExt, stream};
use lapin::{
    BasicProperties, Channel, Connection, ConnectionProperties,
    options::{
        BasicPublishOptions, ConfirmSelectOptions, ExchangeDeleteOptions, QueueDeleteOptions,
    },
    types::{AMQPValue, FieldTable},
};
use std::{
    error::Error,
    time::{Duration, Instant},
};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

const MESSAGES: usize = 40_000;
const LINGER: Duration = Duration::from_millis(3);

#[tokio::main]
async fn main() -> Outcome<()> {
    let options = BusOptions {
        prefix: format!("throughput-{:08x}.", rand::random::<u32>()),
        ..BusOptions::default()
    };
    if let Ok(url) = std::env::var("FESTFLOW_TEST_QUEUE_URL") {
        let queue = open_queue(&url, &options)?;
        // Answers when everything is declared.
        queue.depth(Queue::Payments).await?;
        let connection = Connection::connect(&url, ConnectionProperties::default()).await?;
        let channel = connection.create_channel().await?;
        let measured = rabbitmq(&*queue, &channel, &options).await;
        remove(&channel, &options).await?;
        measured?;
    }
    if let Ok(url) = std::env::var("FESTFLOW_TEST_LOG_URL") {
        kafka(&*open_log(&url, &options)?).await?;
    }
    Ok(())
}

async fn rabbitmq(
    queue: &dyn CommandQueue,
    channel: &Channel,
    options: &BusOptions,
) -> Outcome<()> {
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await?;
    let name = format!("{}{}", options.prefix, Queue::Payments.name());
    for headers in [false, true] {
        bare_confirms(channel, &name, headers).await?;
    }
    drain(
        "consume",
        queue.consume(Queue::Payments, 1_000).await?,
        2 * MESSAGES,
    )
    .await?;
    for to in [Queue::Payments, Queue::Orders] {
        let started = Instant::now();
        let sends = stream::iter(0..MESSAGES).map(|_| queue.send(vec![(to, message())]));
        all(sends.buffer_unordered(1_000)).await?;
        report(
            &format!("send, 1,000 at a time, to {to}"),
            MESSAGES,
            started,
        );
        drain("consume", queue.consume(to, 1_000).await?, MESSAGES).await?;
    }
    for at_a_time in [1, 2, 4, 8] {
        let started = Instant::now();
        let batches = stream::iter(0..MESSAGES / 250)
            .map(|_| queue.send((0..250).map(|_| (Queue::Payments, message())).collect()));
        all(batches.buffer_unordered(at_a_time)).await?;
        report(
            &format!("send of 250, {at_a_time} at a time"),
            MESSAGES,
            started,
        );
    }
    drain(
        "consume",
        queue.consume(Queue::Payments, 1_000).await?,
        4 * MESSAGES,
    )
    .await
}

/// What lapin can do: one task, one channel, 1,000 confirms in flight; bare, and with our headers.
async fn bare_confirms(channel: &Channel, queue: &str, headers: bool) -> Outcome<()> {
    let message = message();
    let mut properties = BasicProperties::default().with_delivery_mode(2);
    if headers {
        let mut table = FieldTable::default();
        for (name, value) in message.headers() {
            table.insert(name.into(), AMQPValue::LongString(value.into()));
        }
        properties = properties.with_headers(table);
    }
    let options = BasicPublishOptions {
        mandatory: true,
        ..BasicPublishOptions::default()
    };
    let started = Instant::now();
    let publishes = stream::iter(0..MESSAGES).map(|_| async {
        let payload = message.payload.as_bytes();
        let properties = properties.clone();
        let published =
            channel.basic_publish("".into(), queue.into(), options, payload, properties);
        published.await?.await.map(|_| ())
    });
    let mut publishes = std::pin::pin!(publishes.buffer_unordered(1_000));
    while let Some(confirmed) = publishes.next().await {
        confirmed?;
    }
    let with = if headers { "with" } else { "without" };
    report(
        &format!("bare confirms, 1,000 in flight, {with} headers"),
        MESSAGES,
        started,
    );
    Ok(())
}

async fn kafka(log: &dyn EventLog) -> Outcome<()> {
    log.ends(Topic::Analytics).await?;
    let mut appended = 0;
    for (size, at_a_time) in [(1, 1), (1, 1_000), (250, 1), (250, 2), (250, 8), (1_000, 4)] {
        let messages = if at_a_time * size == 1 { 500 } else { MESSAGES };
        let started = Instant::now();
        let batches = stream::iter(0..messages / size)
            .map(|_| log.append((0..size).map(|_| (Topic::Analytics, message())).collect()));
        all(batches.buffer_unordered(at_a_time)).await?;
        report(
            &format!("append of {size}, {at_a_time} at a time"),
            messages,
            started,
        );
        appended += messages;
    }
    drain(
        "group",
        log.subscribe("throughput", &[Topic::Analytics]).await?,
        appended,
    )
    .await?;
    let mut reader = log.read(&[Topic::Analytics], &Positions::default()).await?;
    let started = Instant::now();
    let mut read = 0;
    while read < appended {
        read += reader.take(1_000, LINGER).await?.len();
    }
    report("read by 1,000", read, started);
    Ok(())
}

/// Takes and settles by 250; the time begins with the first of them.
async fn drain(what: &str, mut source: Box<dyn Source>, messages: usize) -> Outcome<()> {
    let mut taken = 0;
    let mut started = None;
    while taken < messages {
        let batch = source.take(250, LINGER).await?;
        started.get_or_insert_with(Instant::now);
        taken += batch.len();
        let receipts: Vec<_> = batch.iter().map(|delivery| delivery.receipt).collect();
        source.settle(&receipts).await?;
    }
    report(
        &format!("{what}, taken and settled by 250"),
        taken,
        started.unwrap_or_else(Instant::now),
    );
    Ok(())
}

async fn all(sends: impl Stream<Item = Result<(), Unavailable>>) -> Outcome<()> {
    let mut sends = std::pin::pin!(sends);
    while let Some(sent) = sends.next().await {
        sent?;
    }
    Ok(())
}

fn report(what: &str, messages: usize, started: Instant) {
    let rate = messages as f64 / started.elapsed().as_secs_f64();
    println!("{rate:>9.0}/s  {what}");
}

/// As long as an order is.
fn message() -> Message {
    let id = uuid::Uuid::from_u128(rand::random());
    let filling = "x".repeat(300);
    Message {
        id: MessageId(id),
        kind: "ORDER_PLACED".to_owned(),
        key: id.to_string(),
        source: "/throughput".to_owned(),
        time: Timestamp::now(),
        schema: domain::SCHEMA,
        traceparent: None,
        payload: format!(
            r#"{{"event_type":"ORDER_PLACED","timestamp":1800000000.123456,"order_id":"{id}","filling":"{filling}"}}"#
        ),
    }
}

async fn remove(channel: &Channel, options: &BusOptions) -> Outcome<()> {
    let dead = DeadLetterQueue::ALL.map(DeadLetterQueue::name);
    for name in Queue::ALL.map(Queue::name).into_iter().chain(dead) {
        let name = format!("{}{name}", options.prefix).into();
        channel
            .queue_delete(name, QueueDeleteOptions::default())
            .await?;
    }
    let exchange = format!("{}{}", options.prefix, Queue::Orders.name()).into();
    channel
        .exchange_delete(exchange, ExchangeDeleteOptions::default())
        .await?;
    Ok(())
}
