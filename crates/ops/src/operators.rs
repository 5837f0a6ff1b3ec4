//! The port for operators: whether a process lives, whether it can do its work, and its metrics. It is not for strangers, so it
//! is a port of its own.

use crate::{Metrics, SettingsError};
use axum::Router;
use axum::http::header;
use axum::routing::{MethodRouter, get};
use clap::Args;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Where a server listens to operators when nobody says otherwise.
const DEFAULT_ADDRESS: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 3001);
/// How long requests may take to end once the port closes.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);
/// Prometheus' text format.
const PROMETHEUS_TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where operators ask.
#[derive(Args, Clone, Debug)]
pub struct OperatorsSettings {
    /// Address of the port for operators: /healthz, /readyz, /metrics [default: 127.0.0.1:3001; none for a worker]
    #[arg(long, env = "FESTFLOW_OPS_LISTEN")]
    pub ops_listen: Option<SocketAddr>,
}

/// The port for operators, open.
pub struct OperatorsPort(TcpListener);

impl OperatorsSettings {
    /// Opens the port of a server, which always has one.
    ///
    /// # Errors
    /// It is in use, or the address is not ours.
    pub async fn open_for_server(&self) -> Result<OperatorsPort, SettingsError> {
        open(self.ops_listen.unwrap_or(DEFAULT_ADDRESS.into())).await
    }

    /// Opens the port of a worker, if one is set: several workers run on one machine.
    ///
    /// # Errors
    /// It is in use, or the address is not ours.
    pub async fn open_for_worker(&self) -> Result<Option<OperatorsPort>, SettingsError> {
        match self.ops_listen {
            Some(address) => open(address).await.map(Some),
            None => Ok(None),
        }
    }
}

async fn open(address: SocketAddr) -> Result<OperatorsPort, SettingsError> {
    let listener = TcpListener::bind(address).await;
    let listener = listener.map_err(|why| SettingsError::Operators { address, why })?;
    Ok(OperatorsPort(listener))
}

impl OperatorsPort {
    /// Where it is.
    ///
    /// # Errors
    /// The system does not say.
    pub fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.0.local_addr()
    }

    /// Answers operators until `shutdown`, and a second longer whom it has begun to answer. `ready` says whether the process
    /// can do its work.
    pub async fn serve(self, metrics: Metrics, ready: MethodRouter, shutdown: CancellationToken) {
        let render = async move || ([(header::CONTENT_TYPE, PROMETHEUS_TEXT)], metrics.render());
        let router = Router::new()
            .route("/healthz", get(alive))
            .route("/readyz", ready)
            .route("/metrics", get(render));
        let serving = axum::serve(self.0, router)
            .with_graceful_shutdown(shutdown.clone().cancelled_owned())
            .into_future();
        let closed = async {
            shutdown.cancelled().await;
            tokio::time::sleep(CLOSE_TIMEOUT).await;
        };
        tokio::select! {
            served = serving => {
                if let Err(error) = served {
                    tracing::error!(%error, "the operators' port is closed");
                }
            }
            () = closed => {}
        }
    }
}

/// `GET /healthz`: this process answers.
pub async fn alive() -> &'static str {
    "alive\n"
}
