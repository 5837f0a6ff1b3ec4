//! What became of a mail is announced until the log has it, and names are forgotten in time.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use async_trait::async_trait;
use bus::{EventLog, LogReader, Message, Positions, Source, Topic, Unavailable};
use domain::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use workers::email::Announcer;

/// A log that writes everything down, and says that it has not.
struct Doubtful {
    log: Arc<dyn EventLog>,
    written: Mutex<Vec<Message>>,
}

#[async_trait]
impl EventLog for Doubtful {
    fn broker(&self) -> &'static str {
        self.log.broker()
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), Unavailable> {
        let messages = batch.into_iter().map(|(_, message)| message);
        self.written.lock().unwrap().extend(messages);
        Err(Unavailable::new("log", "nobody confirmed it"))
    }

    async fn subscribe(
        &self,
        group: &str,
        topics: &[Topic],
    ) -> Result<Box<dyn Source>, Unavailable> {
        self.log.subscribe(group, topics).await
    }

    async fn read(
        &self,
        topics: &[Topic],
        from: &Positions,
    ) -> Result<Box<dyn LogReader>, Unavailable> {
        self.log.read(topics, from).await
    }

    async fn ends(&self, topic: Topic) -> Result<Positions, Unavailable> {
        self.log.ends(topic).await
    }

    async fn lag(&self, group: &str, topic: Topic) -> Result<u64, Unavailable> {
        self.log.lag(group, topic).await
    }
}

story! {
    /// The log did not confirm: the same event, with the same id, is announced again; once confirmed, never again.
    async fn an_announcement_is_repeated_until_the_log_has_it(place: &Place) {
        let scene = Scene::new(place).await;
        let order = new_order();
        scene.reads(&[facts(order), vec![defined()]].concat()).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        scene.until_sent(order).await;
        sending.stop().await;
        let doubtful = Arc::new(Doubtful { log: scene.log.clone(), written: Mutex::default() });
        let announcer = Announcer::new(scene.database.clone(), doubtful.clone());
        for _ in 0..2 {
            announcer.announce().await.unwrap_err();
        }
        let written = doubtful.written.lock().unwrap().clone();
        assert_eq!(written.len(), 2);
        assert_eq!(written[0], written[1]);
        for _ in 0..2 {
            assert_eq!(scene.announced().await[&order].len(), 1);
        }
        announcer.announce().await.unwrap();
        assert_eq!(doubtful.written.lock().unwrap().len(), 2);
    }
}

story! {
    /// Ninety days after the mail nobody needs the address; a mail that is still due keeps it.
    async fn addresses_are_forgotten(place: &Place) {
        let scene = Scene::new(place).await;
        let (sent, waiting, due) = (new_order(), new_order(), new_order());
        scene.reads(&[facts(sent), vec![defined(), buyer(waiting)]].concat()).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        scene.until_sent(sent).await;
        sending.stop().await;
        scene.reads(&facts(due)).await;
        let address = async |order| scene.mail(order).await.unwrap().email;
        let day = Duration::from_secs(24 * 3600);
        let announcer = scene.announcer();
        announcer.forget(Timestamp::now().plus(day * 89)).await.unwrap();
        for order in [sent, waiting, due] {
            assert_eq!(address(order).await, "noor@example.org");
        }
        announcer.forget(Timestamp::now().plus(day * 91)).await.unwrap();
        assert_eq!(address(sent).await, "");
        assert_eq!(address(waiting).await, "");
        assert_eq!(address(due).await, "noor@example.org");
    }
}
