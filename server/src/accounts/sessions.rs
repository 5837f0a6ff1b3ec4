//! Sessions: a random token for the browser, its hash for the database.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::{query, query_as};
use std::time::Duration;
use store::{Database, Trouble};

/// How long a session lasts: a long day at the festival.
pub(crate) const LIFETIME: Duration = Duration::from_secs(16 * 3600);

/// What the browser keeps: 256 random bits.
pub(crate) struct Token(String);

/// What a session is known by here. It does not tell the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionId(String);

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    /// Who.
    pub email: String,
    /// By which session.
    pub session: SessionId,
}

impl Token {
    /// A new one.
    pub fn new() -> Token {
        Token(URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>()))
    }

    /// For the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl SessionId {
    /// The session with this token.
    pub fn of(token: &str) -> SessionId {
        SessionId(URL_SAFE_NO_PAD.encode(Sha256::digest(token.as_bytes())))
    }
}

/// Starts a session, and sweeps up those that are over.
///
/// # Errors
/// The database is away.
pub(super) async fn start(
    database: &Database,
    token: &Token,
    user_id: &str,
    now: Timestamp,
) -> Result<(), Trouble> {
    let mut transaction = database.begin().await?;
    query("DELETE FROM sessions WHERE expires_at <= $1")
        .bind(now.micros())
        .execute(&mut *transaction)
        .await?;
    query("INSERT INTO sessions (token_hash, user_id, created_at, expires_at) VALUES ($1, $2, $3, $4)")
        .bind(SessionId::of(token.as_str()).0)
        .bind(user_id)
        .bind(now.micros())
        .bind(now.plus(LIFETIME).micros())
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Whose session it is, as long as it lasts.
///
/// # Errors
/// The database is away.
pub(super) async fn find(
    database: &Database,
    session: SessionId,
    now: Timestamp,
) -> Result<Option<Admin>, Trouble> {
    let row: Option<(String,)> = query_as(
        "SELECT users.email FROM sessions JOIN users ON users.user_id = sessions.user_id
         WHERE sessions.token_hash = $1 AND sessions.expires_at > $2",
    )
    .bind(&session.0)
    .bind(now.micros())
    .fetch_optional(database.pool())
    .await?;
    Ok(row.map(|(email,)| Admin { email, session }))
}

/// Ends a session.
///
/// # Errors
/// The database is away.
pub(super) async fn end(database: &Database, session: &SessionId) -> Result<(), Trouble> {
    query("DELETE FROM sessions WHERE token_hash = $1")
        .bind(&session.0)
        .execute(database.pool())
        .await?;
    Ok(())
}
