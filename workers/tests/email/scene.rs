//! What the stories share: an email service on a log, and the facts of orders.

use crate::mail_server::MailServer;
pub use crate::support::until;
use crate::support::{Place, random_id};
use bus::{BusOptions, EventLog, Handler, Message, Outcome, Positions, Topic};
use domain::event::{Buyer, OrderConfirmed, TicketSold, TicketTypeDefined};
use domain::{
    Amount, Currency, EmailAddress, Event, OrderId, PersonName, StockLevel, TicketTypeId, Timestamp,
};
use ops::{AccessKeys, Secrets};
use sqlx::Row as _;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use store::Database;
use tickets::TicketSigner;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use workers::email::{
    Announcer, Background, EmailLogHandler, LetterWriter, MailTransport, OrderLinks, SendLimits,
    Sender,
};

pub const PRICE: Amount = Amount(18_900);

/// Waits are short here, claims are long.
pub const LIMITS: SendLimits = SendLimits {
    concurrency: 4,
    lease: Duration::from_secs(3_600),
    writing: Duration::from_secs(60),
    dialogue: Duration::from_secs(2),
    delivery: Duration::from_secs(60),
    longest_delivery: Duration::from_secs(60),
    first_wait: Duration::from_millis(20),
    longest_wait: Duration::from_millis(50),
    attempts: 4,
};

/// An email service whose parts are stepped by hand.
pub struct Scene {
    pub database: Database,
    pub handler: EmailLogHandler,
    pub log: Arc<dyn EventLog>,
    pub directory: PathBuf,
    news: Arc<Notify>,
}

fn secrets() -> Secrets {
    Secrets::new(vec!["an installation's secret, 32 or more".to_owned()]).unwrap()
}

pub fn signer() -> TicketSigner {
    TicketSigner::new(secrets().all()).unwrap()
}

/// The page of an order, with the key that its server gave its buyer.
pub fn link_to(order: OrderId) -> String {
    let key = AccessKeys::new(secrets()).key(order.0, REQUEST_HASH.parse().unwrap());
    format!("https://tickets.festflow.example/orders/{order}?key={key}")
}

impl Scene {
    pub async fn new(place: &Place) -> Scene {
        let database = place.database("email", workers::email::MIGRATIONS).await;
        let news = Arc::new(Notify::new());
        let log = format!("sqlite:{}", place.directory().join("log.db").display());
        Scene {
            handler: EmailLogHandler::new(database.clone(), news.clone()),
            database,
            log: bus::open_log(&log, &BusOptions::default()).unwrap(),
            directory: place.directory().join("mail"),
            news,
        }
    }

    /// Has the service read `facts`.
    pub async fn reads(&self, facts: &[Message]) {
        let outcomes = self.handler.handle(facts).await.unwrap();
        assert!(
            outcomes
                .iter()
                .all(|outcome| *outcome == Outcome::nothing()),
            "{outcomes:?}"
        );
    }

    pub fn to_files(&self) -> MailTransport {
        MailTransport::directory(self.directory.clone(), Background::start().unwrap()).unwrap()
    }

    /// A sender at work.
    pub fn sends(&self, transport: MailTransport, limits: SendLimits) -> Sending {
        let from = "FestFlow <tickets@festflow.example>".parse().unwrap();
        let shop = "https://tickets.festflow.example/".parse().unwrap();
        let links = OrderLinks::new(shop, AccessKeys::new(secrets()));
        let writer = Arc::new(LetterWriter::new(from, signer(), Some(links)).unwrap());
        let sender = Sender::new(
            self.database.clone(),
            writer,
            Background::start().unwrap(),
            transport,
            limits,
            self.news.clone(),
        );
        let shutdown = CancellationToken::new();
        Sending {
            task: tokio::spawn(sender.run(shutdown.clone())),
            shutdown,
        }
    }

    pub fn announcer(&self) -> Announcer {
        Announcer::new(self.database.clone(), self.log.clone())
    }

    /// Has `sql` break the rows of an order.
    pub async fn breaks(&self, sql: &'static str, order: OrderId) {
        let breaking = sqlx::query(sql).bind(order.to_string());
        let broken = breaking.execute(self.database.pool()).await.unwrap();
        assert!(broken.rows_affected() > 0);
    }

    /// The row of an order's mail, once there is one.
    pub async fn mail(&self, order: OrderId) -> Option<Mail> {
        let row = sqlx::query(
            "SELECT state, attempts, COALESCE(last_error, '') AS last_error, COALESCE(email, '') AS email \
             FROM mails WHERE order_id = $1",
        )
        .bind(order.to_string())
        .fetch_optional(self.database.pool())
        .await
        .unwrap()?;
        Some(Mail {
            state: row.get("state"),
            attempts: row.get("attempts"),
            last_error: row.get("last_error"),
            email: row.get("email"),
        })
    }

    /// How many mails are in senders' hands.
    pub async fn claimed(&self) -> i64 {
        let sql = "SELECT count(*) FROM mails WHERE state = 'due' AND claim IS NOT NULL";
        let count = sqlx::query_scalar(sql).fetch_one(self.database.pool());
        count.await.unwrap()
    }

    pub async fn state(&self, order: OrderId) -> String {
        self.mail(order)
            .await
            .map_or_else(String::new, |mail| mail.state)
    }

    pub async fn until_sent(&self, order: OrderId) {
        until(async || self.state(order).await == "sent").await;
    }

    /// The events that were announced, by order.
    pub async fn announced(&self) -> BTreeMap<OrderId, Vec<Event>> {
        self.announcer().announce().await.unwrap();
        let ends = self.log.ends(Topic::Analytics).await.unwrap();
        let total: i64 = ends.0.values().sum();
        let from = Positions::default();
        let mut reader = self.log.read(&[Topic::Analytics], &from).await.unwrap();
        let mut records = Vec::new();
        while i64::try_from(records.len()).unwrap() < total {
            records.extend(reader.take(1_000, Duration::ZERO).await.unwrap());
        }
        let mut events: BTreeMap<OrderId, Vec<Event>> = BTreeMap::new();
        for record in records {
            let event = record.message.decode_event().unwrap().unwrap();
            let order = event.order_id().unwrap();
            events.entry(order).or_default().push(event);
        }
        events
    }
}

#[derive(Debug)]
pub struct Mail {
    pub state: String,
    pub attempts: i64,
    pub last_error: String,
    pub email: String,
}

/// A sender at work.
pub struct Sending {
    task: JoinHandle<()>,
    shutdown: CancellationToken,
}

impl Sending {
    /// SIGTERM: it finishes what is in hand.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.task.await.unwrap();
    }

    /// kill -9.
    pub async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

pub fn new_order() -> OrderId {
    OrderId(random_id())
}

fn fact(event: impl Into<Event>) -> Message {
    let event = event.into();
    let cause = domain::MessageId(random_id());
    Message::event("/inventory", cause.caused(event.kind(), 0), &event)
}

pub fn defined() -> Message {
    defined_as(
        "weekend",
        "Weekend pass",
        "Tidelight Festival 2027",
        "Harbour Meadows",
    )
}

pub fn defined_as(id: &str, name: &str, event_name: &str, venue: &str) -> Message {
    fact(TicketTypeDefined {
        timestamp: Timestamp::now(),
        ticket_type: TicketTypeId::parse(id).unwrap(),
        name: name.to_owned(),
        description: String::new(),
        event: "tidelight".to_owned(),
        event_name: event_name.to_owned(),
        venue: venue.to_owned(),
        event_date: "2027-06-18T16:00:00+02:00".to_owned(),
        price: PRICE,
        currency: Currency::EUR,
        capacity: 100,
        max_per_order: 8,
        sale_starts: None,
        sale_ends: None,
        position: 0,
        level: StockLevel::default(),
    })
}

/// What the server has noted of the request.
const REQUEST_HASH: &str = "AAECAwQFBgcICQoLDA0ODw";

pub fn buyer(order: OrderId) -> Message {
    buyer_named(order, "Noor Haddad", "noor@example.org")
}

pub fn buyer_named(order: OrderId, name: &str, email: &str) -> Message {
    fact(Buyer {
        timestamp: Timestamp::now(),
        order_id: order,
        email: EmailAddress::parse(email).unwrap(),
        name: PersonName::parse(name).unwrap(),
        request_hash: REQUEST_HASH.to_owned(),
    })
}

pub fn sold(order: OrderId, number: u32, of: u32) -> Message {
    sold_for(order, number, of, "weekend", "Tidelight Festival 2027")
}

pub fn sold_for(order: OrderId, number: u32, of: u32, ticket_type: &str, event: &str) -> Message {
    fact(TicketSold {
        ticket_id: order.ticket(number),
        timestamp: Timestamp::now(),
        order_id: order,
        ticket_type: TicketTypeId::parse(ticket_type).unwrap(),
        ticket_number: number,
        tickets_in_order: of,
        price: PRICE,
        currency: Currency::EUR,
        event: event.to_owned(),
        event_date: "2027-06-18T16:00:00+02:00".to_owned(),
    })
}

pub fn confirmed(order: OrderId, tickets: u32) -> Message {
    fact(OrderConfirmed {
        timestamp: Timestamp::now(),
        order_id: order,
        total: PRICE.times(tickets).unwrap(),
        ticket_ids: (1..=tickets).map(|number| order.ticket(number)).collect(),
        stock: domain::Stock::new(),
    })
}

/// All facts of an order of one ticket.
pub fn facts(order: OrderId) -> Vec<Message> {
    vec![buyer(order), sold(order, 1, 1), confirmed(order, 1)]
}

/// To a mail server.
pub fn to_server(server: &MailServer) -> MailTransport {
    MailTransport::smtp(&server.url()).unwrap()
}
