//! RabbitMQ's HTTP API, as far as we use it.

use super::Settings;
use super::probe::ask;
use super::settings::USER;
use anyhow::{Result, ensure};
use base64::Engine;

/// What tests call their queues by. Killed ones leave them behind, and thousands of them make a broker slow.
const OF_TESTS: &str = "^(test-|story_|server-|pages_|bare-)";
/// How long such a queue may be without a consumer, in milliseconds.
const UNUSED: u32 = 180_000;

/// It answers a question that needs our sign-in.
///
/// # Errors
/// It does not.
pub fn answers(port: u16, password: &str) -> Result<()> {
    let status = send(port, password, "GET", "overview", "")?;
    ensure!(status == "200", "the management API answers {status}");
    Ok(())
}

/// Queues that tests leave behind go by themselves.
///
/// # Errors
/// The broker does not take the policy.
pub fn let_tests_expire(settings: &Settings) -> Result<()> {
    let policy = format!(
        r#"{{"pattern":"{OF_TESTS}","definition":{{"expires":{UNUSED}}},"apply-to":"queues"}}"#
    );
    let port = settings.ports.management_port;
    let status = send(
        port,
        &settings.password,
        "PUT",
        "policies/%2F/tests",
        &policy,
    )?;
    ensure!(
        status.starts_with('2'),
        "RabbitMQ answers {status} to a policy"
    );
    Ok(())
}

/// The status of the answer.
fn send(port: u16, password: &str, method: &str, path: &str, body: &str) -> Result<String> {
    let sign_in = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{password}"));
    let length = body.len();
    let request = format!(
        "{method} /api/{path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic {sign_in}\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    let answer = ask::<12>(port, request.as_bytes())?;
    Ok(String::from_utf8_lossy(&answer[9..]).into_owned())
}
