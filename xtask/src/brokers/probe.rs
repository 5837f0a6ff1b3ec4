//! Whether a broker is ready for clients: the first words of its own protocol, answered as a ready one answers.

use super::Settings;
use super::management;
use super::settings::USER;
use anyhow::{Context, Result, ensure};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// How long a local broker may take to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// Asks each of them.
pub fn all(settings: &Settings) -> [(&'static str, Result<()>); 4] {
    let ports = &settings.ports;
    [
        ("RabbitMQ", amqp(ports.amqp_port)),
        (
            "management",
            management::answers(ports.management_port, &settings.password),
        ),
        ("Kafka", kafka(ports.kafka_port)),
        ("Postgres", postgres(ports.postgres_port)),
    ]
}

/// AMQP 0-9-1: the protocol header is answered by the method frame Connection.Start (class 10, method 10).
pub fn amqp(port: u16) -> Result<()> {
    let answer = ask::<11>(port, b"AMQP\x00\x00\x09\x01")?;
    ensure!(
        answer[0] == 1 && answer[7..] == [0, 10, 0, 10],
        "port {port} does not speak AMQP 0-9-1"
    );
    Ok(())
}

/// Kafka's Metadata request (key 3, version 4) for no topic: a ready broker names at least one broker, itself.
pub fn kafka(port: u16) -> Result<()> {
    const CORRELATION: i32 = 1;
    let mut request = Vec::new();
    request.extend(3i16.to_be_bytes());
    request.extend(4i16.to_be_bytes());
    request.extend(CORRELATION.to_be_bytes());
    request.extend((-1i16).to_be_bytes()); // client id: null
    request.extend(0i32.to_be_bytes()); // topics: none
    request.push(0); // create no topic
    let mut frame = (request.len() as i32).to_be_bytes().to_vec();
    frame.extend(request);

    // Length, correlation id, throttle time, number of brokers.
    let answer = ask::<16>(port, &frame)?;
    ensure!(
        answer[4..8] == CORRELATION.to_be_bytes(),
        "port {port} does not speak Kafka's protocol"
    );
    ensure!(answer[12..16] != [0; 4], "Kafka has no broker yet");
    Ok(())
}

/// Postgres' protocol 3.0: the startup message is answered by a request to authenticate, and by an error while it starts.
pub fn postgres(port: u16) -> Result<()> {
    let mut message = 196_608i32.to_be_bytes().to_vec();
    message.extend(format!("user\0{USER}\0database\0{USER}\0\0").into_bytes());
    let mut packet = (message.len() as i32 + 4).to_be_bytes().to_vec();
    packet.extend(message);
    let answer = ask::<1>(port, &packet)?;
    ensure!(answer == *b"R", "Postgres is not ready");
    Ok(())
}

/// Sends, and reads the first `N` bytes of the answer.
pub fn ask<const N: usize>(port: u16, request: &[u8]) -> Result<[u8; N]> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut answer = [0; N];
    let mut exchange = || -> std::io::Result<()> {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.write_all(request)?;
        stream.read_exact(&mut answer)
    };
    exchange().with_context(|| format!("no answer on port {port}"))?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    /// A port whose listener answers one connection with these bytes.
    fn answering(bytes: &'static [u8]) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            let _ = stream.write_all(bytes);
        });
        port
    }

    #[test]
    fn only_a_ready_broker_is_healthy() {
        let start = b"\x01\0\0\0\0\0\x0c\0\x0a\0\x0a";
        assert!(amqp(answering(start)).is_ok());
        assert!(amqp(answering(b"AMQP\0\x01\0\0and so on")).is_err());

        assert!(management::answers(answering(b"HTTP/1.1 200 OK\r\n"), "x").is_ok());
        assert!(management::answers(answering(b"HTTP/1.1 401 Unauthorized\r\n"), "x").is_err());

        let one_broker = b"\0\0\0\x0c\0\0\0\x01\0\0\0\0\0\0\0\x01";
        let no_broker = b"\0\0\0\x0c\0\0\0\x01\0\0\0\0\0\0\0\0";
        assert!(kafka(answering(one_broker)).is_ok());
        assert!(kafka(answering(no_broker)).is_err());

        assert!(postgres(answering(b"R")).is_ok());
        assert!(postgres(answering(b"E")).is_err());
        assert!(postgres(answering(b"")).is_err());
    }
}
