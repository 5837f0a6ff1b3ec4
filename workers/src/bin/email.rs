//! The email service as a process of its own.

use clap::Parser;
use ops::SecretSettings;
use std::process::ExitCode;
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
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli {
        process,
        secrets,
        mail,
    } = ops::arguments();
    process::run("festflow-email", process, async |host, process| {
        process.data.prepare()?;
        let secrets = secrets.load(&process.data)?;
        let location = process.databases.location(email::SERVICE, &process.data)?;
        email::start(host, &location, &mail, &process.data, &secrets).await
    })
    .await
}
