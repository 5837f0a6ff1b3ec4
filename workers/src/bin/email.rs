//! The email service as a process of its own.

use clap::Parser;
use ops::SecretSettings;
use std::process::ExitCode;
use url::Url;
use workers::email::{self, MailSettings};
use workers::process::{self, ProcessSettings};

/// FestFlow's email service: one mail per confirmed order, with its tickets
#[derive(Parser)]
#[command(name = "festflow-email", version)]
struct Cli {
    #[command(flatten)]
    process: ProcessSettings,
    #[command(flatten)]
    secrets: SecretSettings,
    #[command(flatten)]
    mail: MailSettings,
    /// Where people reach the shop, such as https://tickets.example.org: mails then link to their orders
    #[arg(long, env = "FESTFLOW_PUBLIC_URL")]
    public_url: Option<Url>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli {
        process,
        secrets,
        mail,
        public_url,
    } = ops::arguments();
    let locate = |it: &ProcessSettings| it.location(email::SERVICE);
    process::run(
        "festflow-email",
        process,
        locate,
        async |host, process, location| {
            process.data.prepare()?;
            let secrets = secrets.load(&process.data)?;
            email::start(host, &location, &mail, &process.data, &secrets, public_url).await
        },
    )
    .await
}
