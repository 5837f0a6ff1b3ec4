//! FestFlow in one process.

use clap::Parser;
use festflow::{Installation, Settings, StartError};
use ops::LogSettings;
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
    let Cli { settings, logs } = Cli::parse();
    logs.start();
    match run(settings).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("festflow: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings) -> Result<(), StartError> {
    let shutdown = ops::shutdown_signal()?;
    let installation = Installation::open(settings, shutdown).await?;
    Ok(installation.run().await?)
}
