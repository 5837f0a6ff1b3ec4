//! The brokers as containers: three services of `compose.yaml`, as a project of our own.

use super::Settings;
use super::settings::write_private;
use crate::command::{command, run, succeeds};
use crate::paths;
use anyhow::Result;
use sha2::{Digest, Sha256};
use std::process::Command;

/// The variables that `compose.yaml` cannot do without.
pub const REQUIRED: [&str; 4] = [
    "RABBITMQ_PASSWORD",
    "POSTGRES_PASSWORD",
    "FESTFLOW_SECRET",
    "FESTFLOW_ADMIN_PASSWORD",
];

const SERVICES: [&str; 3] = ["rabbitmq", "kafka", "postgres"];

/// Whether an engine answers and its client knows `compose`.
pub fn answers() -> bool {
    succeeds(command("docker").arg("info"))
        && succeeds(command("docker").args(["compose", "version"]))
}

/// Starts what is not running and waits until the health checks pass.
pub fn up(settings: &Settings) -> Result<()> {
    let mut up = compose(settings)?;
    run(up.args(["up", "--detach", "--wait"]).args(SERVICES))
}

/// Removes the containers, and with `purge` their volumes.
pub fn down(settings: &Settings, purge: bool) -> Result<()> {
    let mut down = compose(settings)?;
    down.arg("down");
    if purge {
        down.arg("--volumes");
    }
    run(&mut down)
}

fn compose(settings: &Settings) -> Result<Command> {
    let variables = Settings::folder().join("docker.env");
    write_private(&variables, &environment(settings))?;
    let mut compose = command("docker");
    compose
        .args([
            "compose",
            "--file",
            "compose.yaml",
            "--project-name",
            &project(),
        ])
        .arg("--env-file")
        .arg(variables);
    Ok(compose)
}

/// One project for each repository.
fn project() -> String {
    let digest = Sha256::digest(paths::root().as_os_str().as_encoded_bytes());
    let mut digest = format!("{digest:x}");
    digest.truncate(12);
    format!("festflow-brokers-{digest}")
}

/// What `compose.yaml` asks for. It is read whole, so what only our own services need is named too.
fn environment(settings: &Settings) -> String {
    let ports = &settings.ports;
    let ports = [
        ("FESTFLOW_BROKERS_AMQP_PORT", ports.amqp_port),
        ("FESTFLOW_BROKERS_MANAGEMENT_PORT", ports.management_port),
        ("FESTFLOW_BROKERS_KAFKA_PORT", ports.kafka_port),
        ("FESTFLOW_BROKERS_POSTGRES_PORT", ports.postgres_port),
    ];
    let secrets = REQUIRED.map(|name| format!("{name}={}\n", settings.password));
    let ports = ports.map(|(name, port)| format!("{name}={port}\n"));
    secrets.into_iter().chain(ports).collect()
}
