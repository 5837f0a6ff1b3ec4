//! The real programs as processes: started for a place, watched, stopped as an operator would, or killed.

use super::{PATIENCE, Place, Visitor};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// Everything in one process.
pub const TOGETHER: &[&str] = &["festflow"];
/// Each service a process of its own, inventory two.
pub const APART: &[&str] = &[
    "festflow-server",
    "festflow-inventory",
    "festflow-inventory",
    "festflow-payment",
    "festflow-email",
];

/// A program that was built beside `festflow`.
pub fn program(name: &str) -> Command {
    let path = Path::new(env!("CARGO_BIN_EXE_festflow")).with_file_name(name);
    assert!(
        path.exists(),
        "{} is missing; `cargo build` makes it",
        path.display()
    );
    let mut command = Command::new(path);
    command.env_clear().stdin(Stdio::null());
    command
}

/// An address that nobody listens on.
pub fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// A running program; killed when it is dropped.
pub struct Process {
    pub name: String,
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; what it says on standard error goes to the file `log`, after what is there.
    pub fn start(name: &str, mut command: Command, log: PathBuf) -> Process {
        let file = File::options().create(true).append(true).open(&log);
        let child = command
            .stdout(Stdio::null())
            .stderr(file.unwrap())
            .spawn()
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        Process {
            name: name.to_owned(),
            child,
            log,
        }
    }

    /// What it has said on standard error.
    pub fn log(&self) -> String {
        if !self.log.is_file() {
            return String::new();
        }
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(
                Instant::now() < deadline,
                "{} does not end: {}",
                self.name,
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// SIGTERM, after which it has ten seconds and ends with 0.
    pub async fn stop(mut self) {
        let since = Instant::now();
        self.signal("TERM");
        let status = self.ended().await;
        assert_eq!(status.code(), Some(0), "{}: {}", self.name, self.log());
        assert!(
            since.elapsed() < Duration::from_secs(11),
            "{} took {:?} to stop",
            self.name,
            since.elapsed()
        );
    }

    /// Sends it a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        let signal = format!("-{name}");
        let sent = Command::new("kill").args([&signal, &pid]).status().unwrap();
        assert!(sent.success(), "{} is gone: {}", self.name, self.log());
    }

    /// kill -9.
    pub fn kill(&mut self) {
        // Both fail where it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The processes of one festival.
pub struct Processes {
    pub all: Vec<Process>,
    /// Of the server.
    pub address: String,
}

impl Processes {
    /// Starts `programs` for `place`, and does not wait for them. `extra` are variables for all of them.
    pub fn start(
        place: &Place,
        catalogue: &str,
        programs: &[&str],
        extra: &[(&str, &str)],
    ) -> Processes {
        let address = free_address();
        let environment = place.environment(catalogue, &address);
        let start = |(number, name): (usize, &&str)| {
            let mut command = program(name);
            command
                .envs(environment.iter().map(|(name, value)| (name, value)))
                .envs(extra.iter().copied());
            let log = place.path().join(format!("{name}-{number}.log"));
            Process::start(name, command, log)
        };
        Processes {
            all: programs.iter().enumerate().map(start).collect(),
            address,
        }
    }

    /// Starts `programs` and waits until every ticket type is on sale.
    pub async fn on_sale(place: &Place, catalogue: &str, programs: &[&str]) -> Processes {
        let processes = Processes::start(place, catalogue, programs, &[]);
        processes.until_on_sale(catalogue).await;
        processes.until_ready().await;
        processes
    }

    /// Waits until orders are taken. What is on sale shows before the queue is reached; an order is refused with 503 then.
    pub async fn until_ready(&self) {
        self.until_ready_at(&self.address).await;
    }

    /// Waits until the program whose state is asked for at `address` can do its work.
    pub async fn until_ready_at(&self, address: &str) {
        let url = format!("http://{address}/readyz");
        self.until("it is ready", async || {
            let answer = reqwest::get(&url).await;
            answer.is_ok_and(|answer| answer.status() == 200)
        })
        .await;
    }

    /// Waits until the program answers at `address`, whether it can do its work or not.
    pub async fn until_answered_at(&self, address: &str) {
        let url = format!("http://{address}/healthz");
        self.until("it answers", async || reqwest::get(&url).await.is_ok())
            .await;
    }

    /// Somebody who visits its server.
    pub fn visitor(&self) -> Visitor {
        Visitor::of(&self.address)
    }

    /// Waits until every ticket type is on sale.
    pub async fn until_on_sale(&self, catalogue: &str) {
        let types = catalogue.matches("[[event.ticket_type]]").count();
        let url = format!("http://{}/api/tickets", self.address);
        self.until("every ticket type is on sale", async || {
            let tickets = match reqwest::get(&url).await {
                Ok(response) => response.text().await.unwrap_or_default(),
                Err(_) => String::new(),
            };
            tickets.matches("\"ticket_type\":").count() == types
        })
        .await;
    }

    /// Waits until `condition` holds.
    pub async fn until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !condition().await {
            assert!(
                Instant::now() < deadline,
                "waited in vain until {what}: {}",
                self.logs()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What all of them have said.
    pub fn logs(&self) -> String {
        let log = |process: &Process| format!("== {}\n{}", process.name, process.log());
        self.all.iter().map(log).collect()
    }

    /// Stops all of them at once, as an operator would.
    pub async fn stop(self) {
        let stopped = self.all.into_iter().map(Process::stop);
        futures_util::future::join_all(stopped).await;
    }

    /// kill -9, all of them.
    pub fn kill(mut self) {
        for process in &mut self.all {
            process.kill();
        }
    }
}
