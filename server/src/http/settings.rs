//! What an installation can set about connections.

use super::Places;
use super::proxies::{Network, TrustedProxies};
use clap::Args;
use std::time::Duration;

/// Limits on connections.
#[derive(Args, Clone, Debug)]
pub struct HttpSettings {
    /// Proxies in front of this server, addresses or networks separated by commas: their `X-Forwarded-For` or `Forwarded`
    /// says where a request comes from [default: none]
    #[arg(long, env = "FESTFLOW_TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<Network>,
    /// Connections that may be open at a time, as far as the system allows so many files
    #[arg(long, env = "FESTFLOW_MAX_CONNECTIONS", default_value_t = 15_000)]
    pub max_connections: usize,
    /// Connections that may be open at a time from one address; trusted proxies may have more
    #[arg(
        long,
        env = "FESTFLOW_MAX_CONNECTIONS_PER_ADDRESS",
        default_value_t = 500
    )]
    pub max_connections_per_address: usize,
    /// WebSockets that may be open at a time; some are kept for dashboards
    #[arg(long, env = "FESTFLOW_MAX_SOCKETS", default_value_t = 10_000)]
    pub max_sockets: usize,
    /// WebSockets that may be open at a time from one address
    #[arg(long, env = "FESTFLOW_MAX_SOCKETS_PER_ADDRESS", default_value_t = 250)]
    pub max_sockets_per_address: usize,
    /// Seconds between the signal to stop, from which on /readyz says no, and the end of accepting connections
    #[arg(
        long,
        env = "FESTFLOW_DRAIN_SECONDS",
        default_value_t = 2,
        value_parser = clap::value_parser!(u64).range(0..=5)
    )]
    pub drain_seconds: u64,
}

/// Files that are not for connections: databases, brokers, the site.
const OTHER_FILES: u64 = 500;
/// The part of all sockets that is kept for dashboards: one in so many, ...
const DASHBOARDS_SHARE: usize = 10;
/// ... and no more than so many.
const MOST_KEPT_FOR_DASHBOARDS: usize = 50;
/// Long polls at a time, in all and from one address.
const LONG_POLLS: (usize, usize) = (5_000, 100);

impl HttpSettings {
    pub(crate) fn drain(&self) -> Duration {
        Duration::from_secs(self.drain_seconds)
    }

    pub(crate) fn proxies(&self) -> TrustedProxies {
        TrustedProxies::new(self.trusted_proxies.clone())
    }

    /// Places for connections: as many as are set, and as this process may open files.
    pub(crate) fn connections(&self) -> Places {
        let files = ops::raise_open_files();
        let fit = files.saturating_sub(OTHER_FILES).max(files / 2);
        let most =
            usize::try_from(fit).map_or(self.max_connections, |fit| fit.min(self.max_connections));
        if most < self.max_connections {
            tracing::warn!(
                files,
                connections = most,
                "the system allows fewer open files than FESTFLOW_MAX_CONNECTIONS needs"
            );
        }
        Places::new(most, self.max_connections_per_address)
    }

    /// Places for WebSockets.
    pub(crate) fn sockets(&self) -> Places {
        let kept = (self.max_sockets / DASHBOARDS_SHARE).min(MOST_KEPT_FOR_DASHBOARDS);
        Places::with_reserve(self.max_sockets, self.max_sockets_per_address, kept)
    }

    /// Places for requests that wait for news.
    pub(crate) fn long_polls(&self) -> Places {
        Places::new(LONG_POLLS.0, LONG_POLLS.1)
    }
}
