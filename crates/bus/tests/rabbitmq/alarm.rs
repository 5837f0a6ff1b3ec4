//! A broker that is short of memory or disk. It tells every connection that publishes (`connection.blocked`), reads nothing
//! more from it, and goes on where it was once it has room again; connections that only consume notice nothing.
//! <https://www.rabbitmq.com/docs/connection-blocked>

use crate::{
    broker::{Broker, keys, take},
    brokers::{eventually, message},
};
use bus::Queue;
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, watch},
    task::JoinHandle,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_alarm_is_told_in_time_and_nothing_is_lost_when_it_is_over() {
    let Some(broker) = Broker::get() else { return };
    let alarm = Alarm::before(broker.address()).await;
    let queue = broker.through(alarm.address).ready().await;
    let order = |key: &str| vec![(Queue::Orders, message(key))];
    queue.send(order("before")).await.unwrap();

    alarm.on.send_replace(true);
    for _ in 0..3 {
        let asked = Instant::now();
        let refused = queue.send(order("unknown")).await.unwrap_err();
        assert!(asked.elapsed() < Duration::from_secs(2), "{refused}");
    }
    let told = queue.ready().await.unwrap_err().to_string();
    assert!(told.contains("low on memory"), "{told}");
    // What waits is done meanwhile.
    let mut source = queue.consume(Queue::Orders, 10).await.unwrap();
    let first = take(&mut *source, 1).await;
    assert_eq!(keys(&first), ["before"]);
    source.settle(&[first[0].receipt]).await.unwrap();

    alarm.on.send_replace(false);
    eventually("orders are taken again", async || {
        queue.ready().await.is_ok() && queue.send(order("after")).await.is_ok()
    })
    .await;
    // A 503 means unknown: the one that the broker had not read yet is there now, too.
    let rest = take(&mut *source, 2).await;
    assert_eq!(keys(&rest), ["after", "unknown"]);
    broker.clear().await;
}

/// Stands between a client and a broker, and speaks for the broker while it is in alarm.
struct Alarm {
    address: SocketAddr,
    on: watch::Sender<bool>,
    listening: JoinHandle<()>,
}

impl Alarm {
    async fn before(target: String) -> Alarm {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (on, state) = watch::channel(false);
        let listening = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, target.clone(), state.clone()));
            }
        });
        Alarm {
            address,
            on,
            listening,
        }
    }
}

impl Drop for Alarm {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn carry(client: TcpStream, target: String, mut alarm: watch::Receiver<bool>) -> Option<()> {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_broker, mut to_broker) = TcpStream::connect(target).await.ok()?.into_split();
    let (frames, mut waiting) = mpsc::channel::<Vec<u8>>(16);
    let of_broker = frames.clone();
    tokio::spawn(async move {
        while let Some(frame) = frame(&mut from_broker).await {
            of_broker.send(frame).await.ok()?;
        }
        Some(())
    });
    tokio::spawn(async move {
        while let Some(frame) = waiting.recv().await {
            to_client.write_all(&frame).await.ok()?;
        }
        Some(())
    });
    let mut protocol = [0; 8];
    from_client.read_exact(&mut protocol).await.ok()?;
    to_broker.write_all(&protocol).await.ok()?;
    while let Some(frame) = frame(&mut from_client).await {
        if *alarm.borrow() && is_method(&frame, BASIC_PUBLISH) {
            let reason = b"low on memory";
            let argument = [&[reason.len() as u8], &reason[..]].concat();
            frames
                .send(method(CONNECTION_BLOCKED, &argument))
                .await
                .ok()?;
            alarm.wait_for(|on| !on).await.ok()?;
            frames.send(method(CONNECTION_UNBLOCKED, &[])).await.ok()?;
        }
        to_broker.write_all(&frame).await.ok()?;
    }
    Some(())
}

/// AMQP 0-9-1's class and method.
const BASIC_PUBLISH: [u8; 4] = [0, 60, 0, 40];
const CONNECTION_BLOCKED: [u8; 4] = [0, 10, 0, 60];
const CONNECTION_UNBLOCKED: [u8; 4] = [0, 10, 0, 61];
const METHOD_FRAME: u8 = 1;
const FRAME_END: u8 = 0xCE;
/// Type, channel, size of the payload.
const FRAME_HEADER: usize = 7;

async fn frame(from: &mut (impl AsyncReadExt + Unpin)) -> Option<Vec<u8>> {
    let mut frame = vec![0; FRAME_HEADER];
    from.read_exact(&mut frame).await.ok()?;
    let size = u32::from_be_bytes(frame[3..].try_into().ok()?) as usize;
    frame.resize(FRAME_HEADER + size + 1, 0);
    from.read_exact(&mut frame[FRAME_HEADER..]).await.ok()?;
    Some(frame)
}

fn is_method(frame: &[u8], method: [u8; 4]) -> bool {
    frame[0] == METHOD_FRAME && frame[FRAME_HEADER..].starts_with(&method)
}

/// A method of the connection itself, which is channel 0.
fn method(method: [u8; 4], arguments: &[u8]) -> Vec<u8> {
    let size = (method.len() + arguments.len()) as u32;
    let header = [METHOD_FRAME, 0, 0];
    [
        &header[..],
        &size.to_be_bytes(),
        &method,
        arguments,
        &[FRAME_END],
    ]
    .concat()
}
