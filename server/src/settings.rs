//! What an installation can set about its server.

use crate::{HttpSettings, StartError};
use clap::Args;
use std::{net::SocketAddr, path::PathBuf};
use tokio::net::TcpListener;
use url::Url;

/// The server's own settings.
#[derive(Args, Clone, Debug)]
pub struct ServerSettings {
    /// Address to listen on
    #[arg(long, env = "FESTFLOW_LISTEN", default_value = "127.0.0.1:3000")]
    pub listen: SocketAddr,
    /// The site as `cargo xtask build` has made it: scripts, styles, pictures
    #[arg(long, env = "FESTFLOW_SITE", default_value = "target/site")]
    pub site: PathBuf,
    /// Where people reach this server, such as https://tickets.example.org, when that is not what they ask it for
    #[arg(long, env = "FESTFLOW_PUBLIC_URL")]
    pub public_url: Option<Url>,
    /// The admin's password, at least 12 characters [default: one is made at first and printed once]
    #[arg(long, env = "FESTFLOW_ADMIN_PASSWORD", hide_env_values = true)]
    pub admin_password: Option<String>,
    /// File of the read model, one for each server; it can be deleted at any time and is then made again from the log [default:
    /// read-model.db in the data directory]
    #[arg(long, env = "FESTFLOW_READ_MODEL")]
    pub read_model: Option<PathBuf>,
    /// Where the log is another one than the read model was read from: the fingerprint of the history that is kept, as the
    /// dashboard shows it
    #[arg(long, env = "FESTFLOW_KEEP_HISTORY")]
    pub keep_history: Option<String>,
    /// Limits on connections.
    #[command(flatten)]
    pub http: HttpSettings,
    /// Set by `cargo leptos watch`, whose site has plain names
    #[arg(long, env = "LEPTOS_OUTPUT_NAME", hide = true)]
    pub leptos_output_name: Option<String>,
    /// Where `cargo leptos watch` tells pages to load anew
    #[arg(long, env = "LEPTOS_RELOAD_PORT", hide = true, default_value_t = 3002)]
    pub leptos_reload_port: u16,
}

/// The fewest characters of the admin's password.
pub(crate) const SHORTEST_PASSWORD: usize = 12;

impl ServerSettings {
    /// Checks what can be checked before anything is opened.
    ///
    /// # Errors
    /// One line for the terminal.
    pub fn check(&self) -> Result<(), StartError> {
        if let Some(url) = &self.public_url
            && (!matches!(url.scheme(), "http" | "https") || !url.has_host() || url.path() != "/")
        {
            return Err(StartError::Setting {
                variable: "FESTFLOW_PUBLIC_URL",
                why: format!("must be like https://tickets.example.org, not {url}"),
            });
        }
        if let Some(password) = &self.admin_password
            && password.chars().count() < SHORTEST_PASSWORD
        {
            return Err(StartError::Setting {
                variable: "FESTFLOW_ADMIN_PASSWORD",
                why: format!("has fewer than {SHORTEST_PASSWORD} characters"),
            });
        }
        Ok(())
    }

    /// The port from which `cargo leptos watch` speaks to pages, when it runs this server.
    pub(crate) fn reload_port(&self) -> Option<u16> {
        let port = self.leptos_reload_port;
        self.leptos_output_name.as_ref().map(|_| port)
    }

    /// Listens.
    ///
    /// # Errors
    /// The port is in use, or the address is not ours.
    pub async fn bind(&self) -> Result<TcpListener, StartError> {
        TcpListener::bind(self.listen)
            .await
            .map_err(|error| StartError::Setting {
                variable: "FESTFLOW_LISTEN",
                why: format!("{}: {error}", self.listen),
            })
    }
}
