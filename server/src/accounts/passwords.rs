//! Passwords: argon2id (RFC 9106) with the parameters that OWASP's cheat sheet names first for 19 MiB.

use crate::error::Problem;
use argon2::Argon2;
use argon2::password_hash::{Error, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

/// How long a try may wait for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(5);
/// After a stranger's hash, which takes a core for tens of milliseconds, strangers wait so many times as long as it took. So
/// a flood of them has a fifth of a core at most, and orders have the rest.
const REST: u32 = 4;
/// More than any password has. Longer ones would only cost time.
const LONGEST: usize = 1_024;

/// Checks passwords, one at a time: of browsers that signed in before, and of strangers.
pub(super) struct Passwords {
    known: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
}

impl Passwords {
    /// With both turns free.
    pub fn new() -> Passwords {
        let turn = || Arc::new(Semaphore::new(1));
        Passwords {
            known: turn(),
            strangers: turn(),
        }
    }

    /// Whether the password has this hash. Without a hash it has not, and that takes as long.
    ///
    /// # Errors
    /// Too many others try (503).
    pub async fn verify(
        &self,
        password: String,
        hash: Option<String>,
        is_known: bool,
    ) -> Result<bool, Problem> {
        let turns = if is_known {
            &self.known
        } else {
            &self.strangers
        };
        let turn = timeout(TURN_TIMEOUT, turns.clone().acquire_owned())
            .await
            .map_err(|_| Problem::unavailable("Too many people sign in. Try again soon."))?
            .map_err(Problem::internal)?;
        let checked = tokio::task::spawn_blocking(move || {
            let since = Instant::now();
            let against = hash.as_deref().unwrap_or(nobodys_hash());
            let fits = fits(&password, against) && hash.is_some();
            (fits, since.elapsed(), turn)
        });
        let (fits, took, turn) = checked.await.map_err(Problem::internal)?;
        if !is_known {
            tokio::spawn(async move {
                sleep(took * REST).await;
                drop(turn);
            });
        }
        Ok(fits)
    }
}

/// A password for somebody who has chosen none: 144 bits.
pub(super) fn made() -> String {
    URL_SAFE_NO_PAD.encode(rand::random::<[u8; 18]>())
}

/// The hash to keep, with its salt and parameters (PHC string format). Takes a while.
///
/// # Errors
/// The password is longer than argon2 takes.
pub(super) fn hashed(password: &str) -> Result<String, Error> {
    let salt = SaltString::encode_b64(&rand::random::<[u8; 16]>())?;
    Argon2::default()
        .hash_password(password.as_bytes(), &salt)
        .map(|hash| hash.to_string())
}

/// Whether the password has this hash. Takes a while.
pub(super) fn fits(password: &str, hash: &str) -> bool {
    password.len() <= LONGEST
        && PasswordHash::new(hash).is_ok_and(|hash| {
            Argon2::default()
                .verify_password(password.as_bytes(), &hash)
                .is_ok()
        })
}

/// The hash of a password that nobody has.
fn nobodys_hash() -> &'static str {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| hashed(&made()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[tokio::test]
    async fn strangers_rest_between_two_tries_and_known_browsers_do_not_wait_for_them() {
        let passwords = Passwords::new();
        let first = passwords.verify("guess".to_owned(), None, false).await;
        assert_eq!(first.ok(), Some(false));
        assert_eq!(passwords.strangers.available_permits(), 0, "a rest");
        let known = passwords.verify("guess".to_owned(), None, true).await;
        assert_eq!(known.ok(), Some(false));
        let second = passwords.verify("guess".to_owned(), None, false).await;
        assert_eq!(second.ok(), Some(false), "after it");
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_only() {
        let passwords = Passwords::new();
        let hash = hashed("correct horse").unwrap();
        assert!(hash.starts_with("$argon2id$"));
        for (password, hash, expected) in [
            ("correct horse", Some(hash.clone()), true),
            ("wrong horse", Some(hash.clone()), false),
            ("correct horse", Some("damaged".to_owned()), false),
            ("correct horse", None, false),
            (&"x".repeat(2_000), Some(hash), false),
        ] {
            let verified = passwords.verify(password.to_owned(), hash, true).await;
            assert_eq!(verified.ok(), Some(expected), "{password}");
        }
    }
}
