//! The email service's flags.

use super::background::Background;
use super::retry::SendLimits;
use super::transport::MailTransport;
use crate::host::StartError;
use clap::Args;
use lettre::message::Mailbox;
use ops::DataSettings;
use std::io;

/// How mails are sent.
#[derive(Args, Clone, Debug)]
pub struct MailSettings {
    /// Mail server: smtps://user:password@host:port, or smtp://… with ?tls=required or ?tls=opportunistic [default:
    /// .eml files in the data directory's mail/]
    #[arg(long, env = "FESTFLOW_SMTP_URL", hide_env_values = true)]
    pub smtp_url: Option<String>,
    /// Whom mails are from
    #[arg(
        long,
        env = "FESTFLOW_MAIL_FROM",
        default_value = "FestFlow <tickets@festflow.local>"
    )]
    pub mail_from: Mailbox,
    /// Mails that are sent at the same time
    #[arg(long, env = "FESTFLOW_MAIL_CONCURRENCY", default_value_t = 8,
        value_parser = clap::value_parser!(u16).range(1..=256))]
    pub mail_concurrency: u16,
}

impl MailSettings {
    /// How mails are sent and tried again.
    pub fn limits(&self) -> SendLimits {
        SendLimits {
            concurrency: usize::from(self.mail_concurrency),
            ..SendLimits::default()
        }
    }

    /// Where mails go; files are written in the `background`.
    ///
    /// # Errors
    /// The URL names no mail server, or the directory cannot be made.
    pub fn transport(
        &self,
        data: &DataSettings,
        background: Background,
    ) -> Result<MailTransport, StartError> {
        let system = |what: String| move |why| StartError::System { what, why };
        match &self.smtp_url {
            Some(url) => MailTransport::smtp(url)
                .map_err(io::Error::other)
                .map_err(system("FESTFLOW_SMTP_URL".to_owned())),
            None => {
                let directory = data.path.join("mail");
                let what = format!("FESTFLOW_DATA: {}", directory.display());
                MailTransport::directory(directory, background).map_err(system(what))
            }
        }
    }
}
