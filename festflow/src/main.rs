//! FestFlow in one process.

use clap::Parser;
use festflow::{Installation, Settings, StartError};
use ops::LogSettings;
use server::{ADMIN_EMAIL, NewAdmin};
use std::process::ExitCode;

/// FestFlow: sells festival tickets, and shows the sale live
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    logs: LogSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { settings, logs } = ops::arguments();
    logs.start();
    ops::ended("festflow", run(settings).await)
}

async fn run(settings: Settings) -> Result<(), StartError> {
    let shutdown = ops::shutdown_signal()?;
    let mails = settings.mails();
    let mut installation = Installation::open(settings, shutdown.clone()).await?;
    let address = installation.listener().local_addr()?;
    let operators = installation.operators().local_addr()?;
    let new_admin = installation.new_admin();
    tokio::spawn(async move {
        // To the terminal only, not to the logs, which are kept.
        println!("\n  FestFlow is running.\n");
        println!("  Shop       http://{address}/");
        println!("  Dashboard  http://{address}/admin");
        println!("  Metrics    http://{operators}/metrics");
        let new_admin = new_admin.await;
        if shutdown.is_cancelled() {
            return;
        }
        match new_admin {
            Some(NewAdmin {
                email, password, ..
            }) => {
                println!(
                    "  Sign-in    {email} with {password} (made just now; it is not shown again)"
                );
            }
            None => println!(
                "  Sign-in    {ADMIN_EMAIL} with the password that was set or shown at first"
            ),
        }
        println!("  Mails      {mails}\n\n  Ctrl-C stops.\n");
    });
    installation.run().await
}
