//! Attaching to a broker that may not be there yet.

use bus::{Source, Unavailable};
use std::future::Future;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Tries to `connect` until it works; `None` when it is time to stop before that. From then on the source itself
/// connects again.
pub(crate) async fn attach<F, Fut>(
    name: &str,
    shutdown: &CancellationToken,
    connect: F,
) -> Option<Box<dyn Source>>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Box<dyn Source>, Unavailable>>,
{
    let attempts = async {
        let mut wait = FIRST_WAIT;
        loop {
            match connect().await {
                Ok(source) => return source,
                Err(error) => tracing::warn!(handler = name, %error, "waiting for the broker"),
            }
            tokio::time::sleep(wait.mul_f64(rand::random_range(0.5..1.0))).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    };
    shutdown.run_until_cancelled(attempts).await
}
