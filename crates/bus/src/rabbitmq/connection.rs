//! Connecting, and connecting again.

use super::{gone, topology::Topology};
use crate::{BusOptions, Unavailable, attempt::LastFailure};
use lapin::{Channel, Connection, ConnectionProperties, uri::AMQPUri};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

/// How long connecting, or a question to the broker, may take.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Seconds. RabbitMQ counts a client as lost two to three of them after its last sign of life, and gives what it had prefetched to
/// others: 12 s at the most for one that is frozen.
const HEARTBEAT: u16 = 4;

/// Where the broker is, and what must stand there.
#[derive(Clone, Debug)]
pub(crate) struct Endpoint {
    uri: AMQPUri,
    pub(super) topology: Topology,
}

impl Endpoint {
    /// # Errors
    /// Says what is wrong with the URL.
    pub(crate) fn new(url: &Url, options: &BusOptions) -> Result<Endpoint, String> {
        let mut uri: AMQPUri = url.as_str().parse()?;
        // The parser knows names and IPv4 addresses only, and takes anything else for localhost.
        if let Some(url::Host::Ipv6(address)) = url.host() {
            uri.authority.host = address.to_string();
        }
        uri.query.heartbeat.get_or_insert(HEARTBEAT);
        Ok(Endpoint {
            uri,
            topology: Topology::new(options),
        })
    }

    pub(super) fn vhost(&self) -> &str {
        &self.uri.vhost
    }

    /// User name and password.
    pub(super) fn credentials(&self) -> (&str, &str) {
        let user = &self.uri.authority.userinfo;
        (&user.username, &user.password)
    }

    /// Connects and declares the topology. With the connection comes how many orders wait.
    pub(super) async fn connect(&self, purpose: &str) -> Result<(Connection, u64), Unavailable> {
        let name = self.topology.connection_name(purpose);
        let properties = ConnectionProperties::default().with_connection_name(name.into());
        let wait = self
            .uri
            .query
            .connection_timeout
            .map_or(ANSWER_TIMEOUT, Duration::from_millis);
        let connecting = async {
            let connection = Connection::connect_uri(self.uri.clone(), properties)
                .await
                .map_err(gone)?;
            let waiting = self.topology.declare(&connection).await?;
            Ok((connection, waiting))
        };
        answer_within(wait, connecting).await
    }
}

/// Fails when the broker does not answer in time.
pub(super) async fn answer_within<T>(
    wait: Duration,
    answer: impl Future<Output = Result<T, Unavailable>>,
) -> Result<T, Unavailable> {
    timeout(wait, answer).await.unwrap_or_else(|_| {
        Err(Unavailable::new(
            "RabbitMQ",
            format!("no answer within {wait:?}"),
        ))
    })
}

/// One connection for all who consume or ask. It is opened when somebody needs it, and again when it is lost.
#[derive(Clone)]
pub(super) struct SharedConnection {
    endpoint: Arc<Endpoint>,
    purpose: &'static str,
    state: Arc<Mutex<State>>,
}

/// What is known of the queues when a channel is opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Queues {
    /// Nothing: the channel asks.
    AsTheyAre,
    /// They are there: those that were missing are made.
    Declared,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    failure: LastFailure,
}

impl SharedConnection {
    pub(super) fn new(endpoint: Arc<Endpoint>, purpose: &'static str) -> SharedConnection {
        SharedConnection {
            endpoint,
            purpose,
            state: Arc::default(),
        }
    }

    /// A new channel. Whoever stops waiting for it does not stop the connecting, so that somebody who looks in every now
    /// and then gets there too.
    pub(super) async fn channel(&self) -> Result<Channel, Unavailable> {
        self.open(Queues::AsTheyAre).await
    }

    /// A new channel, once all queues are there: one that was there may have been deleted since.
    pub(super) async fn channel_to_consume(&self) -> Result<Channel, Unavailable> {
        self.open(Queues::Declared).await
    }

    async fn open(&self, queues: Queues) -> Result<Channel, Unavailable> {
        let shared = self.clone();
        let opening =
            tokio::spawn(async move { shared.open_channel(queues, Instant::now()).await });
        opening
            .await
            .map_err(|error| Unavailable::new("RabbitMQ", error))?
    }

    async fn open_channel(&self, queues: Queues, asked: Instant) -> Result<Channel, Unavailable> {
        let mut state = self.state.lock().await;
        state.failure.check(asked)?;
        let opened = self.try_open_channel(queues, &mut state.connection).await;
        state.failure.note(opened)
    }

    async fn try_open_channel(
        &self,
        queues: Queues,
        current: &mut Option<Connection>,
    ) -> Result<Channel, Unavailable> {
        let connection = match current.take() {
            Some(connection) if connection.status().connected() => {
                if queues == Queues::Declared {
                    let declaring = self.endpoint.topology.declare(&connection);
                    answer_within(ANSWER_TIMEOUT, declaring).await?;
                }
                connection
            }
            _ => self.endpoint.connect(self.purpose).await?.0,
        };
        let opening = async { connection.create_channel().await.map_err(gone) };
        let channel = answer_within(ANSWER_TIMEOUT, opening).await?;
        *current = Some(connection);
        Ok(channel)
    }
}

/// Waits that grow from a tenth of a second to two seconds, each shortened at random, so that many clients do not come
/// back at the same moment.
pub(super) struct Backoff(Duration);

impl Backoff {
    const FIRST: Duration = Duration::from_millis(100);
    const LONGEST: Duration = Duration::from_secs(2);

    pub(super) fn new() -> Backoff {
        Backoff(Backoff::FIRST)
    }

    pub(super) async fn wait(&mut self) {
        let wait = self.0.mul_f64(rand::random_range(0.5..1.0));
        self.0 = (self.0 * 2).min(Backoff::LONGEST);
        tokio::time::sleep(wait).await;
    }
}
