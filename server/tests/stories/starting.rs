//! The program: how it starts, what it says when it cannot, and how it stops.

use crate::support::buyer::order_of;
use crate::support::{Buyer, Festival, Socket, TestServer, eventually};
use reqwest::StatusCode;
use std::io::Read;
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The program in an environment of its own.
fn program(festival: &Festival) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_festflow-server"));
    command
        .env_clear()
        .env("FESTFLOW_DATA", festival.path().join("data"))
        .env("FESTFLOW_SITE", festival.path().join("site"))
        .env("FESTFLOW_LISTEN", "127.0.0.1:0")
        .env("FESTFLOW_OPS_LISTEN", "127.0.0.1:0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What it says when it cannot start: one line.
fn refusal(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    let errors: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("festflow-server: "))
        .collect();
    assert_eq!(errors.len(), 1, "{text}");
    errors[0].to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Ended when a test fails, too.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn what_is_wrong_with_its_settings_is_one_line() {
    let festival = Festival::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let file = festival.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let nowhere = file.join("below").display().to_string();
    for (variable, value, says) in [
        ("FESTFLOW_LISTEN", taken.as_str(), "FESTFLOW_LISTEN"),
        ("FESTFLOW_DATA", &nowhere, "FESTFLOW_DATA"),
        ("FESTFLOW_SITE", "/nonexistent", "cargo xtask build"),
        ("FESTFLOW_QUEUE_URL", "http://x", "FESTFLOW_QUEUE_URL"),
        ("FESTFLOW_LOG_URL", "redis://x", "FESTFLOW_LOG_URL"),
        (
            "FESTFLOW_DATABASE_URL",
            "mysql://x",
            "FESTFLOW_DATABASE_URL",
        ),
        ("FESTFLOW_SECRET", "short", "FESTFLOW_SECRET"),
        (
            "FESTFLOW_ADMIN_PASSWORD",
            "short",
            "FESTFLOW_ADMIN_PASSWORD",
        ),
        ("FESTFLOW_PUBLIC_URL", "ftp://x", "FESTFLOW_PUBLIC_URL"),
        (
            "FESTFLOW_PUBLIC_URL",
            "https://x/path",
            "FESTFLOW_PUBLIC_URL",
        ),
        ("FESTFLOW_READ_MODEL", &nowhere, "FESTFLOW_READ_MODEL"),
    ] {
        let line = refusal(program(&festival).env(variable, value));
        assert!(line.contains(says), "{variable}={value}: {line}");
    }
}

#[tokio::test]
async fn two_servers_do_not_share_a_read_model() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let line = refusal(program(&festival).env("FESTFLOW_READ_MODEL", &server.read_model));
    assert!(line.contains("another server uses it"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_tells_the_new_admin_once_keeps_keys_out_of_its_log_and_stops_cleanly() {
    let festival = Festival::new();
    let port = free_port();
    let start = || {
        let child = program(&festival)
            .env("FESTFLOW_LISTEN", format!("127.0.0.1:{port}"))
            .env("FESTFLOW_LOG", "debug")
            .spawn()
            .unwrap();
        Running(child)
    };
    let base = format!("http://127.0.0.1:{port}");
    let up = || async {
        eventually("the server", || async {
            reqwest::get(format!("{base}/healthz"))
                .await
                .ok()
                .filter(|r| r.status() == StatusCode::OK)
        })
        .await
    };
    let mut first = start();
    up().await;
    let kim = Buyer::new(&base);
    let key = "a-key-of-its-own-1";
    let accepted = kim.try_order(&order_of("vip", 1), Some(key)).await.json();
    let access = accepted["key"].as_str().unwrap().to_owned();
    kim.get(accepted["url"].as_str().unwrap()).await;
    let id = accepted["order_id"].as_str().unwrap();
    kim.get(&format!("/api/orders/{id}?key={access}")).await;
    let server = TestServer::elsewhere(&base);
    let socket = Socket::open(&server, &kim, &format!("/ws/orders/{id}?key={access}")).await;

    let wrong = serde_json::json!({ "email": "admin@festflow.local", "password": "wrong" });
    sign_in_once_it_can(&base, &wrong, StatusCode::UNAUTHORIZED).await;
    let (out, log) = stopped(&mut first).await;
    drop(socket);
    let told: Vec<_> = out
        .lines()
        .filter(|line| line.contains("admin@festflow.local"))
        .collect();
    assert_eq!(told.len(), 1, "{out}");
    let password = told[0].rsplit(' ').next().unwrap();
    assert!(password.len() >= 20);
    assert!(
        log.contains("/api/orders"),
        "requests are logged at this level: {log}"
    );
    for secret in [
        access.as_str(),
        key,
        password,
        "kim@example.org",
        "tok_visa",
    ] {
        assert!(!log.contains(secret), "{secret} is in the log: {log}");
    }

    let mut second = start();
    up().await;
    let credentials = serde_json::json!({ "email": "admin@festflow.local", "password": password });
    sign_in_once_it_can(&base, &credentials, StatusCode::NO_CONTENT).await;
    let (out, _) = stopped(&mut second).await;
    assert!(
        !out.contains("admin@festflow.local"),
        "it is told once: {out}"
    );
}

/// Signs in as soon as the accounts are open.
async fn sign_in_once_it_can(base: &str, credentials: &serde_json::Value, expected: StatusCode) {
    let answer = eventually("the accounts", || async {
        let reply = Buyer::new(base)
            .post_json("/api/session", credentials, &[])
            .await;
        (reply.status != StatusCode::SERVICE_UNAVAILABLE).then_some(reply.status)
    });
    assert_eq!(answer.await, expected);
}

/// Stops it as an operator would, and gives what it wrote.
async fn stopped(running: &mut Running) -> (String, String) {
    let since = Instant::now();
    let pid = running.0.id().to_string();
    let killed = Command::new("kill").args(["-TERM", &pid]).status().unwrap();
    assert!(killed.success());
    let status = eventually("its end", || {
        let status = running.0.try_wait().unwrap();
        async move { status }
    })
    .await;
    assert_eq!(status.code(), Some(0));
    assert!(
        since.elapsed() < Duration::from_secs(10),
        "{:?}",
        since.elapsed()
    );
    let (mut out, mut log) = (String::new(), String::new());
    running
        .0
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut out)
        .unwrap();
    running
        .0
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut log)
        .unwrap();
    (out, log)
}
