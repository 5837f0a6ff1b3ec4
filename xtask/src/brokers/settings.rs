//! Where the brokers listen and how one signs in to them.

use crate::{brokers::docker, paths};
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// User, and name of the database.
pub const USER: &str = "festflow";

/// The brokers' ports, all on 127.0.0.1. The defaults are neither the standard ones nor among those that
/// systems hand out to outgoing connections (32768 and up on Linux).
#[derive(clap::Args, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ports {
    /// RabbitMQ's port for AMQP
    #[arg(long, env = "FESTFLOW_BROKERS_AMQP_PORT", default_value_t = 28672)]
    pub amqp_port: u16,
    /// RabbitMQ's port for its management pages and API
    #[arg(
        long,
        env = "FESTFLOW_BROKERS_MANAGEMENT_PORT",
        default_value_t = 28673
    )]
    pub management_port: u16,
    /// Kafka's port
    #[arg(long, env = "FESTFLOW_BROKERS_KAFKA_PORT", default_value_t = 28092)]
    pub kafka_port: u16,
    /// Postgres' port
    #[arg(long, env = "FESTFLOW_BROKERS_POSTGRES_PORT", default_value_t = 28432)]
    pub postgres_port: u16,
    /// The port of RabbitMQ's Erlang node (native only)
    #[arg(long, env = "FESTFLOW_BROKERS_ERLANG_PORT", default_value_t = 28674)]
    pub erlang_port: u16,
    /// The port of RabbitMQ's own port mapper (native only)
    #[arg(long, env = "FESTFLOW_BROKERS_EPMD_PORT", default_value_t = 28675)]
    pub epmd_port: u16,
    /// The port of Kafka's controller (native only)
    #[arg(
        long,
        env = "FESTFLOW_BROKERS_CONTROLLER_PORT",
        default_value_t = 28093
    )]
    pub controller_port: u16,
}

/// What runs the brokers.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// Containers of `compose.yaml`.
    Docker,
    /// Processes of this machine.
    Native,
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Docker => "Docker",
            Self::Native => "native",
        })
    }
}

/// Settings of the brokers as they run, or ran last.
#[derive(Clone, Serialize, Deserialize)]
pub struct Settings {
    /// What runs them.
    pub host: Host,
    /// Where they listen.
    pub ports: Ports,
    /// The password of RabbitMQ and Postgres, made once.
    pub password: String,
}

impl Settings {
    /// `target/brokers`.
    pub fn folder() -> PathBuf {
        paths::target().join("brokers")
    }

    /// The settings of the last start, if there was one.
    pub fn load() -> Option<Self> {
        let text = fs::read_to_string(Self::file()).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Settings for a start on these ports, kept for the next commands. The password stays what it was, since the data knows it.
    pub(super) fn prepare(ports: &Ports) -> Result<Self> {
        let password = match Self::load() {
            Some(last) => last.password,
            None => random_password()?,
        };
        let host = if docker::answers() {
            Host::Docker
        } else {
            Host::Native
        };
        let settings = Self {
            host,
            ports: ports.clone(),
            password,
        };
        fs::create_dir_all(Self::folder()).context("target/brokers cannot be made")?;
        write_private(&Self::file(), &serde_json::to_string_pretty(&settings)?)?;
        Ok(settings)
    }

    /// Whether clients and processes find each other as with `other`.
    pub(super) fn listens_like(&self, other: &Self) -> bool {
        self.host == other.host && self.ports == other.ports
    }

    /// The URLs, by the names of FestFlow's settings.
    pub fn variables(&self) -> Vec<(String, String)> {
        self.named("FESTFLOW_")
    }

    /// The URLs by names for tests. They are others, so that a program which a test starts is set by that test alone.
    pub fn test_variables(&self) -> Vec<(String, String)> {
        self.named("FESTFLOW_TEST_")
    }

    fn named(&self, prefix: &str) -> Vec<(String, String)> {
        let Self {
            ports, password, ..
        } = self;
        let at = format!("{USER}:{password}@127.0.0.1");
        [
            ("QUEUE_URL", format!("amqp://{at}:{}/%2f", ports.amqp_port)),
            (
                "RABBITMQ_MANAGEMENT_URL",
                format!("http://{at}:{}", ports.management_port),
            ),
            ("LOG_URL", format!("kafka://127.0.0.1:{}", ports.kafka_port)),
            (
                "DATABASE_URL",
                format!("postgres://{at}:{}/{USER}", ports.postgres_port),
            ),
        ]
        .map(|(name, url)| (format!("{prefix}{name}"), url))
        .into()
    }

    /// Writes `target/brokers/env` and, with the names for tests, `target/brokers/test.env`.
    pub(super) fn write_environment(&self) -> Result<()> {
        write_private(&Self::folder().join("env"), &lines(&self.variables()))?;
        write_private(
            &Self::folder().join("test.env"),
            &lines(&self.test_variables()),
        )
    }

    fn file() -> PathBuf {
        Self::folder().join("settings.json")
    }
}

/// Variables as lines that a shell can read.
pub fn lines(variables: &[(String, String)]) -> String {
    let lines = variables.iter();
    lines
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect()
}

/// Writes a file that only its owner may read.
pub(super) fn write_private(file: &Path, text: &str) -> Result<()> {
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(file)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .with_context(|| format!("{} cannot be written", file.display()))
}

/// 32 hexadecimal digits from the system's generator.
fn random_password() -> Result<String> {
    let mut bytes = [0; 16];
    fs::File::open("/dev/urandom")
        .and_then(|mut random| random.read_exact(&mut bytes))
        .context("/dev/urandom cannot be read")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
