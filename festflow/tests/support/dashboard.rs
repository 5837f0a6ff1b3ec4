//! Somebody who watches the sale on the dashboard's socket, and keeps count.

use super::{Festival, PATIENCE};
use domain::TicketId;
use domain::live::{Frame, News};
use futures_util::StreamExt;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use tokio::task::JoinHandle;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::{Message, client::IntoClientRequest};

/// What came over the socket.
#[derive(Clone, Default, Debug)]
pub struct Seen {
    /// The tickets whose sale was told.
    pub tickets: BTreeSet<TicketId>,
    /// Sales that were told.
    pub sales: u64,
    /// Sales of which only the number was told.
    pub coalesced: u64,
    /// Tickets sold, as the last totals have it.
    pub total: Option<i64>,
}

/// An open dashboard.
pub struct Dashboard {
    seen: Arc<Mutex<Seen>>,
    watching: JoinHandle<()>,
}

impl Dashboard {
    /// Signs in and watches.
    pub async fn open(festival: &Festival) -> Dashboard {
        let cookie = festival.sign_in().await;
        let address = format!("{}/ws/admin", festival.url.replacen("http", "ws", 1));
        let mut request = address.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("cookie", cookie.parse().unwrap());
        let (mut socket, _) = connect_async(request).await.unwrap();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let noted = seen.clone();
        let watching = tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    let frame: Frame = serde_json::from_str(&text).unwrap();
                    noted.lock().unwrap().note(frame.news);
                }
            }
        });
        let dashboard = Dashboard { seen, watching };
        // Once its first gauges are here, nothing that is sold passes it by.
        dashboard
            .until("its beginning", |seen| seen.total.is_some())
            .await;
        dashboard
    }

    /// What came so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().unwrap().clone()
    }

    /// Waits until what came is enough.
    pub async fn until(&self, what: &str, enough: impl Fn(&Seen) -> bool) -> Seen {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            let seen = self.seen();
            if enough(&seen) {
                return seen;
            }
            assert!(
                tokio::time::Instant::now() < deadline && !self.watching.is_finished(),
                "the dashboard never saw {what}: {seen:?}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    }
}

impl Drop for Dashboard {
    fn drop(&mut self) {
        self.watching.abort();
    }
}

impl Seen {
    fn note(&mut self, news: News) {
        match news {
            News::Sale(sale) => {
                self.sales += 1;
                self.tickets.insert(sale.ticket_id);
            }
            News::Gap { coalesced } => self.coalesced += coalesced,
            News::Totals(totals) => self.total = Some(totals.sold),
            _ => {}
        }
    }
}
