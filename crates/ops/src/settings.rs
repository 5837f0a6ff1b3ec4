//! Where the brokers and the databases are. The URL picks the backend; without one it is a file below the data directory.

use crate::whole::{self, Part};
use bus::{BusOptions, CommandQueue, EventLog, UrlError};
use clap::Args;
use std::{fs::DirBuilder, net::SocketAddr, path::PathBuf, sync::Arc};
use store::{Location, OpenError};
use url::Url;

/// A setting that cannot be used: one line for the terminal.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A broker's URL.
    #[error("{variable}: {error}")]
    Bus {
        /// The environment variable.
        variable: &'static str,
        /// What is wrong with it.
        error: UrlError,
    },
    /// A database's URL.
    #[error("{variable}: {error}")]
    Database {
        /// The environment variable.
        variable: String,
        /// What is wrong with it.
        error: OpenError,
    },
    /// A part of the installation that is missing, while another one is shared with other processes.
    #[error(
        "{missing}: must be set, since {shared} names what other processes share; without it this one would keep {instead} \
         of its own"
    )]
    Half {
        /// The environment variable that must be set.
        missing: String,
        /// The environment variable that is.
        shared: String,
        /// What the process would fall back to.
        instead: &'static str,
    },
    /// The data directory or something in it.
    #[error("FESTFLOW_DATA: {path}: {why}")]
    Data {
        /// The path.
        path: String,
        /// What the system said.
        why: String,
    },
    /// The port for operators.
    #[error("FESTFLOW_OPS_LISTEN: {address}: {why}")]
    Operators {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
    /// The installation's secret.
    #[error("FESTFLOW_SECRET: {0}")]
    Secret(String),
}

/// Where everything is kept that is kept in files.
#[derive(Args, Clone, Debug)]
pub struct DataSettings {
    /// Directory of the embedded databases, queue, log, mails and the made secret
    #[arg(
        long = "data",
        env = "FESTFLOW_DATA",
        default_value = "data",
        global = true
    )]
    pub path: PathBuf,
}

impl DataSettings {
    /// Makes the directory and checks that it can be written.
    ///
    /// # Errors
    /// It cannot.
    pub fn prepare(&self) -> Result<(), SettingsError> {
        let mut directory = DirBuilder::new();
        directory.recursive(true);
        // Names, addresses and tickets lie in it.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut directory, 0o700);
        // A file of its own: other processes may be looking at the same time.
        directory
            .create(&self.path)
            .and_then(|()| tempfile::tempfile_in(&self.path))
            .map(drop)
            .map_err(|error| SettingsError::Data {
                path: self.path.display().to_string(),
                why: error.to_string(),
            })
    }
}

/// Where the brokers are.
#[derive(Args, Clone, Debug)]
pub struct BusSettings {
    /// Queue of commands: amqp://…, amqps://… or sqlite:FILE [default: a file in the data directory]
    #[arg(long, env = "FESTFLOW_QUEUE_URL", hide_env_values = true)]
    pub queue_url: Option<String>,
    /// Log of events: kafka://host:port,… or sqlite:FILE [default: a file in the data directory]
    #[arg(long, env = "FESTFLOW_LOG_URL", hide_env_values = true)]
    pub log_url: Option<String>,
    /// RabbitMQ's management API, for unacknowledged messages, consumers and rates
    #[arg(long, env = "FESTFLOW_RABBITMQ_MANAGEMENT_URL", hide_env_values = true)]
    pub rabbitmq_management_url: Option<Url>,
    /// Put before the names of queues, topics and groups, so that installations can share brokers
    #[arg(long, env = "FESTFLOW_BUS_PREFIX", default_value = "")]
    pub bus_prefix: String,
    /// Orders that may wait; more are refused with 503
    #[arg(long, env = "FESTFLOW_ORDERS_MAX_LENGTH", default_value_t = BusSettings::ORDERS_MAX_LENGTH)]
    pub orders_max_length: u64,
}

/// Both ports, open.
#[derive(Clone)]
pub struct Bus {
    /// Commands.
    pub queue: Arc<dyn CommandQueue>,
    /// Events.
    pub log: Arc<dyn EventLog>,
}

impl BusSettings {
    /// How many orders may wait where nobody says otherwise.
    pub const ORDERS_MAX_LENGTH: u64 = 1_000_000;

    /// What the adapters want to know.
    pub fn options(&self) -> BusOptions {
        BusOptions {
            prefix: self.bus_prefix.clone(),
            orders_max_length: Some(self.orders_max_length),
            rabbitmq_management_url: self.rabbitmq_management_url.clone(),
        }
    }

    /// The queue's URL, the default spelt out.
    pub fn queue_url(&self, data: &DataSettings) -> String {
        self.queue_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", data.path.join("queue.db").display()))
    }

    /// The log's URL, the default spelt out.
    pub fn log_url(&self, data: &DataSettings) -> String {
        self.log_url
            .clone()
            .unwrap_or_else(|| format!("sqlite:{}", data.path.join("log.db").display()))
    }

    /// Opens both ports. Brokers that are not there yet are waited for in the background.
    ///
    /// # Errors
    /// A URL that names no backend, or a data directory that cannot be written and is wanted.
    pub fn open(&self, data: &DataSettings) -> Result<Bus, SettingsError> {
        if self.queue_url.is_none() || self.log_url.is_none() {
            data.prepare()?;
        }
        let options = self.options();
        let (queue_url, log_url) = (self.queue_url(data), self.log_url(data));
        let queue = bus::make_folder("queue", &queue_url)
            .and_then(|()| bus::open_queue(&queue_url, &options));
        let log =
            bus::make_folder("log", &log_url).and_then(|()| bus::open_log(&log_url, &options));
        let bus_error = |variable| move |error| SettingsError::Bus { variable, error };
        Ok(Bus {
            queue: queue.map_err(bus_error("FESTFLOW_QUEUE_URL"))?,
            log: log.map_err(bus_error("FESTFLOW_LOG_URL"))?,
        })
    }
}

/// Where the databases are. Each service owns its own: a schema on Postgres, a file on SQLite.
#[derive(Args, Clone, Debug)]
pub struct DatabaseSettings {
    /// Databases of all services: postgres://… (a schema each) or sqlite:DIRECTORY (a file each) [default: the data
    /// directory]
    #[arg(long, env = "FESTFLOW_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// Database of the inventory service alone
    #[arg(long, env = "FESTFLOW_INVENTORY_DATABASE_URL", hide_env_values = true)]
    pub inventory_database_url: Option<String>,
    /// Database of the payment service alone
    #[arg(long, env = "FESTFLOW_PAYMENTS_DATABASE_URL", hide_env_values = true)]
    pub payments_database_url: Option<String>,
    /// Database of the email service alone
    #[arg(long, env = "FESTFLOW_EMAIL_DATABASE_URL", hide_env_values = true)]
    pub email_database_url: Option<String>,
    /// Database of the accounts alone
    #[arg(long, env = "FESTFLOW_ACCOUNTS_DATABASE_URL", hide_env_values = true)]
    pub accounts_database_url: Option<String>,
    /// Database of the simulated payment gateway alone
    #[arg(long, env = "FESTFLOW_GATEWAY_DATABASE_URL", hide_env_values = true)]
    pub gateway_database_url: Option<String>,
}

impl DatabaseSettings {
    /// The database of `service`: `inventory`, `payments`, `email`, `accounts` or `gateway`.
    ///
    /// # Errors
    /// A URL that names no database, or half a distributed installation: of `bus` and this database one is shared with other
    /// processes, and another one is a file by default.
    pub fn location(
        &self,
        service: &str,
        data: &DataSettings,
        bus: &BusSettings,
    ) -> Result<Location, SettingsError> {
        let own = match service {
            "inventory" => &self.inventory_database_url,
            "payments" => &self.payments_database_url,
            "email" => &self.email_database_url,
            "accounts" => &self.accounts_database_url,
            "gateway" => &self.gateway_database_url,
            _ => &None,
        };
        let (database, url) = match own {
            Some(url) => {
                let variable = format!("FESTFLOW_{}_DATABASE_URL", service.to_uppercase());
                (variable, Some(url))
            }
            None => (
                "FESTFLOW_DATABASE_URL".to_owned(),
                self.database_url.as_ref(),
            ),
        };
        whole::check(&[
            Part::new("FESTFLOW_QUEUE_URL", bus.queue_url.as_ref(), "a queue"),
            Part::new("FESTFLOW_LOG_URL", bus.log_url.as_ref(), "a log"),
            Part::new(&database, url, "a database"),
        ])?;
        let (variable, url) = match url {
            Some(url) => (database, url.clone()),
            None => (
                "FESTFLOW_DATA".to_owned(),
                format!("sqlite:{}/{service}.db", data.path.display()),
            ),
        };
        match Location::parse(&url, service) {
            Ok(location) => Ok(location.set_by(&variable)),
            Err(error) => Err(SettingsError::Database { variable, error }),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn processes_that_start_together_all_find_the_directory_writable() {
        let directory = tempfile::tempdir().unwrap();
        let data = DataSettings {
            path: directory.path().join("data"),
        };
        std::thread::scope(|threads| {
            for _ in 0..8 {
                threads.spawn(|| (0..100).for_each(|_| data.prepare().unwrap()));
            }
        });
        assert_eq!(std::fs::read_dir(&data.path).unwrap().count(), 0);
    }
}
