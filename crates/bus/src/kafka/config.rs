//! From the URL to librdkafka's settings.

use super::context::Context;
use crate::{BusOptions, Topic};
use percent_encoding::percent_decode_str;
use rdkafka::{
    ClientConfig,
    config::{FromClientConfigAndContext, RDKafkaLogLevel},
    error::KafkaResult,
};

/// Where Kafka is, and what our names begin with there.
#[derive(Clone)]
pub(super) struct Config {
    /// From the URL, in its order.
    given: Vec<(String, String)>,
    prefix: String,
}

/// For all clients; the URL may say otherwise.
const CLIENT: [(&str, &str); 6] = [
    ("client.id", "festflow"),
    ("reconnect.backoff.ms", "100"),
    // Ten seconds by default, which a worker would wait after the broker is back.
    ("reconnect.backoff.max.ms", "1000"),
    ("socket.connection.setup.timeout.ms", "5000"),
    ("socket.keepalive.enable", "true"),
    // A topic that gets more partitions is noticed by its producers and groups within so many milliseconds.
    ("topic.metadata.refresh.interval.ms", "10000"),
];

/// For the producer; the URL may say otherwise.
const PRODUCER: [(&str, &str); 4] = [
    ("compression.type", "lz4"),
    ("linger.ms", "2"),
    // An append is answered, one way or the other, within so many milliseconds.
    ("message.timeout.ms", "10000"),
    // Java's hash: a key's messages share a partition whoever writes them.
    ("partitioner", "murmur2_random"),
];

/// What the port promises rests on these.
const PRODUCER_FIXED: [(&str, &str); 2] = [("enable.idempotence", "true"), ("acks", "all")];

/// For consumers; the URL may say otherwise.
const CONSUMER: [(&str, &str); 4] = [
    // A killed member's partitions move on after so many milliseconds; brokers allow no less.
    ("session.timeout.ms", "6000"),
    ("heartbeat.interval.ms", "2000"),
    // What a consumer fetches ahead, in messages and kilobytes.
    ("queued.min.messages", "10000"),
    ("queued.max.messages.kbytes", "16384"),
];

const CONSUMER_FIXED: [(&str, &str); 5] = [
    ("enable.auto.offset.store", "false"),
    ("auto.offset.reset", "earliest"),
    ("partition.assignment.strategy", "cooperative-sticky"),
    // How far the committed offset may be behind what was settled.
    ("auto.commit.interval.ms", "200"),
    ("enable.partition.eof", "false"),
];

impl Config {
    /// `kafka://host:port,host:port?property=value`, with any of librdkafka's properties.
    ///
    /// # Errors
    /// Says what is wrong with the URL.
    pub(super) fn parse(url: &str, options: &BusOptions) -> Result<Config, String> {
        let rest = url
            .strip_prefix("kafka://")
            .ok_or("must begin with kafka://")?;
        let (authority, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (user, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
        let mut given = vec![("bootstrap.servers".to_owned(), servers(hosts)?)];
        given.extend(url::form_urlencoded::parse(query.as_bytes()).into_owned());
        if !user.is_empty() {
            let (user, password) = user.split_once(':').unwrap_or((user, ""));
            given.push(("sasl.username".to_owned(), decoded(user)));
            given.push(("sasl.password".to_owned(), decoded(password)));
            if !given.iter().any(|(name, _)| name == "security.protocol") {
                return Err("a user needs ?security.protocol=SASL_SSL or SASL_PLAINTEXT".to_owned());
            }
            if !given
                .iter()
                .any(|(name, _)| name.starts_with("sasl.mechanism"))
            {
                given.push(("sasl.mechanism".to_owned(), "PLAIN".to_owned()));
            }
        }
        Ok(Config {
            given,
            prefix: options.prefix.clone(),
        })
    }

    /// The topic's name on the broker.
    pub(super) fn topic(&self, topic: Topic) -> String {
        format!("{}{}", self.prefix, topic.name())
    }

    /// The group's name on the broker.
    pub(super) fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    /// A client that asks and administers.
    pub(super) fn client<T: FromClientConfigAndContext<Context>>(&self) -> KafkaResult<T> {
        self.create(&[], &[])
    }

    pub(super) fn producer<T: FromClientConfigAndContext<Context>>(&self) -> KafkaResult<T> {
        self.create(&PRODUCER, &PRODUCER_FIXED)
    }

    /// A consumer that settles for `group`.
    pub(super) fn member<T: FromClientConfigAndContext<Context>>(
        &self,
        group: &str,
    ) -> KafkaResult<T> {
        let group = self.group(group);
        let own = [("group.id", group.as_str()), ("enable.auto.commit", "true")];
        self.create(&CONSUMER, &[&CONSUMER_FIXED[..], &own].concat())
    }

    /// A consumer that settles nothing: one that keeps its own positions, or asks for those of `group`.
    pub(super) fn onlooker<T: FromClientConfigAndContext<Context>>(
        &self,
        group: &str,
    ) -> KafkaResult<T> {
        let group = self.group(group);
        let own = [
            ("group.id", group.as_str()),
            ("enable.auto.commit", "false"),
        ];
        self.create(&CONSUMER, &[&CONSUMER_FIXED[..], &own].concat())
    }

    fn create<T: FromClientConfigAndContext<Context>>(
        &self,
        defaults: &[(&str, &str)],
        fixed: &[(&str, &str)],
    ) -> KafkaResult<T> {
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Info);
        for (name, value) in CLIENT.iter().chain(defaults) {
            config.set(*name, *value);
        }
        for (name, value) in &self.given {
            config.set(name, value);
        }
        for (name, value) in fixed {
            config.set(*name, *value);
        }
        config.create_with_context(Context)
    }
}

/// The URL without user, password and properties, any of which may be secret.
pub(crate) fn redacted(url: &str) -> String {
    let url = url.split('?').next().unwrap_or_default();
    match url.rsplit_once('@') {
        Some((_, hosts)) => format!("kafka://***@{hosts}"),
        None => url.to_owned(),
    }
}

fn servers(hosts: &str) -> Result<String, String> {
    let hosts = hosts.trim_end_matches('/');
    let servers = hosts.split(',').map(|host| {
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| !port.contains(']'));
        match name {
            Some((name, port)) if !name.is_empty() && port.parse::<u16>().is_ok() => {
                Ok(host.to_owned())
            }
            None if !host.is_empty() && !host.contains('/') => Ok(format!("{host}:9092")),
            _ => Err(format!("not a broker's host and port: {host:?}")),
        }
    });
    servers
        .collect::<Result<Vec<_>, _>>()
        .map(|servers| servers.join(","))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn given(url: &str) -> Result<Vec<(String, String)>, String> {
        Config::parse(url, &BusOptions::default()).map(|config| config.given)
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn several_brokers_and_properties() {
        assert_eq!(
            given("kafka://one:9092,two,[::1]:9093/?security.protocol=SSL&linger.ms=5"),
            Ok(pairs(&[
                ("bootstrap.servers", "one:9092,two:9092,[::1]:9093"),
                ("security.protocol", "SSL"),
                ("linger.ms", "5"),
            ]))
        );
    }

    #[test]
    fn a_user_in_the_url_logs_in_by_sasl() {
        assert_eq!(
            given("kafka://ada:s%40crt@one:9092?security.protocol=SASL_SSL"),
            Ok(pairs(&[
                ("bootstrap.servers", "one:9092"),
                ("security.protocol", "SASL_SSL"),
                ("sasl.username", "ada"),
                ("sasl.password", "s@crt"),
                ("sasl.mechanism", "PLAIN"),
            ]))
        );
        // Without a protocol librdkafka would ignore the user and connect in the clear.
        assert!(given("kafka://ada:secret@one:9092").is_err());
    }

    #[test]
    fn what_is_no_broker_is_refused() {
        for url in [
            "kafka:",
            "kafka://",
            "kafka://one:port",
            "kafka://one:9092/topic",
            "kafka://,",
        ] {
            assert!(given(url).is_err(), "{url}");
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let shown = redacted("kafka://ada:secret@one:9092,two?sasl.password=secret");
        assert_eq!(shown, "kafka://***@one:9092,two");
    }
}
