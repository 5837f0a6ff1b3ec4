#![doc = include_str!("README.md")]

mod announcer;
mod attempt;
mod background;
mod claim_rows;
mod facts;
mod letter;
mod links;
mod log_handler;
mod mail_rows;
mod order_rows;
mod retry;
mod sender;
mod settings;
mod smtp;
mod transport;

pub use announcer::Announcer;
pub use background::Background;
pub use letter::LetterWriter;
pub use links::OrderLinks;
pub use log_handler::EmailLogHandler;
pub use retry::{SendLimits, SmtpTimeouts};
pub use sender::Sender;
pub use settings::MailSettings;
pub use smtp::SmtpServer;
pub use transport::{MailTransport, Refusal};

use crate::crash_journal;
use crate::host::{Host, StartError};
use bus::{Limits, Topic};
use domain::Timestamp;
use ops::{AccessKeys, DataSettings, Secrets};
use std::sync::Arc;
use std::time::Duration;
use store::{Location, MigrationText};
use tickets::TicketSigner;
use tokio::sync::Notify;
use url::Url;

/// The name of the service: of its database, and its consumer group.
pub const SERVICE: &str = "email";
/// `ce_source` of what it sends.
pub(crate) const SOURCE: &str = "/email";

/// The schema.
pub const MIGRATIONS: &[MigrationText] = &[
    (1, "email", include_str!("migrations/0001_email.sql")),
    (2, "links", include_str!("migrations/0002_links.sql")),
    (3, "forget", include_str!("migrations/0003_forget.sql")),
    (4, "crash journal", crash_journal::SCHEMA),
];

/// A mail may wait for others to share a transaction with. What is known of an order, its buyer and its confirmation, then
/// mostly comes together.
const LINGER: Duration = Duration::from_millis(100);

/// Starts the service on `host`, which works until the host is told to stop. Its own database is at `location`; mails
/// go to the configured server, or into `data`. Tickets are signed with `secrets`. Mails link to their orders' pages on
/// `site`, where that is known.
///
/// # Errors
/// A setting cannot be used, or the database cannot be opened.
pub async fn start(
    host: &Host,
    location: &Location,
    settings: &MailSettings,
    data: &DataSettings,
    secrets: &Secrets,
    site: Option<Url>,
) -> Result<(), StartError> {
    let background = Background::start().map_err(|why| StartError::System {
        what: "threads for mails".to_owned(),
        why,
    })?;
    let transport = settings.transport(data, background.clone())?;
    let writer = letter_writer(settings, secrets, site)?;
    let Some(database) = host.open_database(location, MIGRATIONS).await? else {
        return Ok(());
    };
    let news = Arc::new(Notify::new());
    let handler = Arc::new(EmailLogHandler::new(database.clone(), news.clone()));
    host.follow(
        "email/log",
        SERVICE,
        &[Topic::Analytics, Topic::Buyers],
        handler,
        &database,
        Limits {
            batch: 5_000,
            linger: LINGER,
            ..Limits::default()
        },
    );
    let sender = Sender::new(
        database.clone(),
        Arc::new(writer),
        background,
        transport,
        settings.limits(),
        news,
    );
    host.spawn(sender.run(host.shutdown().clone()));
    let announcer = Announcer::new(database, host.bus().log.clone());
    let forgetter = announcer.clone();
    host.repeat("email/announce", Duration::from_millis(500), move || {
        let announcer = announcer.clone();
        async move { announcer.announce().await }
    });
    host.repeat("email/forget", Duration::from_secs(3600), move || {
        let forgetter = forgetter.clone();
        async move { forgetter.forget(Timestamp::now()).await }
    });
    Ok(())
}

fn letter_writer(
    settings: &MailSettings,
    secrets: &Secrets,
    site: Option<Url>,
) -> Result<LetterWriter, StartError> {
    let unusable = |what: &str, why: String| StartError::System {
        what: what.to_owned(),
        why: std::io::Error::other(why),
    };
    let signer = TicketSigner::new(secrets.all())
        .map_err(|error| unusable("FESTFLOW_SECRET", error.to_string()))?;
    let links = site.map(|site| OrderLinks::new(site, AccessKeys::new(secrets.clone())));
    LetterWriter::new(settings.mail_from.clone(), signer, links)
        .map_err(|error| unusable("the tickets' fonts", error.to_string()))
}
