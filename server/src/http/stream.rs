//! A connection's bytes, and how long the client may take with them.

use super::Place;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long a request's head may take, from the connection's begin or the head's first byte on.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be kept without a request. Longer than proxies keep theirs, so that these end them.
const IDLE_TIMEOUT: Duration = Duration::from_secs(75);
/// How long a client may take none of its answer.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a connection is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// It has sent nothing yet.
    New,
    /// A request's head has begun.
    Head,
    /// A request is answered, or it became a WebSocket: both have limits of their own.
    Busy,
    /// It is kept for another request.
    Idle,
}

/// A connection's phase, and since when. Clones share it.
#[derive(Clone)]
pub(super) struct Activity(Arc<Mutex<(Phase, Instant)>>);

impl Activity {
    fn new() -> Activity {
        Activity(Arc::new(Mutex::new((Phase::New, Instant::now()))))
    }

    /// A request's head is complete.
    pub fn request_began(&self) {
        *self.lock() = (Phase::Busy, Instant::now());
    }

    /// A request is answered.
    pub fn request_ended(&self) {
        *self.lock() = (Phase::Idle, Instant::now());
    }

    /// Whether a request is on its way, as far as can be known.
    pub fn expects_request(&self) -> bool {
        matches!(self.lock().0, Phase::New | Phase::Head)
    }

    fn received(&self) {
        let mut state = self.lock();
        match state.0 {
            // The head's time counts from the connection's begin.
            Phase::New => state.0 = Phase::Head,
            Phase::Idle => *state = (Phase::Head, Instant::now()),
            Phase::Head | Phase::Busy => {}
        }
    }

    /// Until when the client must have sent something.
    fn deadline(&self) -> Option<Instant> {
        let (phase, since) = *self.lock();
        match phase {
            Phase::New | Phase::Head => Some(since + HEAD_TIMEOUT),
            Phase::Idle => Some(since + IDLE_TIMEOUT),
            Phase::Busy => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Instant)> {
        // Nothing in here can be left half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A client's connection. It has its place as long as it is open, as a WebSocket too.
pub(super) struct ClientStream {
    stream: TcpStream,
    activity: Activity,
    reading: Pin<Box<Sleep>>,
    /// Set while the client takes nothing.
    writing: Option<Pin<Box<Sleep>>>,
    _place: Place,
}

impl ClientStream {
    /// At its begin.
    pub fn new(stream: TcpStream, place: Place) -> ClientStream {
        metrics::gauge!("festflow_connections").increment(1.0);
        let activity = Activity::new();
        ClientStream {
            stream,
            reading: Box::pin(sleep_until(Instant::now() + HEAD_TIMEOUT)),
            activity,
            writing: None,
            _place: place,
        }
    }

    /// What it is about.
    pub fn activity(&self) -> Activity {
        self.activity.clone()
    }

    fn limited<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.writing = None;
            return written;
        }
        let limit = self
            .writing
            .get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + WRITE_TIMEOUT)));
        ready!(limit.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Drop for ClientStream {
    fn drop(&mut self) {
        metrics::gauge!("festflow_connections").decrement(1.0);
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        if let Poll::Ready(read) = Pin::new(&mut self.stream).poll_read(cx, buffer) {
            if buffer.filled().len() > before {
                self.activity.received();
            }
            return Poll::Ready(read);
        }
        let Some(deadline) = self.activity.deadline() else {
            return Poll::Pending;
        };
        if self.reading.deadline() != deadline {
            self.reading.as_mut().reset(deadline);
        }
        ready!(self.reading.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.limited(cx, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.limited(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
