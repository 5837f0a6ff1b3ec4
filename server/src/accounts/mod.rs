#![doc = include_str!("README.md")]

mod opening;
mod passwords;
mod sessions;
mod throttle;
mod users;

pub use opening::NewAdmin;
pub(crate) use opening::Opening;
pub(crate) use sessions::{Admin, LIFETIME, SessionId, Token};
pub(crate) use throttle::{BrowserId, Trier};
pub(crate) use users::account_address;

use crate::error::Problem;
use domain::Timestamp;
use passwords::Passwords;
use std::sync::{Arc, OnceLock};
use store::Database;
use throttle::Throttle;
use tokio::sync::broadcast;

/// The admin's address.
pub const ADMIN_EMAIL: &str = "admin@festflow.local";

/// Signs people in and out. Clones share it.
#[derive(Clone)]
pub(crate) struct Accounts(Arc<Inner>);

struct Inner {
    /// Set once the database is open.
    database: OnceLock<Database>,
    passwords: Passwords,
    throttle: Throttle,
    signed_out: broadcast::Sender<SessionId>,
}

impl Accounts {
    /// Without a database yet: [`Opening`] brings it.
    pub fn new() -> Accounts {
        Accounts(Arc::new(Inner {
            database: OnceLock::new(),
            passwords: Passwords::new(),
            throttle: Throttle::new(),
            signed_out: broadcast::Sender::new(64),
        }))
    }

    /// Checks address and password, and starts a session.
    ///
    /// # Errors
    /// They do not fit (401), too many tries (429), or the database is away (503).
    pub async fn sign_in(&self, trier: &Trier, password: String) -> Result<Token, Problem> {
        let database = self.database()?;
        let attempt = self.0.throttle.begin(trier)?;
        let from = trier.address;
        let user = users::find(database, &trier.email).await?;
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_known = trier.browser.is_some();
        let fits = self.0.passwords.verify(password, hash, is_known).await?;
        let user = user.filter(|_| fits).ok_or_else(|| {
            tracing::info!(address = %from, "a sign-in was refused");
            Problem {
                detail: "Address and password do not fit.".to_owned(),
                ..Problem::unauthorized()
            }
        })?;
        attempt.succeeded();
        let token = Token::new();
        sessions::start(database, &token, &user.user_id, Timestamp::now()).await?;
        tracing::info!(address = %from, "an admin has signed in");
        Ok(token)
    }

    /// Who holds this token, as long as the session lasts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn admin(&self, token: &str) -> Result<Option<Admin>, Problem> {
        self.admin_of(SessionId::of(token)).await
    }

    /// Who has this session, as long as it lasts.
    ///
    /// # Errors
    /// The database is away.
    pub async fn admin_of(&self, session: SessionId) -> Result<Option<Admin>, Problem> {
        Ok(sessions::find(self.database()?, session, Timestamp::now()).await?)
    }

    /// Ends a session, and with it its sockets.
    ///
    /// # Errors
    /// The database is away.
    pub async fn sign_out(&self, session: SessionId) -> Result<(), Problem> {
        sessions::end(self.database()?, &session).await?;
        // Nobody listens when no socket is open.
        let _ = self.0.signed_out.send(session);
        Ok(())
    }

    /// Tells of sessions that end here. Other servers' are noticed by asking now and then.
    pub fn signed_out(&self) -> broadcast::Receiver<SessionId> {
        self.0.signed_out.subscribe()
    }

    /// Whether the database is there, so that people can sign in.
    pub fn is_open(&self) -> bool {
        self.0.database.get().is_some()
    }

    fn database(&self) -> Result<&Database, Problem> {
        self.0.database.get().ok_or_else(|| {
            Problem::unavailable("The accounts cannot be reached right now. Try again soon.")
        })
    }
}
