//! The story of nonsense on the brokers: whatever lies on queues and log, it ends where people can look at it, and the
//! sale goes on.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod support;

use bus::{DeadLetterQueue, Message, Queue, Topic};
use domain::{MessageId, Timestamp};
use support::{FIFTY, Festival, Visitor, places};

fn message(kind: &str, schema: u32, payload: &str) -> Message {
    Message {
        id: MessageId(uuid::Uuid::new_v4()),
        kind: kind.to_owned(),
        key: "nonsense".to_owned(),
        source: "/nobody".to_owned(),
        time: Timestamp::now(),
        schema,
        traceparent: None,
        payload: payload.to_owned(),
    }
}

/// What no worker can do, on any queue.
fn commands() -> Vec<Message> {
    let order = r#"{"event_type":"ORDER_PLACED","order_id":"#;
    vec![
        message("ORDER_PLACED", domain::SCHEMA, order),
        message("CHARGE_PAYMENT", domain::SCHEMA, "\u{0}\u{fffd}"),
        message("ADJUST_STOCK", domain::SCHEMA, "{\"change\":1e400}"),
        message(
            "GIVE_ME_TICKETS",
            domain::SCHEMA,
            "{\"event_type\":\"GIVE_ME_TICKETS\"}",
        ),
        message("CANCEL_CHARGE", domain::SCHEMA + 1, "{}"),
    ]
}

/// What no reader of the log can read.
fn facts() -> Vec<Message> {
    [
        "INVENTORY_RESERVED",
        "PAYMENT_PROCESSED",
        "PAYMENT_FAILED",
        "TICKET_SOLD",
        "ORDER_CONFIRMED",
        "TICKET_TYPE_DEFINED",
        "STOCK_ADJUSTED",
    ]
    .into_iter()
    .flat_map(|kind| {
        [
            message(kind, domain::SCHEMA, "{"),
            message(kind, domain::SCHEMA, "{\"stock\":\"\"}"),
            message(kind, domain::SCHEMA + 1, "{}"),
        ]
    })
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nonsense_is_put_aside_and_the_sale_goes_on() {
    for place in places().await {
        let festival = Festival::open(&place, FIFTY, &[]).await;
        let settings = place.settings(FIFTY, &[]);
        let bus = settings.bus.open(&settings.data).unwrap();
        let unknown = message("SOMETHING_NEW", domain::SCHEMA, "{\"timestamp\":1.5}");
        let on_log = facts().into_iter().chain([unknown]);
        let on_log = on_log.map(|message| (Topic::Analytics, message)).collect();
        bus.log.append(on_log).await.unwrap();
        for queue in Queue::ALL {
            let batch = commands().into_iter().map(|message| (queue, message));
            bus.queue.send(batch.collect()).await.unwrap();
        }

        // The control: what makes sense, behind all that, is done.
        let order = festival.accepted(&[("day", 2)], "tok_visa").await;
        assert_eq!(festival.ended(&order).await["status"], "confirmed");
        assert_eq!(festival.remaining("day").await, 48);
        for queue in Queue::ALL {
            let dead =
                async |_: &Visitor| bus.queue.dead(DeadLetterQueue::Of(queue)).await.unwrap() == 5;
            festival.until("the commands are put aside", dead).await;
        }
        festival
            .until("the facts are put aside", async |_| {
                bus.queue.dead(DeadLetterQueue::Log).await.unwrap() > 0
            })
            .await;
        let cookie = festival.sign_in().await;
        festival
            .until("the dashboard shows them", async |it| {
                let shown = it.admin("queues", &cookie).await;
                let queues = shown["queues"].as_array().cloned().unwrap_or_default();
                queues.iter().filter(|queue| queue["dead"] == 5).count() == Queue::ALL.len()
            })
            .await;
        festival.close().await;
    }
}
