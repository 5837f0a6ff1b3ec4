//! Where mails go: to a mail server, or into files where none is configured.

use super::background::Background;
use super::retry::SmtpTimeouts;
use super::smtp::SmtpServer;
use lettre::Message;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::time::timeout;

/// Where mails go.
#[derive(Clone)]
pub enum MailTransport {
    /// A mail server.
    Smtp(Arc<SmtpServer>),
    /// A directory of `.eml` files (RFC 5322).
    Directory {
        /// The directory.
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

impl MailTransport {
    /// The mail server at `url`: `smtp://` or `smtps://user:password@host:port`, with `?tls=required` or
    /// `opportunistic` for STARTTLS.
    ///
    /// # Errors
    /// The URL names no mail server.
    pub fn smtp(url: &str) -> Result<MailTransport, String> {
        Ok(MailTransport::Smtp(Arc::new(SmtpServer::parse(url)?)))
    }

    /// Files in `directory`, which is made when it is missing; written in the `background`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn directory(directory: PathBuf, background: Background) -> io::Result<MailTransport> {
        fs::create_dir_all(&directory)?;
        Ok(MailTransport::Directory {
            directory,
            background,
        })
    }

    /// Hands `mail` over; `name` is its file's name, the same at each try. When this returns, the server has taken the
    /// mail, or the file is on disk.
    ///
    /// # Errors
    /// It was not taken, or nobody knows.
    pub async fn send(
        &self,
        name: String,
        mail: Message,
        timeouts: SmtpTimeouts,
    ) -> Result<(), Refusal> {
        match self {
            MailTransport::Smtp(server) => server.send(&mail, timeouts).await,
            MailTransport::Directory {
                directory,
                background,
            } => {
                let directory = directory.clone();
                let write = move || write(&directory, &name, &mail.formatted());
                let written = match timeout(timeouts.delivery, background.run(write)).await {
                    Ok(Ok(written)) => written,
                    Ok(Err(panicked)) => Err(io::Error::other(panicked)),
                    Err(_) => Err(io::ErrorKind::TimedOut.into()),
                };
                written.map_err(|error| Refusal {
                    permanent: false,
                    why: error.to_string(),
                })
            }
        }
    }
}

/// An error with its causes.
pub(super) fn explained(error: &dyn Error) -> String {
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
