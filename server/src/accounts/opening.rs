//! Waits for the database, makes the admin at first, and announces new users.

use super::{ADMIN_EMAIL, Accounts, passwords, users};
use bus::EventLog;
use std::sync::Arc;
use std::time::Duration;
use store::{Database, Location, MigrationText};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

const MIGRATIONS: &[MigrationText] =
    &[(1, "accounts", include_str!("migrations/0001_accounts.sql"))];
/// The waits while the database is away: doubling from the first to the last.
const WAITS: (Duration, Duration) = (Duration::from_millis(200), Duration::from_secs(10));
/// How often new users are looked for.
const SWEEP: Duration = Duration::from_secs(30);

/// The admin that was made at the first start: to be shown once, to whoever started the server.
#[derive(Clone, PartialEq, Eq)]
pub struct NewAdmin {
    /// The address to sign in with.
    pub email: String,
    /// The password, which is kept nowhere else.
    pub password: String,
}

/// Brings the accounts their database.
pub(crate) struct Opening {
    pub accounts: Accounts,
    pub location: Location,
    /// The admin's password, where the installation sets it.
    pub admin_password: Option<String>,
    pub log: Arc<dyn EventLog>,
    /// Told once the admin is there: of an admin whose password was made now, or that there is nothing to show.
    pub new_admin: oneshot::Sender<Option<NewAdmin>>,
}

impl Opening {
    /// Opens, however long it takes; then sweeps until `shutdown`.
    pub async fn run(self, shutdown: CancellationToken) {
        let accounts = self.accounts.clone();
        let work = async {
            let (database, made) = self.open().await;
            // Nobody else sets it.
            let _ = self.accounts.0.database.set(database.clone());
            // Whoever started us may not want to know.
            let _ = self.new_admin.send(made);
            loop {
                if let Err(error) = users::announce(&database, self.log.as_ref()).await {
                    tracing::warn!(%error, "new users are not announced yet");
                }
                tokio::time::sleep(SWEEP).await;
            }
        };
        shutdown.run_until_cancelled(work).await;
        if let Some(database) = accounts.0.database.get() {
            database.close().await;
        }
    }

    async fn open(&self) -> (Database, Option<NewAdmin>) {
        let mut wait = WAITS.0;
        loop {
            // A migration may fail just because another server is at it, so that is tried again as well.
            let problem = match Database::open(&self.location, MIGRATIONS).await {
                Ok(database) => match self.ensure_admin(&database).await {
                    Ok(made) => return (database, made),
                    Err(error) => error,
                },
                Err(error) => error.to_string(),
            };
            tracing::warn!(problem, "nobody can sign in yet; trying again");
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(WAITS.1);
        }
    }

    /// The admin, made where there is none; with the password that the installation sets, if it does.
    async fn ensure_admin(&self, database: &Database) -> Result<Option<NewAdmin>, String> {
        let text = |error: &dyn std::fmt::Display| error.to_string();
        let known = users::find(database, ADMIN_EMAIL)
            .await
            .map_err(|e| text(&e))?;
        let set = self.admin_password.clone();
        let stays = match (&known, &set) {
            (Some(_), None) => true,
            (Some(user), Some(password)) => {
                let (password, hash) = (password.clone(), user.password_hash.clone());
                blocking(move || passwords::fits(&password, &hash)).await?
            }
            (None, _) => false,
        };
        if stays {
            return Ok(None);
        }
        let is_made = set.is_none();
        let password = set.unwrap_or_else(passwords::made);
        let hash = {
            let password = password.clone();
            blocking(move || passwords::hashed(&password))
                .await?
                .map_err(|e| text(&e))?
        };
        match known {
            Some(user) => {
                users::change_password(database, &user.user_id, &hash)
                    .await
                    .map_err(|e| text(&e))?;
                tracing::info!("the admin has the password that is set now");
                Ok(None)
            }
            None => {
                let added = users::add(database, ADMIN_EMAIL, "Admin", &hash)
                    .await
                    .map_err(|e| text(&e))?;
                Ok((added && is_made).then(|| NewAdmin {
                    email: ADMIN_EMAIL.to_owned(),
                    password,
                }))
            }
        }
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| error.to_string())
}
