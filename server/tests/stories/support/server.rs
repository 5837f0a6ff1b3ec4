//! A server on a port of its own.

use super::{Buyer, Festival, eventually};
use ops::OperatorsSettings;
use reqwest::StatusCode;
use serde_json::json;
use server::{HttpSettings, Server, ServerContext, ServerSettings};
use std::path::PathBuf;
use std::sync::Arc;
use store::Location;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// What is special about a server.
pub struct Options {
    /// Instead of the festival's queue.
    pub queue: Option<Arc<dyn bus::CommandQueue>>,
    /// Instead of the festival's log.
    pub log: Option<Arc<dyn bus::EventLog>>,
    /// Where people reach it.
    pub public_url: Option<String>,
    /// The history that is kept although the log is another one.
    pub keep_history: Option<String>,
    /// Limits on connections.
    pub http: HttpSettings,
    /// The admin's password.
    pub password: String,
    /// Whether `cargo leptos watch` runs it.
    pub watched: bool,
    /// The accounts' database, instead of a file.
    pub accounts: Option<String>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            queue: None,
            log: None,
            public_url: None,
            keep_history: None,
            http: limits(),
            password: PASSWORD.to_owned(),
            watched: false,
            accounts: None,
        }
    }
}

/// Limits that no story meets which is not about them.
pub fn limits() -> HttpSettings {
    HttpSettings {
        trusted_proxies: Vec::new(),
        max_connections: 10_000,
        max_connections_per_address: 1_000,
        max_sockets: 1_000,
        max_sockets_per_address: 100,
        drain_seconds: 0,
    }
}

/// The password of the admin.
pub const PASSWORD: &str = "correct horse battery";

/// A running server.
pub struct TestServer {
    /// Such as `http://127.0.0.1:4711`.
    pub base: String,
    /// The port for operators.
    pub operators: String,
    /// Its read model's file.
    pub read_model: PathBuf,
    shutdown: CancellationToken,
    running: JoinHandle<std::io::Result<()>>,
}

impl TestServer {
    /// Starts one.
    pub async fn start(festival: &Festival, name: &str, options: Options) -> TestServer {
        let read_model = festival.path().join(format!("{name}.db"));
        let mut bus = festival.bus.clone();
        bus.queue = options.queue.unwrap_or(bus.queue);
        bus.log = options.log.unwrap_or(bus.log);
        let accounts = options
            .accounts
            .unwrap_or_else(|| format!("sqlite:{}", festival.path().display()));
        let context = ServerContext {
            settings: ServerSettings {
                listen: "127.0.0.1:0".parse().unwrap(),
                site: festival.path().join("site"),
                public_url: options.public_url.map(|url| url.parse().unwrap()),
                admin_password: Some(options.password),
                read_model: Some(read_model.clone()),
                keep_history: options.keep_history,
                http: options.http,
                leptos_output_name: options.watched.then(|| "festflow".to_owned()),
                leptos_reload_port: 3002,
            },
            data: ops::DataSettings {
                path: festival.path().to_owned(),
            },
            secrets: festival.secrets.clone(),
            bus,
            accounts: Location::parse(&accounts, "accounts").unwrap(),
        };
        let server = Server::open(context).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let operators = OperatorsSettings {
            ops_listen: Some("127.0.0.1:0".parse().unwrap()),
        };
        let port = operators.open_for_server().await.unwrap();
        let operators = format!("http://{}", port.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        TestServer {
            base,
            operators,
            read_model,
            running: tokio::spawn(server.run(listener, port, shutdown.clone())),
            shutdown,
        }
    }

    /// One that runs as a program.
    pub fn elsewhere(base: &str) -> TestServer {
        TestServer {
            base: base.to_owned(),
            operators: String::new(),
            read_model: PathBuf::new(),
            shutdown: CancellationToken::new(),
            running: tokio::spawn(async { Ok(()) }),
        }
    }

    /// Waits until it sells this: between keys the log has no order, so other facts may be read before.
    pub async fn sells(&self, ticket_type: &str) {
        let anybody = self.buyer();
        eventually("the catalogue", || async {
            let tickets = anybody.get("/api/tickets").await.json().to_string();
            tickets
                .contains(&format!("\"{ticket_type}\""))
                .then_some(())
        })
        .await;
    }

    /// Waits until it says that requests may be sent to it.
    pub async fn ready(&self) {
        let anybody = self.buyer();
        eventually("it is ready", || async {
            (anybody.get("/readyz").await.status == StatusCode::OK).then_some(())
        })
        .await;
    }

    /// Somebody who is signed in.
    pub async fn admin(&self) -> Buyer {
        let admin = self.buyer();
        let credentials = json!({ "email": server::ADMIN_EMAIL, "password": PASSWORD });
        eventually("signing in", || async {
            let reply = admin.post_json("/api/session", &credentials, &[]).await;
            assert_ne!(reply.status, StatusCode::UNAUTHORIZED);
            (reply.status == StatusCode::NO_CONTENT).then_some(())
        })
        .await;
        admin
    }

    /// Somebody with a browser of their own.
    pub fn buyer(&self) -> Buyer {
        Buyer::new(&self.base)
    }

    /// Who watches over it.
    pub fn operator(&self) -> Buyer {
        Buyer::new(&self.operators)
    }

    /// Stops it and waits until it has.
    pub async fn stop(self) {
        self.shutdown.cancel();
        self.running.await.unwrap().unwrap();
    }

    /// Tells it to stop.
    pub fn begin_to_stop(&self) {
        self.shutdown.cancel();
    }
}
