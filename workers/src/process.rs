//! A process that runs a service: settings, signals, and a port for operators.

use crate::host::{Host, StartError};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use clap::Args;
use ops::{
    BusSettings, DataSettings, DatabaseSettings, LogSettings, Metrics, OperatorsSettings,
    SettingsError,
};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use store::Location;

/// What every worker process can be set to.
#[derive(Args, Clone, Debug)]
pub struct ProcessSettings {
    /// Where files are kept.
    #[command(flatten)]
    pub data: DataSettings,
    /// Where the brokers are.
    #[command(flatten)]
    pub bus: BusSettings,
    /// Where the databases are.
    #[command(flatten)]
    pub databases: DatabaseSettings,
    /// What is logged.
    #[command(flatten)]
    pub logs: LogSettings,
    /// Where operators ask.
    #[command(flatten)]
    pub operators: OperatorsSettings,
}

impl ProcessSettings {
    /// Where a service's database is.
    ///
    /// # Errors
    /// See [`DatabaseSettings::location`].
    pub fn location(&self, service: &str) -> Result<Location, SettingsError> {
        self.databases.location(service, &self.data, &self.bus)
    }
}

/// Runs `start`, with what `locate` has found, on a host until SIGINT or SIGTERM, then lets it finish what is in hand. A
/// service that cannot start ends the process with one line on standard error, before anything is opened where its databases
/// cannot be located.
pub async fn run<L, F>(
    name: &str,
    settings: ProcessSettings,
    locate: impl FnOnce(&ProcessSettings) -> Result<L, SettingsError>,
    start: F,
) -> ExitCode
where
    F: AsyncFnOnce(&Host, &ProcessSettings, L) -> Result<(), StartError>,
{
    settings.logs.start();
    let ended = match locate(&settings) {
        Ok(located) => try_run(name, settings, located, start).await,
        Err(error) => Err(error.into()),
    };
    ops::ended(name, ended)
}

async fn try_run<L, F>(
    name: &str,
    settings: ProcessSettings,
    located: L,
    start: F,
) -> Result<(), StartError>
where
    F: AsyncFnOnce(&Host, &ProcessSettings, L) -> Result<(), StartError>,
{
    let metrics = Metrics::start();
    let shutdown = ops::shutdown_signal().map_err(|why| StartError::System {
        what: "signals".to_owned(),
        why,
    })?;
    let host = Host::new(settings.bus.open(&settings.data)?, shutdown.clone());
    let started = Arc::new(AtomicBool::new(false));
    if let Some(port) = settings.operators.open_for_worker().await? {
        let readiness = Readiness {
            host: host.clone(),
            started: started.clone(),
        };
        host.spawn(port.serve(metrics, get(ready).with_state(readiness), shutdown));
    }
    start(&host, &settings, located).await?;
    started.store(true, Ordering::Relaxed);
    tracing::info!(process = name, "running");
    host.finished().await?;
    tracing::info!(process = name, "stopped");
    Ok(())
}

#[derive(Clone)]
struct Readiness {
    host: Host,
    /// Whether the service has its database.
    started: Arc<AtomicBool>,
}

/// Ready: the service has its database, nobody else holds a lock that it waits for, and the brokers can be asked.
async fn ready(State(it): State<Readiness>) -> (StatusCode, String) {
    if !it.started.load(Ordering::Relaxed) {
        let why = "the database is not there yet\n".to_owned();
        return (StatusCode::SERVICE_UNAVAILABLE, why);
    }
    if let Some(blocker) = it.host.blocker() {
        return (StatusCode::SERVICE_UNAVAILABLE, format!("{blocker}\n"));
    }
    let bus = it.host.bus();
    let asked = async {
        bus.queue.depth(bus::Queue::Orders).await?;
        bus.log.ends(bus::Topic::Analytics).await
    };
    match asked.await {
        Ok(_) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")),
    }
}
