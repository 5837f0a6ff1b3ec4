//! Stories of the terminal: what the programs say when they cannot start, and that they can with nothing there yet.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use std::io::Write;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use support::processes::{Process, Processes, free_address, program};
use support::{FIFTY, Place};

const ALL: &[&str] = &[
    "festflow",
    "festflow-server",
    "festflow-inventory",
    "festflow-payment",
    "festflow-email",
];
const WITH_SERVER: &[&str] = &["festflow", "festflow-server"];
const WITH_INVENTORY: &[&str] = &["festflow", "festflow-inventory"];
const WITH_SECRET: &[&str] = &["festflow", "festflow-server", "festflow-email"];
const WITH_MAIL: &[&str] = &["festflow", "festflow-email"];

/// What `name` says when `variable` is `value`: one line that begins with it, and then it has ended.
async fn refusal(place: &Place, name: &str, variable: &str, value: &str) -> String {
    refusal_with(place, name, &[(variable, value)], variable).await
}

/// What `name` says with `variables`: one line that begins with `names`, and then it has ended.
async fn refusal_with(
    place: &Place,
    name: &str,
    variables: &[(&str, &str)],
    names: &str,
) -> String {
    let mut command = program(name);
    command
        .envs(place.environment(FIFTY, "127.0.0.1:0"))
        .env("FESTFLOW_LOG", "error")
        .envs(variables.iter().copied());
    let log = place.path().join("refusal");
    let _ = std::fs::remove_file(&log);
    let mut process = Process::start(name, command, log);
    let status = process.ended().await;
    let said = process.log();
    let about = format!("{name} with {variables:?}: {status}: {said}");
    assert!(matches!(status.code(), Some(1 | 2)), "{about}");
    assert_eq!(said.lines().count(), 1, "{about}");
    assert!(!said.contains("panicked"), "{about}");
    let begins = format!("{name}: {names}: ");
    assert!(said.starts_with(&begins), "{about}");
    said
}

#[tokio::test]
async fn what_cannot_be_used_is_one_line_that_names_the_variable_and_what_is_allowed() {
    let place = Place::embedded();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = place.path().join("a-file").display().to_string();
    std::fs::write(&file, "").unwrap();
    let below = format!("{file}/below");
    let below_file = format!("{below}/x.db");
    let below_sqlite = format!("sqlite:{below}/x.db");
    for (programs, variable, value, says) in [
        (ALL, "FESTFLOW_DATA", file.as_str(), "File exists"),
        (ALL, "FESTFLOW_DATA", &below, "Not a directory"),
        (
            ALL,
            "FESTFLOW_QUEUE_URL",
            "http://x",
            "amqp:, amqps: or sqlite:",
        ),
        (ALL, "FESTFLOW_QUEUE_URL", "nonsense", "no queue URL"),
        (ALL, "FESTFLOW_QUEUE_URL", &below_sqlite, "Not a directory"),
        (ALL, "FESTFLOW_LOG_URL", "redis://x", "kafka: or sqlite:"),
        (ALL, "FESTFLOW_LOG_URL", &below_sqlite, "Not a directory"),
        (
            ALL,
            "FESTFLOW_DATABASE_URL",
            "mysql://x",
            "sqlite: or postgres:",
        ),
        (
            ALL,
            "FESTFLOW_DATABASE_URL",
            &below_sqlite,
            "Not a directory",
        ),
        (
            ALL,
            "FESTFLOW_RABBITMQ_MANAGEMENT_URL",
            "here",
            "relative URL",
        ),
        (ALL, "FESTFLOW_ORDERS_MAX_LENGTH", "-1", "invalid digit"),
        (ALL, "FESTFLOW_LOG_FORMAT", "xml", "text, json"),
        (WITH_SERVER, "FESTFLOW_LISTEN", &taken, "in use"),
        (
            WITH_SERVER,
            "FESTFLOW_LISTEN",
            "everywhere",
            "socket address",
        ),
        (WITH_SERVER, "FESTFLOW_SITE", &below, "cargo xtask build"),
        (WITH_SERVER, "FESTFLOW_PUBLIC_URL", "ftp://x", "https://"),
        (
            WITH_SERVER,
            "FESTFLOW_ADMIN_PASSWORD",
            "short",
            "12 characters",
        ),
        (
            WITH_SERVER,
            "FESTFLOW_READ_MODEL",
            &below_file,
            "Not a directory",
        ),
        (WITH_SECRET, "FESTFLOW_SECRET", "short", "32 characters"),
        (WITH_INVENTORY, "FESTFLOW_HOLD_SECONDS", "0", "1..=86400"),
        (
            WITH_MAIL,
            "FESTFLOW_SMTP_URL",
            "http://x",
            "smtp: or smtps:",
        ),
        (
            WITH_MAIL,
            "FESTFLOW_MAIL_FROM",
            "nobody",
            "FESTFLOW_MAIL_FROM",
        ),
        (ALL, "FESTFLOW_OPS_LISTEN", &taken, "in use"),
        (ALL, "FESTFLOW_OPS_LISTEN", "here", "socket address"),
    ] {
        for name in programs {
            let said = refusal(&place, name, variable, value).await;
            assert!(
                said.contains(says),
                "{name} with {variable}={value}: {said}"
            );
        }
    }
}

const QUEUE: (&str, &str) = ("FESTFLOW_QUEUE_URL", "amqp://nobody@127.0.0.1:1/%2f");
const LOG: (&str, &str) = ("FESTFLOW_LOG_URL", "kafka://127.0.0.1:1");
const DATABASE: (&str, &str) = ("FESTFLOW_DATABASE_URL", "postgres://nobody@127.0.0.1:1/x");
const FILE: (&str, &str) = ("FESTFLOW_DATABASE_URL", "sqlite:elsewhere");

/// A worker on shared brokers with a new database of its own would sell the whole stock once more.
#[tokio::test]
async fn half_a_distributed_installation_is_refused_in_one_line_that_names_what_is_missing() {
    let place = Place::embedded();
    for (variables, missing, shared) in [
        (vec![QUEUE, LOG], DATABASE, QUEUE),
        (vec![QUEUE, LOG, (DATABASE.0, "")], DATABASE, QUEUE),
        (vec![QUEUE], LOG, QUEUE),
        (vec![LOG], QUEUE, LOG),
        (vec![DATABASE], QUEUE, DATABASE),
        (vec![DATABASE, LOG], QUEUE, LOG),
        (vec![DATABASE, QUEUE, (LOG.0, "")], LOG, QUEUE),
        (vec![QUEUE, FILE], LOG, QUEUE),
    ] {
        for name in ALL {
            let said = refusal_with(&place, name, &variables, missing.0).await;
            let why = format!("must be set, since {} names", shared.0);
            assert!(said.contains(&why), "{name} with {variables:?}: {said}");
        }
        assert!(!place.path().join("data").exists(), "nothing was opened");
    }
}

/// Of a payment service and its gateway neither may be forgotten.
#[tokio::test]
async fn the_database_of_one_service_is_none_for_another() {
    let place = Place::embedded();
    let own = |name| (name, DATABASE.1);
    for (service, variable) in [
        ("festflow-payment", "FESTFLOW_PAYMENTS_DATABASE_URL"),
        ("festflow-payment", "FESTFLOW_GATEWAY_DATABASE_URL"),
        ("festflow-payment", "FESTFLOW_INVENTORY_DATABASE_URL"),
        ("festflow-inventory", "FESTFLOW_EMAIL_DATABASE_URL"),
        ("festflow", "FESTFLOW_INVENTORY_DATABASE_URL"),
    ] {
        let variables = [QUEUE, LOG, own(variable)];
        refusal_with(&place, service, &variables, DATABASE.0).await;
    }
}

/// The control: with all of them set, each starts and waits for what is not there yet.
#[tokio::test]
async fn a_whole_distributed_installation_starts() {
    for name in ALL {
        let place = Place::embedded();
        let mut command = program(name);
        command
            .envs(place.environment(FIFTY, &free_address()))
            .envs([QUEUE, LOG, DATABASE]);
        let processes = Processes {
            all: vec![Process::start(name, command, place.path().join("log"))],
            address: String::new(),
        };
        processes
            .until("it waits for its database", async || {
                processes.logs().contains("127.0.0.1:1")
            })
            .await;
        processes.stop().await;
    }
}

/// Files of variables name what may be set and leave it empty.
#[tokio::test]
async fn an_empty_variable_is_as_an_unset_one() {
    for name in ALL {
        let place = Place::embedded();
        let help = program(name).arg("--help").output().unwrap();
        let help = String::from_utf8(help.stdout).unwrap();
        let variables = help.split("[env: ").skip(1);
        let variables: Vec<_> = variables
            .map(|after| after.split(['=', ']']).next().unwrap())
            .collect();
        assert!(variables.len() > 10, "{variables:?}");
        let (address, operators) = (free_address(), free_address());
        let mut command = program(name);
        command
            .envs(variables.iter().map(|name| (name, "")))
            .env("FESTFLOW_DATA", place.path().join("data"))
            .env("FESTFLOW_SITE", place.site())
            .env("FESTFLOW_LISTEN", &address)
            .env("FESTFLOW_OPS_LISTEN", &operators);
        let processes = Processes {
            all: vec![Process::start(name, command, place.path().join("log"))],
            address,
        };
        ready_and_stopped(processes, name, &operators).await;
    }
}

#[tokio::test]
async fn a_broken_catalogue_is_told_with_its_place() {
    let place = Place::embedded();
    let missing = place.path().join("missing.toml").display().to_string();
    let broken = place.path().join("broken.toml");
    let path = broken.display().to_string();
    for name in WITH_INVENTORY {
        let said = refusal(&place, name, "FESTFLOW_CATALOGUE", &missing).await;
        assert!(said.contains("missing.toml: No such file"), "{said}");
        for (right, wrong, says) in [
            ("currency", "not toml at all", "line 2"),
            ("venue", "colour", "unknown field `colour`"),
            ("price = 5000", "price = -1", "\"day\": price must be 0 to"),
            ("price = 5000", "price = \"50\"", "line 11"),
            ("price = 5000", "", "missing field `price`"),
            (
                "stock = 50\n",
                "stock = -50\n",
                "\"day\": stock must be 0 to",
            ),
            (
                "id = \"weekend\"",
                "id = \"day\"",
                "\"day\": id is used twice",
            ),
            ("id = \"day\"", "id = \"DAY!\"", "id"),
            ("\"EUR\"", "\"Euro\"", "currency"),
            ("2027-06-18T16", "2027-06-18 at 16", "date"),
        ] {
            std::fs::write(&broken, FIFTY.replacen(right, wrong, 1)).unwrap();
            let said = refusal(&place, name, "FESTFLOW_CATALOGUE", &path).await;
            assert!(said.contains(says), "{wrong}: {said}");
        }
    }
}

/// The control: with nothing wrong, each of them starts where nothing is yet, is ready, and stops with 0.
#[tokio::test]
async fn with_nothing_there_yet_each_of_them_starts_and_stops() {
    for name in ALL {
        let place = Place::embedded();
        starts_and_stops(&place, name, place.path().join("log")).await;
    }
}

/// A full disk, or whoever read the log is gone: that is no reason not to sell, nor not to stop.
#[tokio::test]
async fn each_of_them_starts_and_stops_though_its_log_cannot_be_written() {
    for name in ALL {
        starts_and_stops(&Place::embedded(), name, "/dev/full".into()).await;
    }
}

#[tokio::test]
async fn an_operator_who_has_begun_to_ask_keeps_none_of_them_from_stopping() {
    for name in ALL {
        let place = Place::embedded();
        let operators = free_address();
        let variables = [("FESTFLOW_OPS_LISTEN", &*operators)];
        let processes = Processes::start(&place, FIFTY, &[name], &variables);
        processes.until_answered_at(&operators).await;
        let mut slow = TcpStream::connect(&operators).unwrap();
        slow.write_all(b"GET /metrics HT").unwrap();
        // Who asks later is answered, so the slow one has been accepted.
        processes.until_answered_at(&operators).await;
        processes.stop().await;
    }
}

async fn starts_and_stops(place: &Place, name: &str, log: PathBuf) {
    let (address, operators) = (free_address(), free_address());
    let mut command = program(name);
    command
        .envs(place.environment(FIFTY, &address))
        .env("FESTFLOW_OPS_LISTEN", &operators);
    let processes = Processes {
        all: vec![Process::start(name, command, log)],
        address,
    };
    ready_and_stopped(processes, name, &operators).await;
}

async fn ready_and_stopped(processes: Processes, name: &str, operators: &str) {
    if name == "festflow-server" {
        // Nobody has told it yet what is sold, so it does not call itself ready.
        processes.until_answered_at(operators).await;
    } else {
        processes.until_ready_at(operators).await;
    }
    processes.stop().await;
}
