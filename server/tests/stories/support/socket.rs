//! Somebody who watches.

use super::{Buyer, PATIENCE, TestServer};
use domain::live::{Frame, News};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
}

impl Socket {
    /// Opens `path` with this person's cookies.
    pub async fn open(server: &TestServer, who: &Buyer, path: &str) -> Socket {
        Socket::try_open(server, who, path, &[]).await.unwrap()
    }

    /// Tries to; a refusal is the answer's status.
    pub async fn try_open(
        server: &TestServer,
        who: &Buyer,
        path: &str,
        headers: &[(&'static str, &str)],
    ) -> Result<Socket, u16> {
        let address = format!("{}{path}", server.base.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        if let Some(cookies) = who.cookies_for(path) {
            request
                .headers_mut()
                .insert("cookie", cookies.parse().unwrap());
        }
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((stream, _)) => Ok(Socket { stream }),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    /// The next message.
    pub async fn next(&mut self) -> Frame {
        let text = tokio::time::timeout(PATIENCE, async {
            loop {
                match self
                    .stream
                    .next()
                    .await
                    .expect("the socket has ended")
                    .unwrap()
                {
                    Message::Text(text) => return text,
                    Message::Close(frame) => panic!("closed: {frame:?}"),
                    _ => {}
                }
            }
        });
        let text = text.await.expect("nothing came");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    /// The next message that `wanted` picks something from; others are passed over.
    pub async fn until<T>(&mut self, mut wanted: impl FnMut(&Frame) -> Option<T>) -> T {
        loop {
            let frame = self.next().await;
            if let Some(found) = wanted(&frame) {
                return found;
            }
        }
    }

    /// The next `count` sales by ticket, with the last cursor.
    pub async fn sales(&mut self, count: usize) -> (Vec<String>, String) {
        let (mut sales, mut cursor) = (Vec::new(), String::new());
        while sales.len() < count {
            let frame = self.next().await;
            if let News::Sale(sale) = frame.news {
                sales.push(sale.ticket_id.to_string());
            }
            cursor = frame.at;
        }
        (sales, cursor)
    }

    /// Says something.
    pub async fn say(&mut self, message: Message) {
        // The other side may have hung up by now.
        let _ = self.stream.send(message).await;
    }

    /// The code with which it is closed.
    pub async fn closed(&mut self) -> u16 {
        tokio::time::timeout(PATIENCE, async {
            loop {
                match self.stream.next().await {
                    Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                    Some(Ok(_)) => {}
                    other => panic!("not closed properly: {other:?}"),
                }
            }
        })
        .await
        .expect("it was not closed")
    }
}
