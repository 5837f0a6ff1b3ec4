//! The inventory service as a process of its own.

use clap::Parser;
use std::process::ExitCode;
use workers::inventory::{self, InventorySettings};
use workers::process::{self, ProcessSettings};

/// FestFlow's inventory service: holds, sells and gives back stock
#[derive(Parser)]
#[command(name = "festflow-inventory", version)]
struct Cli {
    #[command(flatten)]
    process: ProcessSettings,
    #[command(flatten)]
    inventory: InventorySettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli { process, inventory } = ops::arguments();
    let locate = |it: &ProcessSettings| it.location(inventory::SERVICE);
    process::run(
        "festflow-inventory",
        process,
        locate,
        async |host, _, location| inventory::start(host, &location, &inventory).await,
    )
    .await
}
