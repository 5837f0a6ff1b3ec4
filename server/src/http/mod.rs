//! Connections: who may have one, how long one may take, and how they end.
//!
//! The accept loop is ours and hyper does the protocol, because a server that strangers reach needs what `axum::serve` does
//! not offer: limits on time and number, and a stop that cuts no request.

mod connection;
mod places;
mod proxies;
mod settings;
mod stream;

pub(crate) use places::{Place, Places};
pub(crate) use proxies::{ClientAddress, TrustedProxies};
pub use settings::HttpSettings;

use axum::Router;
use connection::Connection;
use std::io::{Error, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use stream::ClientStream;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// How long nothing is accepted once the system has no place for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// What a connection is told for which there is no place.
const NO_PLACE: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// Serves a router to connections, within limits.
#[derive(Clone)]
pub(crate) struct HttpServer {
    /// Who answers.
    pub router: Router,
    /// Whose word on a client's address counts.
    pub proxies: Arc<TrustedProxies>,
    /// Places for connections.
    pub connections: Places,
    /// Once cancelled, each answer is its connection's last.
    pub draining: CancellationToken,
    /// Once cancelled, no connection is accepted, and connections without a request end.
    pub closing: CancellationToken,
}

impl HttpServer {
    /// Serves on `listener` until it is closing and every connection has ended. Whoever calls limits how long that takes.
    pub async fn run(self, listener: TcpListener) {
        let tasks = TaskTracker::new();
        while let Some(accepted) = self.closing.run_until_cancelled(listener.accept()).await {
            match accepted {
                Ok((stream, peer)) => self.admit(&tasks, stream, peer),
                Err(error) if concerns_one_connection(&error) => {}
                Err(error) => {
                    tracing::warn!(%error, "no connection can be accepted");
                    self.closing
                        .run_until_cancelled(tokio::time::sleep(ACCEPT_PAUSE))
                        .await;
                }
            }
        }
        // Those that have connected already are served: closing the listener would reset them.
        if let Ok(listener) = listener.into_std() {
            while let Ok((stream, peer)) = listener.accept() {
                if stream.set_nonblocking(true).is_ok()
                    && let Ok(stream) = TcpStream::from_std(stream)
                {
                    self.admit(&tasks, stream, peer);
                }
            }
        }
        tasks.close();
        tasks.wait().await;
    }

    fn admit(&self, tasks: &TaskTracker, stream: TcpStream, peer: SocketAddr) {
        // Everybody behind a proxy comes from its one address.
        let address = (!self.proxies.includes(peer.ip())).then(|| ClientAddress::of(peer.ip()));
        let Some(place) = self.connections.take(address) else {
            metrics::counter!("festflow_connections_refused_total").increment(1);
            // Who is not read cannot be answered for sure.
            let _ = stream.try_write(NO_PLACE);
            return;
        };
        // Frames are small and each is wanted now. Where the system refuses, they come later.
        let _ = stream.set_nodelay(true);
        let connection = Connection::new(self.clone(), ClientStream::new(stream, place), peer);
        tasks.spawn(connection.serve());
    }
}

fn concerns_one_connection(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
