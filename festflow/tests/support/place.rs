//! Where a festival keeps everything.

use clap::Parser;
use festflow::Settings;
use std::path::Path;
use tempfile::TempDir;
use uuid::Uuid;

/// A festival with 50 day tickets, and plenty of weekend passes.
pub const FIFTY: &str = r#"
currency = "EUR"
[[event]]
id = "e"
name = "Evening"
venue = "Hall"
date = "2027-06-18T16:00:00+02:00"
[[event.ticket_type]]
id = "day"
name = "Day"
price = 5000
stock = 50
max_per_order = 4
[[event.ticket_type]]
id = "weekend"
name = "Weekend"
price = 9000
stock = 100000
max_per_order = 8
"#;

/// Where a festival keeps everything: files of its own, or shared brokers and a Postgres database of its own.
pub struct Place {
    pub directory: TempDir,
    /// Flags that name brokers and databases; none when embedded.
    flags: Vec<Flag>,
}

/// A flag and its value.
type Flag = (&'static str, String);

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    settings: Settings,
}

/// The places that the stories run at: embedded always; distributed where brokers are named, which CI must have.
pub async fn places() -> Vec<Place> {
    let mut places = vec![Place::embedded()];
    match ["QUEUE_URL", "LOG_URL", "DATABASE_URL"]
        .map(|name| std::env::var(format!("FESTFLOW_TEST_{name}")))
    {
        [Ok(queue), Ok(log), Ok(database)] => {
            places.push(Place::distributed(&queue, &log, &database).await)
        }
        _ if std::env::var_os("CI").is_some() => {
            panic!("CI needs FESTFLOW_TEST_{{QUEUE,LOG,DATABASE}}_URL")
        }
        _ => eprintln!("skipped on brokers: FESTFLOW_TEST_{{QUEUE,LOG,DATABASE}}_URL are not set"),
    }
    places
}

/// Those on brokers: none where there are none.
pub async fn places_on_brokers() -> Vec<Place> {
    let mut places = places().await;
    places.retain(Place::is_distributed);
    places
}

impl Place {
    pub fn embedded() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
            flags: Vec::new(),
        }
    }

    /// On these brokers, under names of its own.
    pub async fn distributed(queue: &str, log: &str, database: &str) -> Place {
        let name = format!("story_{}", Uuid::new_v4().simple());
        Place {
            directory: tempfile::tempdir().unwrap(),
            flags: vec![
                ("--queue-url", queue.to_owned()),
                ("--log-url", log.to_owned()),
                ("--bus-prefix", format!("{name}.")),
                ("--database-url", own_database(database, &name).await),
            ],
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether it is on brokers.
    pub fn is_distributed(&self) -> bool {
        !self.flags.is_empty()
    }

    /// What a flag is set to.
    pub fn flag(&self, flag: &str) -> &str {
        let found = self.flags.iter().find(|(name, _)| *name == flag);
        found.map_or("", |(_, value)| value)
    }

    /// Reaches a broker or database by another address; `flag` names which.
    pub fn reach(&mut self, flag: &str, from: &str, to: &str) {
        for (name, url) in &mut self.flags {
            if *name == flag {
                *url = url.replacen(from, to, 1);
            }
        }
    }

    /// What all programs of a festival with this catalogue are set to.
    fn flags(&self, catalogue: &str, address: &str) -> Vec<Flag> {
        let file = self.path().join("festival.toml");
        std::fs::write(&file, catalogue).unwrap();
        let mut flags = vec![
            ("--data", self.path().join("data").display().to_string()),
            ("--catalogue", file.display().to_string()),
            ("--listen", address.to_owned()),
            ("--ops-listen", "127.0.0.1:0".to_owned()),
            ("--site", self.site()),
            ("--admin-password", PASSWORD.to_owned()),
            ("--gateway-latency-ms", "1".to_owned()),
        ];
        flags.extend(self.flags.iter().cloned());
        flags
    }

    /// The same as variables, which every program understands or ignores.
    pub fn environment(&self, catalogue: &str, address: &str) -> Vec<(String, String)> {
        let variable = |flag: &str| {
            flag.replace("--", "festflow_")
                .replace('-', "_")
                .to_uppercase()
        };
        let flags = self.flags(catalogue, address).into_iter();
        flags.map(|(flag, value)| (variable(flag), value)).collect()
    }

    /// The same for a festival in this process.
    pub fn settings(&self, catalogue: &str, extra: &[&str]) -> Settings {
        let flags = self.flags(catalogue, "127.0.0.1:0").into_iter();
        let arguments = std::iter::once("festflow".to_owned())
            .chain(flags.flat_map(|(flag, value)| [flag.to_owned(), value]))
            .chain(extra.iter().map(|&flag| flag.to_owned()));
        Flags::try_parse_from(arguments)
            .unwrap_or_else(|error| panic!("{error}"))
            .settings
    }

    /// An empty site: the stories need no scripts.
    pub fn site(&self) -> String {
        let site = self.path().join("site");
        std::fs::create_dir_all(&site).unwrap();
        std::fs::write(site.join("build.json"), r#"{"build":"none"}"#).unwrap();
        site.display().to_string()
    }
}

pub const PASSWORD: &str = "a password for stories";

async fn own_database(url: &str, name: &str) -> String {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}")))
        .execute(&pool)
        .await
        .unwrap();
    let (server, _) = url.rsplit_once('/').unwrap();
    format!("{server}/{name}")
}
