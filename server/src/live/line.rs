//! One socket: how it begins, how it is kept alive, and how it ends.

use super::frames::Body;
use axum::extract::ws::{CloseFrame, Message, WebSocket, close_code};
use domain::live::News;
use futures_util::SinkExt;
use std::time::{Duration, Instant};
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::tungstenite::Error as WsError;
use tokio_util::sync::CancellationToken;

/// The largest frame that is read. Readers have nothing to say, so it is small.
pub(crate) const LARGEST_FRAME: usize = 4 * 1024;
/// How often a reader is asked whether it is there.
const PING: Duration = Duration::from_secs(20);
/// How long a reader may say nothing, answers to pings included.
const SILENCE: Duration = Duration::from_secs(60);
/// How long a reader may take nothing of what it is sent.
const STUCK: Duration = Duration::from_secs(30);
/// How long saying goodbye may take.
const GOODBYE: Duration = Duration::from_millis(500);

/// Why a socket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// The reader went, or the network did.
    Gone,
    /// The server stops.
    Stopping,
    /// The reader may no longer read this.
    Over,
    /// The reader said something.
    Spoke,
    /// What the reader sent is larger than anything it could say.
    TooLarge,
    /// What the reader sent is no frame.
    Garbage,
    /// Something failed here.
    Failed,
}

impl End {
    /// RFC 6455's close code, and what to say; nothing to who is gone.
    fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            End::Gone => None,
            End::Stopping => Some((close_code::AWAY, "the server stops")),
            End::Over => Some((close_code::POLICY, "the session is over")),
            End::Spoke => Some((close_code::UNSUPPORTED, "nothing is read here")),
            End::TooLarge => Some((close_code::SIZE, "too large")),
            End::Garbage => Some((close_code::PROTOCOL, "no frame")),
            End::Failed => Some((close_code::ERROR, "something went wrong")),
        }
    }
}

/// A socket with its clock.
pub(super) struct Line {
    socket: WebSocket,
    stop: CancellationToken,
    ping: Interval,
    heard: Instant,
}

impl Line {
    /// Greets: the first message says which build the server runs.
    ///
    /// # Errors
    /// The reader is gone already.
    pub async fn open(
        socket: WebSocket,
        stop: CancellationToken,
        build: &str,
        cursor: &str,
    ) -> Result<Line, End> {
        let mut ping = interval(PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ping.reset();
        let mut line = Line {
            socket,
            stop,
            ping,
            heard: Instant::now(),
        };
        let hello = News::Hello {
            build: build.to_owned(),
        };
        line.send(vec![Body::new(&hello).at(cursor)]).await?;
        Ok(line)
    }

    /// Sends messages; returns when the network has taken them. Meanwhile nothing is lost and nobody else waits.
    ///
    /// # Errors
    /// The reader is gone, takes nothing, or the server stops.
    pub async fn send(&mut self, messages: Vec<String>) -> Result<(), End> {
        let socket = &mut self.socket;
        let sending = async {
            for message in messages {
                socket.feed(Message::Text(message.into())).await?;
            }
            socket.flush().await
        };
        tokio::select! {
            sent = tokio::time::timeout(STUCK, sending) => match sent {
                Ok(Ok(())) => Ok(()),
                Ok(Err(_)) | Err(_) => Err(End::Gone),
            },
            () = self.stop.cancelled() => Err(End::Stopping),
        }
    }

    /// Listens until the socket must end, asking now and then whether the reader is there. May be dropped and called
    /// again.
    pub async fn listen(&mut self) -> End {
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return End::Stopping,
                message = self.socket.recv() => match message {
                    Some(Ok(Message::Ping(_) | Message::Pong(_))) => self.heard = Instant::now(),
                    Some(Ok(Message::Text(_) | Message::Binary(_))) => return End::Spoke,
                    Some(Ok(Message::Close(_))) | None => return End::Gone,
                    Some(Err(error)) => return ended_by(error),
                },
                _ = self.ping.tick() => {
                    if self.heard.elapsed() > SILENCE {
                        return End::Gone;
                    }
                    if self.socket.send(Message::Ping(Vec::new().into())).await.is_err() {
                        return End::Gone;
                    }
                }
            }
        }
    }

    /// Says why, and ends.
    pub async fn close(mut self, end: End) {
        tracing::debug!(?end, "a socket ends");
        let Some((code, reason)) = end.farewell() else {
            return;
        };
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let goodbye = async {
            if self.socket.send(Message::Close(Some(frame))).await.is_ok() {
                // What is still under way from the reader is read off, or the system would cut the goodbye short.
                while let Some(Ok(_)) = self.socket.recv().await {}
            }
        };
        // A reader that does not answer is not waited for.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}

fn ended_by(error: axum::Error) -> End {
    match error.into_inner().downcast::<WsError>().map(|error| *error) {
        Ok(WsError::Capacity(_)) => End::TooLarge,
        Ok(WsError::Protocol(_) | WsError::Utf8(_)) => End::Garbage,
        _ => End::Gone,
    }
}
