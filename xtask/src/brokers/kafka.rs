//! Apache Kafka from its Maven artefacts, one process that is broker and controller (KRaft).

use super::daemon::Daemon;
use super::{Settings, probe};
use crate::command::{capture, command};
use crate::install::Tool;
use crate::{paths, ui};
use anyhow::{Context, Result};
use base64::Engine;
use rustix::process::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const JAVA: Tool = Tool {
    programs: &["java"],
    debian: &["default-jre-headless"],
    hint: "Java 17 or newer (Debian: default-jre-headless; macOS: brew install openjdk), or start Docker",
};
const MAVEN: Tool = Tool {
    programs: &["mvn"],
    debian: &["maven"],
    hint: "Maven (Debian: maven; macOS: brew install maven), or start Docker",
};

/// Fetches Kafka where needed and starts it, unless it runs.
pub fn start(settings: &Settings) -> Result<()> {
    let java = JAVA.require()?;
    let folder = folder();
    fs::create_dir_all(&folder).context("Kafka's folder cannot be made")?;
    let libraries = libraries(&folder)?;
    let properties = folder.join("server.properties");
    let text = configuration(settings, &folder);
    fs::write(&properties, text).context("Kafka's settings cannot be written")?;

    if !folder.join("data/meta.properties").is_file() {
        let mut format = jvm(&java, &libraries);
        format
            .args(["kafka.tools.StorageTool", "format", "--cluster-id"])
            .arg(cluster_id(settings))
            .arg("--config")
            .arg(&properties);
        capture(&mut format).context("Kafka's data folder cannot be prepared")?;
    }
    let mut server = jvm(&java, &libraries);
    server
        .args(["-Xms128m", "-Xmx512m", "kafka.Kafka"])
        .arg(&properties);
    let ports = &settings.ports;
    daemon().start(&mut server, &[ports.kafka_port, ports.controller_port])
}

/// Waits until clients are served.
pub fn wait(settings: &Settings) -> Result<()> {
    daemon().wait_healthy(|| probe::kafka(settings.ports.kafka_port))
}

/// Stops it.
pub fn stop() -> Result<()> {
    daemon().stop(Signal::TERM)
}

/// The version that `compose.yaml` names: the one place for it.
fn version() -> Result<String> {
    let compose = fs::read_to_string(paths::root().join("compose.yaml"))
        .context("compose.yaml cannot be read")?;
    version_in(&compose).context("compose.yaml names no version of apache/kafka")
}

fn version_in(compose: &str) -> Option<String> {
    let (_, tag) = compose.split_once("image: apache/kafka:")?;
    tag.split_whitespace().next().map(str::to_owned)
}

/// The folder of Kafka's libraries, fetched by Maven when this version is not there yet.
fn libraries(folder: &Path) -> Result<PathBuf> {
    let version = version()?;
    let libraries = folder.join(format!("libs-{version}"));
    if !libraries.is_dir() {
        let since = Instant::now();
        ui::begin(format_args!("fetch Kafka {version} by Maven"));
        let aside = folder.join("libs.new");
        if aside.exists() {
            fs::remove_dir_all(&aside).context("an unfinished fetch cannot be removed")?;
        }
        let mut maven = command(MAVEN.require()?);
        maven
            .args(["--batch-mode", "--quiet", "--file", "deploy/kafka/pom.xml"])
            .arg(format!("-Dkafka.version={version}"))
            .arg(format!("-DoutputDirectory={}", aside.display()))
            .arg("dependency:copy-dependencies");
        capture(&mut maven)?;
        fs::rename(&aside, &libraries).context("Kafka's libraries cannot be moved into place")?;
        ui::done(since, format_args!("Kafka {version} fetched"));
    }
    Ok(libraries)
}

fn jvm(java: &Path, libraries: &Path) -> Command {
    let mut jvm = command(java);
    jvm.arg("-cp").arg(libraries.join("*"));
    jvm.arg("-Dorg.slf4j.simpleLogger.showDateTime=true");
    jvm
}

/// Kafka wants 16 bytes in URL-safe base64; the password's are as good as any.
fn cluster_id(settings: &Settings) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(&settings.password);
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&digest[..16])
}

fn configuration(settings: &Settings, folder: &Path) -> String {
    let (kafka, controller) = (settings.ports.kafka_port, settings.ports.controller_port);
    format!(
        "process.roles=broker,controller\n\
         node.id=1\n\
         controller.quorum.voters=1@127.0.0.1:{controller}\n\
         controller.listener.names=CONTROLLER\n\
         listeners=PLAINTEXT://127.0.0.1:{kafka},CONTROLLER://127.0.0.1:{controller}\n\
         advertised.listeners=PLAINTEXT://127.0.0.1:{kafka}\n\
         log.dirs={}\n\
         auto.create.topics.enable=false\n\
         offsets.topic.replication.factor=1\n\
         offsets.topic.num.partitions=6\n\
         transaction.state.log.replication.factor=1\n\
         transaction.state.log.min.isr=1\n\
         share.coordinator.state.topic.replication.factor=1\n\
         share.coordinator.state.topic.min.isr=1\n\
         group.initial.rebalance.delay.ms=0\n",
        folder.join("data").display()
    )
}

fn daemon() -> Daemon {
    Daemon::new("kafka", folder())
}

fn folder() -> PathBuf {
    Settings::folder().join("kafka")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kafkas_version_is_the_one_of_the_image() {
        let compose = "  kafka:\n    image: apache/kafka:4.1.1\n    ports:\n";
        assert_eq!(version_in(compose).as_deref(), Some("4.1.1"));
        assert_eq!(version_in("image: apache/other:1\n"), None);
        assert!(version().is_ok_and(|version| version.starts_with("4.")));
    }
}
