//! A process that runs a service: settings, signals, and a port for operators.

use crate::host::{Host, StartError};
use axum::{Router, extract::State, http::StatusCode, routing::get};
use clap::Args;
use ops::{BusSettings, DataSettings, DatabaseSettings, LogSettings, Metrics, SettingsError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{net::SocketAddr, process::ExitCode};
use store::Location;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

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
    /// Address of the port for operators: /healthz, /readyz, /metrics [default: none]
    #[arg(long, env = "FESTFLOW_HEALTH_LISTEN")]
    pub health_listen: Option<SocketAddr>,
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
    let system = |what: &str| {
        let what = what.to_owned();
        move |why| StartError::System { what, why }
    };
    let shutdown = ops::shutdown_signal().map_err(system("signals"))?;
    let host = Host::new(settings.bus.open(&settings.data)?, shutdown.clone());
    let started = Arc::new(AtomicBool::new(false));
    if let Some(address) = settings.health_listen {
        let what = format!("FESTFLOW_HEALTH_LISTEN: {address}");
        let listener = TcpListener::bind(address).await.map_err(system(&what))?;
        let operators = Operators {
            host: host.clone(),
            metrics,
            started: started.clone(),
        };
        host.spawn(operators.serve(listener, shutdown));
    }
    start(&host, &settings, located).await?;
    started.store(true, Ordering::Relaxed);
    tracing::info!(process = name, "running");
    host.finished().await?;
    tracing::info!(process = name, "stopped");
    Ok(())
}

#[derive(Clone)]
struct Operators {
    host: Host,
    metrics: Metrics,
    /// Whether the service has its database.
    started: Arc<AtomicBool>,
}

impl Operators {
    async fn serve(self, listener: TcpListener, shutdown: CancellationToken) {
        let router = Router::new()
            .route("/healthz", get(async || "alive\n"))
            .route("/readyz", get(ready))
            .route(
                "/metrics",
                get(async |State(it): State<Operators>| it.metrics.render()),
            )
            .with_state(self);
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { shutdown.cancelled().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the operators' port is closed");
        }
    }
}

/// Ready: the service has its database, nobody else holds a lock that it waits for, and the brokers can be asked.
async fn ready(State(it): State<Operators>) -> (StatusCode, String) {
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
