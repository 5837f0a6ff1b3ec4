//! Users. A new one is a row first; a sweep announces it, however often that takes.

use bus::{EventLog, Message, Topic};
use domain::event::UserRegistered;
use domain::{EmailAddress, Event, MessageId, PersonName, Timestamp, UserId};
use sqlx::{query, query_as};
use store::{Database, Trouble};
use uuid::Uuid;

/// A user as signing in needs it.
pub(super) struct User {
    pub user_id: String,
    pub password_hash: String,
}

/// The address by which an account is known, however it was typed.
pub(crate) fn account_address(typed: &str) -> String {
    typed.trim().to_lowercase()
}

/// The user with this address.
///
/// # Errors
/// The database is away.
pub(super) async fn find(database: &Database, email: &str) -> Result<Option<User>, Trouble> {
    let row: Option<(String, String)> =
        query_as("SELECT user_id, password_hash FROM users WHERE email = $1")
            .bind(account_address(email))
            .fetch_optional(database.pool())
            .await?;
    Ok(row.map(|(user_id, password_hash)| User {
        user_id,
        password_hash,
    }))
}

/// Adds a user. False: the address has one already, from another server that started together with this one.
///
/// # Errors
/// The database is away.
pub(super) async fn add(
    database: &Database,
    email: &str,
    name: &str,
    password_hash: &str,
) -> Result<bool, Trouble> {
    let added = query(
        "INSERT INTO users (user_id, email, name, password_hash, created_at, announced)
         VALUES ($1, $2, $3, $4, $5, 0) ON CONFLICT (email) DO NOTHING",
    )
    .bind(Uuid::now_v7().to_string())
    .bind(account_address(email))
    .bind(name)
    .bind(password_hash)
    .bind(Timestamp::now().micros())
    .execute(database.pool())
    .await?;
    Ok(added.rows_affected() > 0)
}

/// Gives a user another password, and ends the sessions that the old one began.
///
/// # Errors
/// The database is away.
pub(super) async fn change_password(
    database: &Database,
    user_id: &str,
    password_hash: &str,
) -> Result<(), Trouble> {
    let mut transaction = database.begin().await?;
    query("UPDATE users SET password_hash = $1 WHERE user_id = $2")
        .bind(password_hash)
        .bind(user_id)
        .execute(&mut *transaction)
        .await?;
    query("DELETE FROM sessions WHERE user_id = $1")
        .bind(user_id)
        .execute(&mut *transaction)
        .await?;
    Ok(transaction.commit().await?)
}

/// Puts users on the log that are not there yet. Announced twice, a user has the same message id.
///
/// # Errors
/// The database or the log is away.
pub(super) async fn announce(
    database: &Database,
    log: &dyn EventLog,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let rows: Vec<(String, String, String, i64)> = query_as(
        "SELECT user_id, email, name, created_at FROM users WHERE announced = 0 LIMIT 100",
    )
    .fetch_all(database.pool())
    .await?;
    for (user_id, email, name, created_at) in rows {
        let id: UserId = user_id.parse()?;
        let event = Event::UserRegistered(UserRegistered {
            timestamp: Timestamp::from_micros(created_at),
            user_id: id,
            email: EmailAddress::parse(email)?,
            name: PersonName::parse(name)?,
        });
        let message_id = MessageId(Uuid::new_v5(&id.0, event.kind().as_bytes()));
        let message = Message::event("/accounts", message_id, &event);
        log.append(vec![(Topic::Users, message)]).await?;
        query("UPDATE users SET announced = 1 WHERE user_id = $1")
            .bind(user_id)
            .execute(database.pool())
            .await?;
    }
    Ok(())
}
