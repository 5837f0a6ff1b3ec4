//! Topics: made when they are missing. librdkafka's questions block, so they are asked on threads where that hurts
//! nobody.

use super::{config::Config, context::Context, unavailable};
use crate::{Topic, Unavailable, attempt::LastFailure};
use rdkafka::{
    admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication},
    consumer::BaseConsumer,
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// How long a question to the brokers may take.
pub(super) const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// Of a topic that we make where brokers are so many: each of its records is on three of them, and is acknowledged once it
/// is on two.
const REPLICATION: i32 = 3;
const MIN_INSYNC_REPLICAS: &str = "2";
/// What the brokers are set to.
const BROKERS_DEFAULT: i32 = -1;
/// How often it is looked whether a new topic is known everywhere.
const CREATED_POLL: Duration = Duration::from_millis(50);

/// Asks and administers.
pub(super) struct Admin {
    pub(super) config: Config,
    client: Arc<AdminClient<Context>>,
    ready: Mutex<Ready>,
    /// A client for each group whose positions were asked for.
    pub(super) groups: Mutex<HashMap<String, Arc<BaseConsumer<Context>>>>,
}

#[derive(Default)]
struct Ready {
    /// Topics that are known to be there.
    topics: BTreeSet<Topic>,
    /// Topics whose retention was looked at.
    checked: BTreeSet<Topic>,
    failure: LastFailure,
}

impl Admin {
    /// # Errors
    /// librdkafka does not take a property.
    pub(super) fn new(config: Config) -> Result<Admin, KafkaError> {
        let client = Arc::new(config.client()?);
        Ok(Admin {
            config,
            client,
            ready: Mutex::default(),
            groups: Mutex::default(),
        })
    }

    /// Creates those of `topics` that are missing. Whoever stops waiting does not stop it.
    ///
    /// # Errors
    /// The brokers do not answer, or do not let it be made.
    pub(super) async fn ensure(
        self: &Arc<Self>,
        topics: impl IntoIterator<Item = Topic>,
    ) -> Result<(), Unavailable> {
        let asked = Instant::now();
        let missing: Vec<Topic> = {
            let ready = self.ready.lock().await;
            let missing = topics
                .into_iter()
                .filter(|topic| !ready.topics.contains(topic));
            missing.collect()
        };
        if missing.is_empty() {
            return Ok(());
        }
        let admin = Arc::clone(self);
        let ensuring = tokio::spawn(async move {
            let mut ready = admin.ready.lock().await;
            ready.failure.check(asked)?;
            let ensured = admin.ensure_all(missing, &mut ready).await;
            ready.failure.note(ensured)
        });
        ensuring
            .await
            .map_err(|error| Unavailable::new("Kafka", error))?
    }

    /// Looks again the next time, since something was wrong.
    pub(super) async fn forget(&self) {
        self.ready.lock().await.topics.clear();
    }

    async fn ensure_all(
        self: &Arc<Self>,
        topics: Vec<Topic>,
        ready: &mut Ready,
    ) -> Result<(), Unavailable> {
        for topic in topics {
            if !ready.topics.contains(&topic) {
                self.ensure_one(topic).await?;
                ready.topics.insert(topic);
                if ready.checked.insert(topic) {
                    tokio::spawn(Arc::clone(self).check_retention(topic));
                }
            }
        }
        Ok(())
    }

    async fn ensure_one(&self, topic: Topic) -> Result<(), Unavailable> {
        let name = self.config.topic(topic);
        let mut found = self.partitions(&name).await?;
        if found == 0 {
            self.create(topic, &name).await?;
            let deadline = Instant::now() + ANSWER_TIMEOUT;
            while found == 0 && Instant::now() < deadline {
                tokio::time::sleep(CREATED_POLL).await;
                found = self.partitions(&name).await?;
            }
        }
        if found > 0 {
            return Ok(());
        }
        let why = format!("topic {name} was created and is not there");
        Err(Unavailable::new("Kafka", why))
    }

    async fn create(&self, topic: Topic, name: &str) -> Result<(), Unavailable> {
        let retention = retention(topic);
        let is_cluster = self.brokers().await? >= REPLICATION as usize;
        let replication = if is_cluster {
            REPLICATION
        } else {
            BROKERS_DEFAULT
        };
        let mut new = NewTopic::new(
            name,
            Topic::PARTITIONS,
            TopicReplication::Fixed(replication),
        )
        .set("cleanup.policy", "delete")
        .set("retention.bytes", "-1")
        .set("retention.ms", &retention);
        if is_cluster {
            new = new.set("min.insync.replicas", MIN_INSYNC_REPLICAS);
        }
        let options = AdminOptions::new()
            .request_timeout(Some(ANSWER_TIMEOUT))
            .operation_timeout(Some(ANSWER_TIMEOUT));
        let created = self
            .client
            .create_topics([&new], &options)
            .await
            .map_err(unavailable)?;
        for result in created {
            match result {
                Ok(_) | Err((_, RDKafkaErrorCode::TopicAlreadyExists)) => {}
                Err((name, error)) => {
                    let why = format!("topic {name} cannot be created: {error}");
                    return Err(Unavailable::new("Kafka", why));
                }
            }
        }
        Ok(())
    }

    /// Says so when a topic that somebody else has made, or changed, forgets too early, or keeps people's names and
    /// addresses for too long. An operator may have a reason.
    async fn check_retention(self: Arc<Self>, topic: Topic) {
        let name = self.config.topic(topic);
        let options = AdminOptions::new().request_timeout(Some(ANSWER_TIMEOUT));
        let asked = [ResourceSpecifier::Topic(&name)];
        // Whoever may not ask does not learn it.
        let Ok(described) = self.client.describe_configs(&asked, &options).await else {
            return;
        };
        let configs = described.into_iter().flatten();
        let kept = configs.filter_map(|config| config.get("retention.ms")?.value.clone());
        for kept in kept.filter(|kept| *kept != retention(topic)) {
            let wanted = retention(topic);
            tracing::warn!(
                topic = name,
                "retention.ms is {kept}, but should be {wanted}"
            );
        }
    }

    async fn brokers(&self) -> Result<usize, Unavailable> {
        self.ask(|client| {
            let metadata = client.inner().fetch_metadata(None, ANSWER_TIMEOUT)?;
            Ok(metadata.brokers().len())
        })
        .await
    }

    /// How many partitions the topic of that name has; none when it is missing.
    pub(super) async fn partitions(&self, name: &str) -> Result<usize, Unavailable> {
        let name = name.to_owned();
        self.ask(move |client| {
            let metadata = client.inner().fetch_metadata(Some(&name), ANSWER_TIMEOUT)?;
            let topic = metadata.topics().iter().find(|topic| topic.name() == name);
            Ok(topic.map_or(0, |topic| topic.partitions().len()))
        })
        .await
    }

    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&AdminClient<Context>) -> KafkaResult<T> + Send + 'static,
    ) -> Result<T, Unavailable> {
        let client = Arc::clone(&self.client);
        blocking(move || question(&client)).await
    }
}

/// As Kafka's property `retention.ms` has it.
fn retention(topic: Topic) -> String {
    match topic.retention() {
        Some(kept) => kept.as_millis().to_string(),
        None => "-1".to_owned(),
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    question: impl FnOnce() -> KafkaResult<T> + Send + 'static,
) -> Result<T, Unavailable> {
    let answer = tokio::task::spawn_blocking(question).await;
    answer
        .map_err(|error| Unavailable::new("Kafka", error))?
        .map_err(unavailable)
}
