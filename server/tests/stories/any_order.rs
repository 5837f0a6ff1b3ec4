//! What became of an order depends on which of its events are on the log, not on the order in which the log shows them: a
//! publication that is tried again may put a cancellation before its reservation, and a topic that grew has an order's
//! events on two partitions.

use crate::read_model::{dump, up_to_date};
use crate::support::facts::{message, some_order};
use crate::support::{Facts, Festival, TestServer, eventually};
use bus::{Message, Topic};
use domain::view::OrderView;
use domain::{Event, OrderId};

/// An order's events in the order in which they happen, and how it ends.
type Story = (OrderId, Vec<Event>, &'static str);

fn stories(facts: &Facts) -> Vec<Story> {
    let confirmed = |order| facts.whole_sale(order, "hash", "vip", 3);
    let cancelled = |order| {
        let mut events = vec![facts.reserved(order, "hash", "vip", 2)];
        events.extend(facts.declined(order, "vip", 2));
        events
    };
    let sold = some_order();
    let back = some_order();
    let declined = some_order();
    let late = some_order();
    let rejected = some_order();
    let held = some_order();
    vec![
        (sold, confirmed(sold), "confirmed"),
        (
            back,
            [confirmed(back), vec![facts.refunded(back, 3)]].concat(),
            "refunded",
        ),
        (declined, cancelled(declined), "cancelled"),
        (
            late,
            [
                cancelled(late),
                vec![facts.paid(late, 2), facts.refunded(late, 2)],
            ]
            .concat(),
            "cancelled",
        ),
        (
            rejected,
            vec![facts.rejected(rejected, "hash", "vip", 9)],
            "rejected",
        ),
        (
            held,
            vec![facts.reserved(held, "hash", "vip", 1)],
            "reserved",
        ),
    ]
}

/// Every second event has another key, and so another partition where there are several.
fn on_two_partitions(mut messages: Vec<Message>) -> Vec<Message> {
    for message in messages.iter_mut().skip(1).step_by(2) {
        message.key = format!("elsewhere-{}", message.key);
    }
    messages
}

/// What a read model says of orders, stock and sums; not where on the log it was read.
async fn told(server: TestServer) -> Vec<String> {
    let path = server.read_model.clone();
    server.stop().await;
    let mut rows = dump(&path).await;
    rows.retain(|row| !row.starts_with("positions ") && !row.starts_with("events "));
    rows
}

#[tokio::test]
async fn orders_end_the_same_in_whatever_order_the_log_shows_their_events() {
    orders_end_the_same_on(Festival::new()).await;
}

pub async fn orders_end_the_same_on(festival: Festival) {
    let facts = festival.facts();
    let definition = facts.defined("vip", 100);
    let stories = stories(&facts);
    let messages = |(_, events, _): &Story| events.iter().map(message).collect::<Vec<_>>();
    let told_in_order: Vec<_> = stories.iter().map(messages).collect();

    // As it happened, for comparison.
    let straight = Festival::new();
    straight.facts().append(vec![definition.clone()]).await;
    for messages in told_in_order.clone() {
        straight.facts().append_messages(messages).await;
    }
    let server = straight.server("a").await;
    up_to_date(&straight, &server).await;
    let expected = told(server).await;

    // The last first, over two partitions, in pieces that are read one after the other.
    facts.append(vec![definition]).await;
    let server = festival.server("a").await;
    server.sells("vip").await;
    let longest = told_in_order.iter().map(Vec::len).max().unwrap_or_default();
    let mut reversed: Vec<_> = told_in_order
        .into_iter()
        .map(|messages| on_two_partitions(messages).into_iter().rev())
        .collect();
    for _ in 0..longest {
        let piece = reversed.iter_mut().filter_map(Iterator::next).collect();
        facts.append_messages(piece).await;
        up_to_date(&festival, &server).await;
    }
    let lanes = festival.bus.log.ends(Topic::Analytics).await.unwrap();
    if lanes.0.len() > 1 {
        assert!(lanes.0.values().filter(|end| **end > 0).count() > 1);
    }

    let admin = server.admin().await;
    for (order_id, events, status) in &stories {
        let path = format!("/api/admin/orders/{order_id}");
        let order: OrderView = serde_json::from_value(admin.get(&path).await.json()).unwrap();
        assert_eq!(order.status.as_str(), *status);
        let steps: Vec<_> = order.timeline.iter().skip(1).collect();
        assert_eq!(steps.len(), events.len());
        assert!(steps.is_sorted_by_key(|step| step.timestamp), "{steps:?}");
    }
    eventually("a balanced ledger", || async {
        let ledger = admin.get("/api/admin/ledger").await.json();
        (ledger["balanced"] == true).then_some(())
    })
    .await;
    assert_eq!(told(server).await, expected);

    // Made again, from the log as it is.
    let server = festival.server("b").await;
    up_to_date(&festival, &server).await;
    assert_eq!(told(server).await, expected);
}
