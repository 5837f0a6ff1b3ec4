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
    process::run("festflow-inventory", process, async |host, process| {
        let location = process
            .databases
            .location(inventory::SERVICE, &process.data)?;
        inventory::start(host, &location, &inventory).await
    })
    .await
}
