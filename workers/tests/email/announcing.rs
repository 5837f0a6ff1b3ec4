//! What became of a mail is announced until the log has it, and names are forgotten in time.

use crate::scene::*;
use crate::story;
use crate::support::Place;
use async_trait::async_trait;
use bus::{EventLog, LogReader, Message, NotAppended, Positions, Source, Topic, Unavailable};
use domain::Timestamp;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use workers::email::Announcer;

/// A log that writes everything down, confirms so much of a batch, and says of the rest that it has not.
struct Doubtful {
    log: Arc<dyn EventLog>,
    confirms: usize,
    written: Mutex<Vec<Message>>,
}

impl Doubtful {
    fn before(log: &Arc<dyn EventLog>, confirms: usize) -> Arc<Doubtful> {
        let log = log.clone();
        let written = Mutex::default();
        Arc::new(Doubtful {
            log,
            confirms,
            written,
        })
    }
}

#[async_trait]
impl EventLog for Doubtful {
    fn broker(&self) -> &'static str {
        self.log.broker()
    }

    async fn append(&self, mut batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        let messages = batch.iter().map(|(_, message)| message.clone());
        self.written.lock().unwrap().extend(messages);
        let rest = batch.split_off(self.confirms.min(batch.len()));
        let error = Unavailable::new("log", "nobody confirmed it");
        Err(NotAppended::nothing(rest, error))
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
        let doubtful = Doubtful::before(&scene.log, 0);
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
    /// The log confirmed the first of two and then no more: only the second is announced again.
    async fn what_the_log_has_is_not_announced_again(place: &Place) {
        let scene = Scene::new(place).await;
        let (one, two) = (new_order(), new_order());
        scene.reads(&[facts(one), facts(two), vec![defined()]].concat()).await;
        let sending = scene.sends(scene.to_files(), LIMITS);
        scene.until_sent(one).await;
        scene.until_sent(two).await;
        sending.stop().await;
        let doubtful = Doubtful::before(&scene.log, 1);
        let announcer = Announcer::new(scene.database.clone(), doubtful.clone());
        announcer.announce().await.unwrap_err();
        assert_eq!(doubtful.written.lock().unwrap().len(), 2);
        announcer.announce().await.unwrap_err();
        let written = doubtful.written.lock().unwrap().clone();
        assert_eq!(written.len(), 3);
        assert_eq!(written[1], written[2]);
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
