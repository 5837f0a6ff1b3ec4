//! What became of an order's mails, as far as the log tells.

use super::ReadModel;
use super::load::decode;
use domain::view::MailView;
use domain::{Event, OrderId};
use sqlx::query_as;

impl ReadModel {
    /// The order's mails that were sent or given up, oldest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn mails(&self, order_id: OrderId) -> Result<Vec<MailView>, sqlx::Error> {
        let events: Vec<(String, String)> = query_as(
            "SELECT kind, payload FROM events WHERE order_seq = (SELECT seq FROM orders WHERE order_id = $1)
             AND kind IN ('MAIL_SENT', 'MAIL_FAILED') ORDER BY seq",
        )
        .bind(order_id.to_string())
        .fetch_all(&self.readers)
        .await?;
        let mut mails = Vec::new();
        for (kind, payload) in events {
            let event = Event::decode(&kind, payload.as_bytes()).map_err(decode)?;
            mails.extend(event.and_then(mail));
        }
        Ok(mails)
    }
}

fn mail(event: Event) -> Option<MailView> {
    match event {
        Event::MailSent(sent) => Some(MailView {
            kind: sent.kind,
            at: sent.timestamp,
            attempts: sent.attempts,
            error: None,
        }),
        Event::MailFailed(failed) => Some(MailView {
            kind: failed.kind,
            at: failed.timestamp,
            attempts: failed.attempts,
            error: Some(failed.error),
        }),
        _ => None,
    }
}
