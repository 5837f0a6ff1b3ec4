//! A small mail server (RFC 5321) that behaves as it is told.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server does with a mail.
#[derive(Clone, Copy, Debug)]
pub enum Manner {
    /// Takes it.
    Take,
    /// Takes it after a while.
    TakeAfter(Duration),
    /// Takes it, and hangs up instead of saying so.
    LoseAnswer,
    /// Never answers.
    Hang,
    /// Greets whoever connects, and says nothing more on that connection.
    GreetOnly,
    /// Says this about the recipient.
    Say(&'static str),
}

pub struct MailServer {
    address: SocketAddr,
    state: Arc<State>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Default)]
struct State {
    taken: Mutex<Vec<String>>,
    begun: Mutex<usize>,
    connections: Mutex<usize>,
    manners: Mutex<VecDeque<Manner>>,
}

impl MailServer {
    /// A server that treats the first mails as told, and takes all others.
    pub async fn start(manners: impl IntoIterator<Item = Manner>) -> MailServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            manners: Mutex::new(manners.into_iter().collect()),
            ..State::default()
        });
        let shared = state.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let state = shared.clone();
                // A client that hangs up ends only its own session.
                tokio::spawn(async move { session(stream, &state).await.ok() });
            }
        });
        MailServer {
            address,
            state,
            task,
        }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The mails that it took, as they came.
    pub fn taken(&self) -> Vec<String> {
        self.state.taken.lock().unwrap().clone()
    }

    /// How many connections it has accepted.
    pub fn connections(&self) -> usize {
        *self.state.connections.lock().unwrap()
    }

    /// How many mails were begun.
    pub fn begun(&self) -> usize {
        *self.state.begun.lock().unwrap()
    }
}

impl State {
    /// Whether the next manner is for a connection and not for a mail; it is used up then.
    fn next_is_greet_only(&self) -> bool {
        let next = |manner: &mut Manner| matches!(manner, Manner::GreetOnly);
        self.manners.lock().unwrap().pop_front_if(next).is_some()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn session(stream: TcpStream, state: &State) -> std::io::Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    let mut manner = Manner::Take;
    writer.write_all(b"220 here\r\n").await?;
    *state.connections.lock().unwrap() += 1;
    if state.next_is_greet_only() {
        return std::future::pending().await;
    }
    while let Some(line) = lines.next_line().await? {
        let verb = line.get(..4).unwrap_or_default().to_ascii_uppercase();
        let reply = match &*verb {
            "EHLO" => "250-here\r\n250 8BITMIME",
            "MAIL" => {
                *state.begun.lock().unwrap() += 1;
                let next = state.manners.lock().unwrap().pop_front();
                manner = next.unwrap_or(Manner::Take);
                "250 go on"
            }
            "RCPT" => match manner {
                Manner::Say(words) => words,
                _ => "250 go on",
            },
            "DATA" => {
                writer.write_all(b"354 go on\r\n").await?;
                let mut mail = String::new();
                while let Some(line) = lines.next_line().await?.filter(|line| line != ".") {
                    mail.push_str(line.strip_prefix('.').unwrap_or(&line));
                    mail.push_str("\r\n");
                }
                match manner {
                    Manner::Hang => return std::future::pending().await,
                    Manner::TakeAfter(wait) => tokio::time::sleep(wait).await,
                    _ => {}
                }
                state.taken.lock().unwrap().push(mail);
                if let Manner::LoseAnswer = manner {
                    return Ok(());
                }
                "250 taken"
            }
            "QUIT" => {
                writer.write_all(b"221 bye\r\n").await?;
                return Ok(());
            }
            _ => "250 fine",
        };
        writer.write_all(format!("{reply}\r\n").as_bytes()).await?;
    }
    Ok(())
}
