//! RabbitMQ from the distribution's package, as a private node: own name, cookie, port mapper, configuration and data.

use super::daemon::Daemon;
use super::settings::{USER, write_private};
use super::{Settings, management, probe};
use crate::command::command;
use crate::install::Tool;
use anyhow::{Context, Result};
use rustix::process::Signal;
use std::fs;
use std::path::PathBuf;

/// The package's own script first: Debian's wrapper on PATH changes user and drops the environment.
const SERVER: Tool = Tool {
    programs: &["/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server"],
    debian: &["rabbitmq-server"],
    hint: "RabbitMQ (Debian: rabbitmq-server; macOS: brew install rabbitmq), or start Docker",
};
const EPMD: Tool = Tool {
    programs: &["epmd"],
    debian: &["rabbitmq-server"],
    hint: "Erlang (Debian: erlang-base; macOS: brew install erlang), or start Docker",
};

/// Starts the port mapper and the node, unless they run.
pub fn start(settings: &Settings) -> Result<()> {
    let server = SERVER.require()?;
    let epmd = EPMD.require()?;
    let folder = folder();
    let ports = &settings.ports;
    for part in ["home", "data", "log", "conf.d"] {
        fs::create_dir_all(folder.join(part)).context("RabbitMQ's folder cannot be made")?;
    }
    write_private(&folder.join("rabbitmq.conf"), &configuration(settings))?;
    fs::write(folder.join("enabled_plugins"), "[rabbitmq_management].\n")
        .context("RabbitMQ's plug-ins cannot be written")?;

    let epmd_port = ports.epmd_port.to_string();
    port_mapper().start(
        command(epmd).args(["-port", &epmd_port, "-address", "127.0.0.1"]),
        &[ports.epmd_port],
    )?;
    node().start(
        command(server)
            .env("HOME", folder.join("home"))
            .env("ERL_EPMD_PORT", &epmd_port)
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", "festflow@localhost")
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", ports.amqp_port.to_string())
            .env("RABBITMQ_DIST_PORT", ports.erlang_port.to_string())
            .env(
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS",
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
            )
            .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
            .env("RABBITMQ_LOG_BASE", folder.join("log"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq.conf"))
            .env("RABBITMQ_CONFIG_FILES", folder.join("conf.d"))
            .env(
                "RABBITMQ_ADVANCED_CONFIG_FILE",
                folder.join("advanced.config"),
            )
            .env("RABBITMQ_CONF_ENV_FILE", folder.join("rabbitmq-env.conf"))
            .env(
                "RABBITMQ_ENABLED_PLUGINS_FILE",
                folder.join("enabled_plugins"),
            ),
        &[ports.amqp_port, ports.management_port, ports.erlang_port],
    )
}

/// Waits until clients are served, and the management API too.
pub fn wait(settings: &Settings) -> Result<()> {
    let ports = &settings.ports;
    node().wait_healthy(|| {
        probe::amqp(ports.amqp_port)?;
        management::answers(ports.management_port, &settings.password)
    })
}

/// Stops the node, then its port mapper.
pub fn stop() -> Result<()> {
    node().stop(Signal::TERM)?;
    port_mapper().stop(Signal::TERM)
}

fn configuration(settings: &Settings) -> String {
    let (ports, password) = (&settings.ports, &settings.password);
    format!(
        "listeners.tcp.1 = 127.0.0.1:{}\n\
         management.tcp.ip = 127.0.0.1\n\
         management.tcp.port = {}\n\
         default_user = {USER}\n\
         default_pass = {password}\n",
        ports.amqp_port, ports.management_port
    )
}

fn node() -> Daemon {
    Daemon::new("rabbitmq", folder())
}

fn port_mapper() -> Daemon {
    Daemon::new("epmd", folder())
}

fn folder() -> PathBuf {
    Settings::folder().join("rabbitmq")
}
