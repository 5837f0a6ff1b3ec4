//! An open dashboard: when it heard of each sale, and its totals.

use anyhow::{Context, Result, bail};
use domain::live::{Frame, News};
use domain::{OrderId, OrderStatus};
use futures_util::StreamExt;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// How long nothing may happen before something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Seen {
    sales: Mutex<HashMap<OrderId, Instant>>,
    confirmed: Mutex<i64>,
    news: Notify,
}

/// A socket of the dashboard that is read to its end.
pub struct Dashboard(Arc<Seen>);

impl Dashboard {
    /// Opens one for the admin who has this cookie.
    pub async fn open(address: &str, cookie: &str) -> Result<Dashboard> {
        let mut request = format!("ws://{address}/ws/admin").into_client_request()?;
        request.headers_mut().insert("cookie", cookie.parse()?);
        let (mut socket, _) = tokio_tungstenite::connect_async(request).await?;
        let seen = Arc::new(Seen::default());
        let told = seen.clone();
        tokio::spawn(async move {
            while let Some(Ok(message)) = socket.next().await {
                if let Message::Text(text) = message {
                    told.hear(&text);
                }
            }
        });
        Ok(Dashboard(seen))
    }

    /// Waits until so many orders are confirmed.
    pub async fn confirmed(&self, count: i64) -> Result<()> {
        self.wait(&format!("{count} confirmed orders"), || {
            *self.0.confirmed.lock().unwrap() >= count
        })
        .await
    }

    /// Waits until it has heard of the sale to this order; when that was.
    pub async fn sale(&self, order_id: OrderId) -> Result<Instant> {
        let heard = || self.0.sales.lock().unwrap().get(&order_id).copied();
        self.wait("a sale", || heard().is_some()).await?;
        heard().context("forgotten")
    }

    async fn wait(&self, what: &str, condition: impl Fn() -> bool) -> Result<()> {
        loop {
            let news = self.0.news.notified();
            tokio::pin!(news);
            news.as_mut().enable();
            if condition() {
                return Ok(());
            }
            if tokio::time::timeout(PATIENCE, news).await.is_err() {
                bail!("waited in vain for {what}");
            }
        }
    }
}

impl Seen {
    fn hear(&self, text: &str) {
        let now = Instant::now();
        match serde_json::from_str::<Frame>(text).map(|frame| frame.news) {
            Ok(News::Sale(ticket)) => {
                self.sales.lock().unwrap().insert(ticket.order_id, now);
            }
            Ok(News::Totals(totals)) => {
                let confirmed = totals.orders.iter();
                *self.confirmed.lock().unwrap() = confirmed
                    .filter(|group| group.status == OrderStatus::Confirmed)
                    .map(|group| group.count)
                    .sum();
            }
            _ => return,
        }
        self.news.notify_waiters();
    }
}
