//! A mail server, with a limit for every step with it, and connections that are kept between mails.
//!
//! The connections are not left to lettre's pool. Its timeout covers connecting alone, and a connection whose mail was given
//! up halfway goes back into it: the late answer to one mail would then be taken for the answer to the next.

use super::retry::SmtpTimeouts;
use super::transport::{Refusal, explained};
use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Tls, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt, Rset};
use lettre::transport::smtp::extension::{ClientId, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Category, Severity};
use lettre::transport::smtp::{Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT};
use lettre::{Address, Message};
use parking_lot::Mutex;
use percent_encoding::percent_decode_str;
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};
use url::Url;

/// A kept connection that was not used for so long is closed: servers hang up on idle clients.
const IDLE_LIMIT: Duration = Duration::from_secs(30);

/// How long a kept connection may take to say that it still is one, or to forget a mail that was refused.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

/// A mail server.
pub struct SmtpServer {
    host: String,
    port: u16,
    tls: Tls,
    hello_name: ClientId,
    credentials: Option<Credentials>,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Instant,
}

impl SmtpServer {
    /// The mail server at `url`: `smtp://` or `smtps://user:password@host:port/name-for-ehlo`, with `?tls=required` or
    /// `opportunistic` for STARTTLS.
    ///
    /// # Errors
    /// The URL names no mail server.
    pub(super) fn parse(url: &str) -> Result<SmtpServer, String> {
        if !url.starts_with("smtp:") && !url.starts_with("smtps:") {
            return Err("must begin with smtp: or smtps:".to_owned());
        }
        let url = Url::parse(url).map_err(|error| error.to_string())?;
        let host = url.host_str().filter(|host| !host.is_empty());
        // An IPv6 address has brackets in a URL only.
        let host = host.ok_or("names no host")?.trim_matches(['[', ']']);
        let starttls = url.query_pairs().find(|(name, _)| name == "tls");
        let starttls = starttls.map(|(_, value)| value.into_owned());
        let parameters = || TlsParameters::new(host.to_owned()).map_err(|error| explained(&error));
        let (tls, port) = match (url.scheme(), starttls.as_deref()) {
            ("smtps", _) => (Tls::Wrapper(parameters()?), SUBMISSIONS_PORT),
            (_, None) => (Tls::None, SMTP_PORT),
            (_, Some("required")) => (Tls::Required(parameters()?), SUBMISSION_PORT),
            (_, Some("opportunistic")) => (Tls::Opportunistic(parameters()?), SUBMISSION_PORT),
            (_, Some(_)) => return Err("tls must be required or opportunistic".to_owned()),
        };
        let hello_name = match url.path().trim_matches('/') {
            "" => ClientId::default(),
            name => ClientId::Domain(name.to_owned()),
        };
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        Ok(SmtpServer {
            host: host.to_owned(),
            port: url.port().unwrap_or(port),
            tls,
            hello_name,
            credentials: url
                .password()
                .map(|password| Credentials::new(decoded(url.username()), decoded(password))),
            idle: Mutex::default(),
        })
    }

    /// Hands `mail` over: when this returns, the server has taken it. A connection that did not answer in time is closed, and
    /// so is one in whose middle this is dropped.
    ///
    /// # Errors
    /// It was not taken, or nobody knows.
    pub(super) async fn send(&self, mail: &Message, limits: SmtpTimeouts) -> Result<(), Refusal> {
        let content = mail.formatted();
        let asked_by = Instant::now() + limits.dialogue;
        let mut connection = timeout_at(asked_by, self.connection())
            .await
            .map_err(|_| silent(limits.dialogue, "is silent"))?
            .map_err(|error| refusal(&error))?;
        let offering = offer(&mut connection, mail.envelope(), &content);
        let offered = timeout_at(asked_by, offering)
            .await
            .map_err(|_| silent(limits.dialogue, "is silent"))?;
        if let Err(error) = offered {
            let forgetting = timeout(CHECK_TIMEOUT, connection.command(Rset));
            if error.status().is_some() && matches!(forgetting.await, Ok(Ok(_))) {
                self.keep(connection);
            }
            return Err(refusal(&error));
        }
        let taken = timeout(limits.delivery, connection.message(&content))
            .await
            .map_err(|_| silent(limits.delivery, "has not said whether it took the mail"))?;
        if taken.is_ok() {
            self.keep(connection);
        }
        taken.map(drop).map_err(|error| refusal(&error))
    }

    /// A kept connection that still works, or a new one. When one has died the others probably have, too.
    async fn connection(&self) -> Result<AsyncSmtpConnection, Error> {
        let kept = self.idle.lock().pop();
        if let Some(mut kept) = kept.filter(|kept| kept.since.elapsed() < IDLE_LIMIT) {
            let check = timeout(CHECK_TIMEOUT, kept.connection.test_connected());
            if matches!(check.await, Ok(true)) {
                return Ok(kept.connection);
            }
            self.idle.lock().clear();
        }
        self.connect().await
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let wrapper = match &self.tls {
            Tls::Wrapper(parameters) => Some(parameters.clone()),
            _ => None,
        };
        let address = (self.host.as_str(), self.port);
        let name = &self.hello_name;
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, None, name, wrapper, None).await?;
        let starttls = match &self.tls {
            Tls::Required(parameters) => Some(parameters),
            Tls::Opportunistic(parameters) if connection.can_starttls() => Some(parameters),
            _ => None,
        };
        if let Some(parameters) = starttls {
            connection.starttls(parameters.clone(), name).await?;
        }
        if let Some(credentials) = &self.credentials {
            connection.auth(DEFAULT_MECHANISMS, credentials).await?;
        }
        Ok(connection)
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let since = Instant::now();
        let mut idle = self.idle.lock();
        idle.retain(|kept| kept.since.elapsed() < IDLE_LIMIT);
        idle.push(Idle { connection, since });
    }
}

/// The dialogue until the server asks for the content.
async fn offer(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    content: &[u8],
) -> Result<(), Error> {
    let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
    let mut parameters = Vec::new();
    if !envelope
        .from()
        .into_iter()
        .chain(envelope.to())
        .all(is_ascii)
    {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !content.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let from = envelope.from().cloned();
    connection.command(Mail::new(from, parameters)).await?;
    for to in envelope.to() {
        connection
            .command(Rcpt::new(to.clone(), Vec::new()))
            .await?;
    }
    connection.command(Data).await?;
    Ok(())
}

fn silent(limit: Duration, what: &str) -> Refusal {
    Refusal {
        permanent: false,
        why: format!("after {} s the mail server {what}", limit.as_secs()),
    }
}

/// For good is only what is about this mail: the command's syntax, which contains its addresses (50x), and the mail
/// system's verdict (55x). What is about the connection or our sign-in (52x, 53x) is for the operator to mend.
/// RFC 5321, section 4.2.1; RFC 4954, section 6.
fn refusal(error: &Error) -> Refusal {
    let about_this_mail = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion
            && matches!(code.category, Category::Syntax | Category::MailSystem)
    });
    Refusal {
        permanent: about_this_mail,
        why: explained(error),
    }
}
