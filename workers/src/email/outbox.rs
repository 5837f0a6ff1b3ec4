//! Where mails go: to a mail server, or into files where none is configured.

use super::background::Background;
use lettre::transport::smtp::response::{Category, Severity};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Where mails go.
#[derive(Clone, Debug)]
pub enum Outbox {
    /// A mail server, over a pool of connections.
    Smtp(AsyncSmtpTransport<Tokio1Executor>),
    /// A directory of `.eml` files (RFC 5322).
    Directory {
        /// Which.
        directory: PathBuf,
        /// Where they are written.
        background: Background,
    },
}

/// A mail that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct Refusal {
    /// Whether it never will be.
    pub permanent: bool,
    /// What the server or the system said.
    pub why: String,
}

impl Outbox {
    /// The mail server at `url`: `smtp://` or `smtps://user:password@host:port`, with `?tls=required` or
    /// `opportunistic` for STARTTLS. Up to `connections` at a time; an answer is waited for up to `timeout`.
    ///
    /// # Errors
    /// The URL names no mail server.
    pub fn smtp(url: &str, connections: usize, timeout: Duration) -> Result<Outbox, String> {
        use lettre::transport::smtp::PoolConfig;
        if !url.starts_with("smtp:") && !url.starts_with("smtps:") {
            return Err("must begin with smtp: or smtps:".to_owned());
        }
        let pool = PoolConfig::new().max_size(u32::try_from(connections).unwrap_or(u32::MAX));
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url)
            .map_err(|error| explained(&error))?;
        Ok(Outbox::Smtp(
            builder.pool_config(pool).timeout(Some(timeout)).build(),
        ))
    }

    /// Files in `directory`, which is made when it is missing; written in the `background`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn directory(directory: PathBuf, background: Background) -> io::Result<Outbox> {
        fs::create_dir_all(&directory)?;
        Ok(Outbox::Directory {
            directory,
            background,
        })
    }

    /// Hands `mail` over; `name` is its file's name, the same at each try. When this returns, the server has taken the
    /// mail, or the file is on disk.
    ///
    /// # Errors
    /// It was not taken, or nobody knows.
    pub async fn send(&self, name: String, mail: Message) -> Result<(), Refusal> {
        match self {
            Outbox::Smtp(transport) => match transport.send(mail).await {
                Ok(_) => Ok(()),
                Err(error) => Err(refusal(&error)),
            },
            Outbox::Directory {
                directory,
                background,
            } => {
                let directory = directory.clone();
                let write = move || write(&directory, &name, &mail.formatted());
                background
                    .run(write)
                    .await
                    .unwrap_or_else(|error| Err(io::Error::other(error)))
                    .map_err(|error| Refusal {
                        permanent: false,
                        why: error.to_string(),
                    })
            }
        }
    }
}

/// For good is only what is about this mail: the command's syntax, which contains its addresses (50x), and the mail
/// system's verdict (55x). What is about the connection or our sign-in (52x, 53x) is for the operator to mend.
/// RFC 5321, section 4.2.1; RFC 4954, section 6.
fn refusal(error: &lettre::transport::smtp::Error) -> Refusal {
    let about_this_mail = error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion
            && matches!(code.category, Category::Syntax | Category::MailSystem)
    });
    Refusal {
        permanent: about_this_mail,
        why: explained(error),
    }
}

/// An error with its causes.
fn explained(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

/// Whole or not at all, and on disk when it returns.
fn write(directory: &Path, name: &str, mail: &[u8]) -> io::Result<()> {
    let draft = directory.join(format!(".{name}.{}", std::process::id()));
    let mut file = File::create(&draft)?;
    file.write_all(mail)?;
    file.sync_all()?;
    fs::rename(&draft, directory.join(format!("{name}.eml")))?;
    File::open(directory)?.sync_all()
}
