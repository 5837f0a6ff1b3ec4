//! `festflow-server`: the web server as a process of its own.

use clap::Parser;
use ops::{
    BusSettings, DataSettings, DatabaseSettings, LogSettings, OperatorsSettings, SecretSettings,
};
use server::{Server, ServerContext, ServerSettings, StartError};
use std::process::ExitCode;

/// Pages, HTTP API and WebSockets of FestFlow. Takes orders in and shows the sale; workers do the rest.
#[derive(Parser)]
#[command(name = "festflow-server", version)]
struct Arguments {
    #[command(flatten)]
    server: ServerSettings,
    #[command(flatten)]
    operators: OperatorsSettings,
    #[command(flatten)]
    data: DataSettings,
    #[command(flatten)]
    bus: BusSettings,
    #[command(flatten)]
    databases: DatabaseSettings,
    #[command(flatten)]
    secrets: SecretSettings,
    #[command(flatten)]
    logs: LogSettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Arguments = ops::arguments();
    arguments.logs.start();
    ops::ended("festflow-server", run(arguments).await)
}

async fn run(arguments: Arguments) -> Result<(), StartError> {
    let (data, bus) = (&arguments.data, &arguments.bus);
    let accounts = arguments.databases.location("accounts", data, bus)?;
    data.prepare()?;
    let context = ServerContext {
        secrets: arguments.secrets.load(&arguments.data)?,
        bus: arguments.bus.open(&arguments.data)?,
        accounts,
        settings: arguments.server.clone(),
        data: arguments.data,
    };
    let shutdown = ops::shutdown_signal()?;
    let mut server = Server::open(context).await?;
    let listener = arguments.server.bind().await?;
    let operators = arguments.operators.open_for_server().await?;
    tracing::info!("listening on http://{}", listener.local_addr()?);
    tracing::info!("for operators http://{}", operators.local_addr()?);
    let new_admin = server.new_admin();
    tokio::spawn(async {
        if let Some(admin) = new_admin.await {
            // Once, and to the terminal only: logs are kept.
            println!(
                "The admin signs in as {} with {}",
                admin.email, admin.password
            );
        }
    });
    server.run(listener, operators, shutdown).await?;
    Ok(())
}
