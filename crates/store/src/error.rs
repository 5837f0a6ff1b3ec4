//! Whose fault it is that the database said no.

use sqlx::error::ErrorKind;

/// Why a statement or a transaction did not succeed.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// The database cannot be used right now; nobody's data is to blame.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The database refuses this data, now and whenever it is tried again.
    #[error("the database refuses the data: {0}")]
    Data(String),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Trouble {
        match &error {
            sqlx::Error::Database(refusal)
                if blames_data(refusal.kind(), refusal.code().as_deref()) =>
            {
                Trouble::Data(error.to_string())
            }
            sqlx::Error::RowNotFound
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnDecode { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::Decode(_)
            | sqlx::Error::Encode(_) => Trouble::Data(error.to_string()),
            _ => Trouble::Unavailable(error.to_string()),
        }
    }
}

/// Constraint violations on either; on Postgres also SQLSTATE class 22, data exceptions (PostgreSQL manual, appendix A).
fn blames_data(kind: ErrorKind, code: Option<&str>) -> bool {
    !matches!(kind, ErrorKind::Other)
        || code.is_some_and(|code| code.len() == 5 && code.starts_with("22"))
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL names no database that we can use; trying again does not help.
    #[error("{0}")]
    Url(String),
    /// It is not there, or cannot be written; it may be later.
    #[error("{location} cannot be opened: {why}")]
    Unavailable {
        /// The setting and the place, without its password.
        location: String,
        /// What it or the system said.
        why: String,
    },
    /// Its schema is not ours and could not be made so; trying again does not help.
    #[error("{location} cannot be migrated: {why}")]
    Migration {
        /// The setting and the place, without its password.
        location: String,
        /// What went wrong.
        why: String,
    },
}
