//! The real programs as processes: one for everything, or one for each service.

use crate::support::{PASSWORD, Place};
use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Plenty of one hot ticket type.
const CATALOGUE: &str = r#"
currency = "EUR"
[[event]]
id = "e"
name = "Evening"
venue = "Hall"
date = "2027-06-18T16:00:00+02:00"
[[event.ticket_type]]
id = "weekend"
name = "Weekend"
price = 9000
stock = 10000000
max_per_order = 8
"#;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running installation.
pub struct Installation {
    pub address: String,
    variables: Vec<(String, String)>,
    client: reqwest::Client,
    server: Process,
    workers: Vec<Process>,
}

struct Process(Child);

impl Process {
    /// One of the programs beside our own, told everything by its environment.
    fn start(program: &str, variables: &[(String, String)]) -> Result<Process> {
        let program = Path::new(env!("CARGO_BIN_EXE_festflow")).with_file_name(program);
        let child = Command::new(&program)
            .envs(variables.iter().cloned())
            .env("FESTFLOW_LOG", "warn")
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("{}: `cargo build --release` makes it", program.display()))?;
        Ok(Process(child))
    }

    /// Ends it as an operator would.
    fn stop(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::TERM)?;
        ensure!(self.0.wait()?.success(), "a process did not stop cleanly");
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Stopped already, or nobody minds.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Installation {
    /// Starts one at `place`: one process when embedded, one for each service on brokers.
    pub async fn start(place: &Place) -> Result<Installation> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut variables = place.environment(CATALOGUE, &address);
        // Later ones win.
        variables.push(("FESTFLOW_GATEWAY_LATENCY_MS".to_owned(), "0".to_owned()));
        let program = if place.is_distributed() {
            "festflow-server"
        } else {
            "festflow"
        };
        let mut installation = Installation {
            server: Process::start(program, &variables)?,
            address,
            variables,
            client: reqwest::Client::new(),
            workers: Vec::new(),
        };
        if place.is_distributed() {
            installation.start_workers()?;
        }
        installation.until_on_sale().await?;
        Ok(installation)
    }

    /// Starts a process for each service behind the server.
    pub fn start_workers(&mut self) -> Result<()> {
        for worker in ["festflow-inventory", "festflow-payment", "festflow-email"] {
            self.workers.push(Process::start(worker, &self.variables)?);
        }
        Ok(())
    }

    /// Stops them.
    pub fn stop_workers(&mut self) -> Result<()> {
        self.workers.drain(..).try_for_each(Process::stop)
    }

    /// Stops everything.
    pub fn stop(mut self) -> Result<()> {
        self.stop_workers()?;
        self.server.stop()
    }

    /// Signs the admin in; the session's cookie.
    pub async fn sign_in(&self) -> Result<String> {
        let body = json!({ "email": "admin@festflow.local", "password": PASSWORD });
        let url = format!("http://{}/api/session", self.address);
        let response = self.client.post(url).json(&body).send().await?;
        let cookie = response.error_for_status()?.headers()["set-cookie"]
            .to_str()?
            .to_owned();
        Ok(cookie.split(';').next().unwrap_or_default().to_owned())
    }

    /// Waits until the ledger says that everything adds up.
    pub async fn balanced(&self, cookie: &str) -> Result<()> {
        let url = format!("http://{}/api/admin/ledger", self.address);
        self.until("the ledger balances", async || {
            let request = self.client.get(&url).header("cookie", cookie);
            let ledger: Value = request.send().await?.json().await?;
            Ok(ledger["balanced"] == true)
        })
        .await
    }

    async fn until_on_sale(&self) -> Result<()> {
        let url = format!("http://{}/api/tickets", self.address);
        self.until("tickets are on sale", async || {
            let tickets = self.client.get(&url).send().await?.text().await?;
            Ok(tickets.contains("weekend"))
        })
        .await
    }

    async fn until(&self, what: &str, condition: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while !condition().await.unwrap_or(false) {
            if Instant::now() > deadline {
                bail!("waited in vain until {what}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }
}
