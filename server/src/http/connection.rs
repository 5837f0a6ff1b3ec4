//! One connection, from its first request to its end.

use super::HttpServer;
use super::stream::{Activity, ClientStream};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;
use tower::ServiceExt;

/// The largest head of a request, in bytes; also what is read ahead of a body.
const LARGEST_HEAD: usize = 64 * 1024;
/// How long a connection that has sent no request yet is waited for when the server closes: its request may be on its way.
const FIRST_REQUEST_TIMEOUT: Duration = Duration::from_secs(1);
/// How long a kept connection is listened to before it ends. Whatever has arrived by then is answered.
const LAST_LISTENING: Duration = Duration::from_millis(50);

pub(super) struct Connection {
    server: HttpServer,
    stream: ClientStream,
    peer: SocketAddr,
}

impl Connection {
    pub fn new(server: HttpServer, stream: ClientStream, peer: SocketAddr) -> Connection {
        Connection {
            server,
            stream,
            peer,
        }
    }

    /// Serves requests until the client or the server wants no more. A request that has begun is answered.
    pub async fn serve(self) {
        let (activity, closing) = (self.stream.activity(), self.server.closing.clone());
        let (server, peer) = (self.server, self.peer);
        let at_work = activity.clone();
        let service =
            service_fn(move |request| answer(server.clone(), peer, at_work.clone(), request));
        let connection = http1::Builder::new()
            // `ClientStream` limits the head's time, and leaves idle connections more.
            .header_read_timeout(None)
            .max_buf_size(LARGEST_HEAD)
            .serve_connection(TokioIo::new(self.stream), service)
            .with_upgrades();
        let mut connection = pin!(connection);
        if closing
            .run_until_cancelled(connection.as_mut())
            .await
            .is_some()
        {
            return;
        }
        let wait = if activity.expects_request() {
            FIRST_REQUEST_TIMEOUT
        } else {
            LAST_LISTENING
        };
        if tokio::time::timeout(wait, connection.as_mut())
            .await
            .is_err()
        {
            connection.as_mut().graceful_shutdown();
            // What ends it, the client knows as well.
            let _ = connection.await;
        }
    }
}

async fn answer(
    server: HttpServer,
    peer: SocketAddr,
    activity: Activity,
    mut request: Request<Incoming>,
) -> Result<Response<Answer>, Infallible> {
    activity.request_began();
    let client = server.proxies.client(peer.ip(), request.headers());
    request.extensions_mut().insert(client);
    let mut response = server.router.oneshot(request.map(Body::new)).await?;
    let upgraded = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if server.draining.is_cancelled() && !upgraded {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    let activity = (!upgraded).then_some(activity);
    Ok(response.map(|body| Answer { body, activity }))
}

/// An answer's body, at whose end the connection is idle again.
struct Answer {
    body: Body,
    /// Absent where the connection became a WebSocket.
    activity: Option<Activity>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(activity) = &self.activity {
            activity.request_ended();
        }
    }
}
