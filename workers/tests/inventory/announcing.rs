//! New ticket types are announced together, and until the log has them.

use super::{Catalogue, FESTIVAL, inventory, orders, placed};
use crate::messages::{bus_at, done, order};
use crate::story;
use crate::support::Place;
use async_trait::async_trait;
use bus::{EventLog, LogReader, Message, NotAppended, Positions, Source, Topic, Unavailable};
use domain::{Event, Timestamp};
use ops::Bus;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use workers::inventory::{Announcements, Sweep};

/// A log that remembers what it was given in one go, and may refuse it.
struct Noted {
    log: Arc<dyn EventLog>,
    appended: Mutex<Vec<Vec<Message>>>,
    refuses: AtomicBool,
}

#[async_trait]
impl EventLog for Noted {
    fn broker(&self) -> &'static str {
        self.log.broker()
    }

    async fn append(&self, batch: Vec<(Topic, Message)>) -> Result<(), NotAppended> {
        let messages = batch.iter().map(|(_, message)| message.clone()).collect();
        self.appended.lock().unwrap().push(messages);
        if self.refuses.load(Ordering::Relaxed) {
            return Err(NotAppended::nothing(
                batch,
                Unavailable::new("the log", "gone"),
            ));
        }
        self.log.append(batch).await
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

fn noted(place: &Place) -> (Arc<Noted>, Bus) {
    let bus = bus_at(place);
    let log = Arc::new(Noted {
        log: bus.log,
        appended: Mutex::default(),
        refuses: AtomicBool::new(false),
    });
    let queue = bus.queue;
    let bus = Bus {
        queue,
        log: log.clone(),
    };
    (log, bus)
}

/// The ticket types of each append, in the order of their names.
fn announced(log: &Noted) -> Vec<Vec<String>> {
    let appended = log.appended.lock().unwrap();
    let keys = |batch: &Vec<Message>| {
        let mut keys: Vec<_> = batch.iter().map(|message| message.key.clone()).collect();
        keys.sort();
        keys
    };
    appended.iter().map(keys).collect()
}

story! {
    async fn new_ticket_types_are_announced_in_one_append_and_once(place: &Place) {
        let db = inventory(place).await;
        let (log, bus) = noted(place);
        let sweep = Sweep::new(db.clone(), bus);
        sweep.once(Timestamp::now()).await.unwrap();
        sweep.once(Timestamp::now()).await.unwrap();
        assert_eq!(announced(&log), [["day", "vip"]]);
        // The control: what is defined later comes in an append of its own.
        let more = format!(
            "{FESTIVAL}\n[[event.ticket_type]]\nid = \"camp\"\nname = \"Camp\"\nprice = 1\nstock = 1\nmax_per_order = 1"
        );
        Catalogue::parse("test", &more).unwrap().define(&db).await.unwrap();
        sweep.once(Timestamp::now()).await.unwrap();
        assert_eq!(announced(&log), [vec!["day", "vip"], vec!["camp"]]);
    }
}

story! {
    async fn what_the_log_did_not_confirm_is_announced_again_with_the_same_ids(place: &Place) {
        let db = inventory(place).await;
        let (log, bus) = noted(place);
        let sweep = Sweep::new(db, bus);
        log.refuses.store(true, Ordering::Relaxed);
        assert!(sweep.once(Timestamp::now()).await.is_err());
        log.refuses.store(false, Ordering::Relaxed);
        sweep.once(Timestamp::now()).await.unwrap();
        sweep.once(Timestamp::now()).await.unwrap();
        let appended = log.appended.lock().unwrap();
        assert_eq!(appended.len(), 2);
        let ids = |batch: &[Message]| batch.iter().map(|message| message.id).collect::<Vec<_>>();
        assert_eq!(ids(&appended[0]), ids(&appended[1]));
    }
}

story! {
    async fn a_log_that_was_made_again_is_told_what_is_sold_and_how_much_is_left(place: &Place) {
        let db = inventory(place).await;
        let (log, bus) = noted(place);
        Sweep::new(db.clone(), bus.clone()).once(Timestamp::now()).await.unwrap();
        let announcements = Announcements::new(db.clone(), bus);
        announcements.check().await.unwrap();
        announcements.announce().await.unwrap();
        assert_eq!(announced(&log), [["day", "vip"]], "the log has them");

        let held = done(&orders(&db), &[placed(order(1, &[("day", 2)]))]).await;
        assert_eq!(held[0].commands.len(), 1, "two are held");
        // Somebody else was there first, and has written more than there was before.
        let (made_again, bus) = noted(&Place::sqlite());
        let others = (0..20).map(|number| (Topic::Analytics, placed(order(number, &[]))));
        bus.log.append(others.collect()).await.unwrap();
        made_again.appended.lock().unwrap().clear();
        let announcements = Announcements::new(db, bus);
        for _ in 0..2 {
            announcements.check().await.unwrap();
            announcements.announce().await.unwrap();
        }
        assert_eq!(announced(&made_again), [["day", "vip"]]);
        let appended = made_again.appended.lock().unwrap();
        let levels = appended[0].iter().map(|message| match message.decode_event() {
            Ok(Some(Event::TicketTypeDefined(defined))) => (message.key.clone(), defined.level.remaining),
            other => panic!("{other:?}"),
        });
        let levels: HashMap<_, _> = levels.collect();
        assert_eq!((levels["day"], levels["vip"]), (48, 50));
    }
}

story! {
    /// Older builds did not write down where an announcement stands.
    async fn what_was_announced_nobody_knows_where_is_announced_once_more(place: &Place) {
        let db = inventory(place).await;
        let (log, bus) = noted(place);
        sqlx::query("UPDATE ticket_types SET announced = 1").execute(db.pool()).await.unwrap();
        let announcements = Announcements::new(db, bus);
        for _ in 0..2 {
            announcements.check().await.unwrap();
            announcements.announce().await.unwrap();
        }
        assert_eq!(announced(&log), [["day", "vip"]]);
    }
}
