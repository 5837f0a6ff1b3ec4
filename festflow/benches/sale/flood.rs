//! Somebody who guesses passwords, from many addresses.

use reqwest::Client;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Guesses that are under way at a time.
const GUESSERS: u32 = 32;
/// Between two guesses of one guesser: the flood itself shall cost next to nothing.
const PAUSE: Duration = Duration::from_millis(100);

/// Guesses, until it is stopped.
pub struct Flood {
    began: Instant,
    /// Guesses that were answered.
    tried: Arc<AtomicU64>,
    guessers: JoinSet<()>,
}

impl Flood {
    /// Against the server at `address`; it is under way when this returns. No two guesses come from one address or are about
    /// one account.
    pub async fn start(address: &str) -> Flood {
        let (begun, tried) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let url = format!("http://{address}/api/session");
        let client = Client::new();
        let mut guessers = JoinSet::new();
        for _ in 0..GUESSERS {
            let (client, url) = (client.clone(), url.clone());
            let (begun, tried) = (begun.clone(), tried.clone());
            guessers.spawn(async move {
                loop {
                    let number = begun.fetch_add(1, Ordering::Relaxed);
                    let [.., a, b, c] = number.to_be_bytes();
                    let guess = json!({ "email": format!("guess{number}@example.org"), "password": "a wrong password" });
                    let request = client.post(&url).json(&guess);
                    // Refused, answered or cut off: one is as good as the other.
                    let _ = request
                        .header("x-forwarded-for", format!("10.{a}.{b}.{c}"))
                        .send()
                        .await;
                    tried.fetch_add(1, Ordering::Relaxed);
                    tokio::time::sleep(PAUSE).await;
                }
            });
        }
        while tried.load(Ordering::Relaxed) == 0 {
            tokio::time::sleep(PAUSE).await;
        }
        tried.store(0, Ordering::Relaxed);
        Flood {
            began: Instant::now(),
            tried,
            guessers,
        }
    }

    /// Guesses in a second.
    pub async fn stop(mut self) -> f64 {
        self.guessers.shutdown().await;
        self.tried.load(Ordering::Relaxed) as f64 / self.began.elapsed().as_secs_f64()
    }
}
