//! The sale as it happens.

use crate::support::facts::some_order;
use crate::support::{Festival, Socket, eventually};
use domain::live::News;
use domain::{OrderStatus, TicketTypeId};
use std::collections::HashSet;
use std::time::Duration;

#[tokio::test]
async fn the_shop_sees_stock_move() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let server = festival.server("a").await;
    let mut shop = Socket::open(&server, &server.buyer(), "/ws/shop").await;
    assert_eq!(
        shop.next().await.news,
        News::Hello {
            build: "b1".to_owned()
        }
    );
    facts
        .append(vec![facts.reserved(some_order(), "hash", "vip", 3)])
        .await;
    let vip = TicketTypeId::parse("vip").unwrap();
    shop.until(|frame| match &frame.news {
        News::Stock(stock) => stock
            .get(&vip)
            .filter(|level| level.remaining == 7)
            .map(|_| ()),
        _ => None,
    })
    .await;
}

#[tokio::test]
async fn a_buyer_watches_the_order_to_its_end() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10).await;
    let server = festival.server("a").await;
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    // With the key in the address, and with the page's cookie.
    let mut by_key = Socket::open(
        &server,
        &kim,
        &format!("/ws/orders/{}?key={}", order.order_id, order.key),
    )
    .await;
    kim.get(&order.url).await;
    let mut by_cookie =
        Socket::open(&server, &kim, &format!("/ws/orders/{}", order.order_id)).await;
    let placed = festival.placed().await;
    let (id, hash) = (placed.order_id, placed.request_hash);
    let steps = [
        (OrderStatus::Received, vec![]),
        (
            OrderStatus::Reserved,
            vec![facts.reserved(id, &hash, "vip", 1)],
        ),
        (OrderStatus::Paid, vec![facts.paid(id, 1)]),
        (OrderStatus::Confirmed, facts.sold(id, "vip", 1)),
    ];
    for (status, events) in steps {
        facts.append(events).await;
        for socket in [&mut by_key, &mut by_cookie] {
            let view = socket
                .until(|frame| match &frame.news {
                    News::Order(view) if view.status == status => Some(view.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(
                view.tickets.len(),
                usize::from(status == OrderStatus::Confirmed)
            );
        }
    }
}

#[tokio::test]
async fn a_dashboard_sees_everything() {
    dashboard_sees_everything_on(Festival::new()).await;
}

pub async fn dashboard_sees_everything_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let mut dashboard = Socket::open(&server, &admin, "/ws/admin").await;
    server.buyer().order("vip", 2).await;
    let id = some_order();
    facts.append(facts.whole_sale(id, "hash", "vip", 2)).await;
    let (mut sales, mut seen) = (Vec::new(), HashSet::new());
    while sales.len() < 2 || seen.len() < 4 {
        match dashboard.next().await.news {
            News::Sale(sale) => sales.push(sale.ticket_number),
            News::Totals(totals) if totals.sold == 2 && totals.revenue.0 == 10_000 => {
                seen.insert("totals");
            }
            News::Stock(stock) if stock.values().any(|level| level.sold == 2) => {
                seen.insert("stock");
            }
            News::Orders(orders) if orders.iter().any(|order| order.order_id == id) => {
                seen.insert("orders");
            }
            News::Queues(queues)
                if queues
                    .queues
                    .iter()
                    .any(|q| q.name == "orders" && q.ready == 1) =>
            {
                seen.insert("queues");
            }
            News::Gap { .. } => panic!("nothing was missed"),
            _ => {}
        }
    }
    assert_eq!(sales, [1, 2]);
}

#[tokio::test]
async fn a_dashboard_sees_orders_that_wait_for_a_decision() {
    let festival = Festival::new();
    let server = festival.server("a").await;
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let admin = server.admin().await;
    let mut dashboard = Socket::open(&server, &admin, "/ws/admin").await;
    server.buyer().order("vip", 2).await;
    let arrived = dashboard
        .until(|frame| match &frame.news {
            News::Orders(orders) => orders.first().cloned(),
            _ => None,
        })
        .await;
    assert_eq!(
        (arrived.status, arrived.tickets),
        (OrderStatus::Received, 2)
    );
    // Decided, it is there once, as the log tells it.
    let id = arrived.order_id;
    let events = vec![facts.reserved(id, "hash", "vip", 2)];
    facts.append(events).await;
    dashboard
        .until(|frame| match &frame.news {
            News::Orders(orders) => {
                let mut rows = orders.iter().filter(|row| row.order_id == id);
                let row = rows.next()?;
                assert!(rows.next().is_none(), "one row for each order");
                (row.status == OrderStatus::Reserved).then_some(())
            }
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn who_shows_the_last_sales_is_sent_those_and_told_how_many_are_left_out() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 10_000).await;
    let server = festival.server("a").await;
    server.sells("vip").await;
    let admin = server.admin().await;
    let mut each = Socket::open(&server, &admin, "/ws/admin").await;
    let mut last = Socket::open(&server, &admin, "/ws/admin?tail=40").await;
    let rush: Vec<_> = (0..100)
        .flat_map(|_| facts.whole_sale(some_order(), "hash", "vip", 10))
        .collect();
    facts.append(rush).await;
    assert_eq!(each.sales(1_000).await.0.len(), 1_000);
    let (mut shown, mut left_out) = (0, 0);
    while shown + left_out < 1_000 {
        match last.next().await.news {
            News::Sale(_) => shown += 1,
            News::Gap { coalesced } => left_out += coalesced,
            _ => {}
        }
    }
    assert_eq!(shown + left_out, 1_000, "each is shown or counted");
    assert!(left_out > 0 && shown >= 40, "{shown} were shown");
}

#[tokio::test]
async fn a_dashboard_resumes_on_any_server_where_it_was() {
    dashboard_resumes_on(Festival::new()).await;
}

pub async fn dashboard_resumes_on(festival: Festival) {
    let facts = festival.facts();
    facts.define("vip", 1_000).await;
    let (one, two) = (festival.server("a").await, festival.server("b").await);
    let admin = one.admin().await;
    let mut dashboard = Socket::open(&one, &admin, "/ws/admin").await;
    facts
        .append(facts.whole_sale(some_order(), "hash", "vip", 10))
        .await;
    // The network breaks in the middle of an order's tickets.
    let (mut told, cursor) = dashboard.sales(4).await;
    drop(dashboard);
    for _ in 0..10 {
        facts
            .append(facts.whole_sale(some_order(), "hash", "vip", 10))
            .await;
    }
    let there = two.admin().await;
    eventually("the other server", || async {
        let overview = there.get("/api/admin/overview").await.json();
        (overview["totals"]["sold"] == 110).then_some(())
    })
    .await;
    let mut resumed = Socket::open(&two, &there, &format!("/ws/admin?since={cursor}")).await;
    assert_eq!(
        resumed.next().await.at,
        cursor,
        "it greets where the reader is"
    );
    let mut rest = Vec::new();
    while rest.len() < 106 {
        match resumed.next().await.news {
            News::Sale(sale) => rest.push(sale.ticket_id.to_string()),
            News::Gap { .. } => panic!("nothing was missed"),
            _ => {}
        }
    }
    told.extend(rest);
    let distinct: HashSet<_> = told.iter().collect();
    assert_eq!((told.len(), distinct.len()), (110, 110), "each once");

    // And then it goes on.
    facts
        .append(facts.whole_sale(some_order(), "hash", "vip", 1))
        .await;
    resumed.sales(1).await;
}

#[tokio::test]
async fn an_unknown_cursor_gets_a_gap_and_how_it_stands() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 1_000).await;
    facts
        .append(facts.whole_sale(some_order(), "hash", "vip", 2))
        .await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    eventually("the sale", || async {
        let overview = admin.get("/api/admin/overview").await.json();
        (overview["totals"]["sold"] == 2).then_some(())
    })
    .await;
    for cursor in [
        "nonsense",
        "analytics_topic.0:999999",
        "analytics_topic.77:1",
        "buyers.0:1",
        "analytics_topic.0:-5",
    ] {
        let mut dashboard =
            Socket::open(&server, &admin, &format!("/ws/admin?since={cursor}")).await;
        dashboard.next().await;
        assert_eq!(
            dashboard.next().await.news,
            News::Gap { coalesced: 0 },
            "{cursor}"
        );
        let (sales, _) = dashboard.sales(2).await;
        assert_eq!(sales.len(), 2, "the last sales are told");
    }
    // One that missed too much is told how much.
    for _ in 0..50 {
        let events = (0..10)
            .flat_map(|_| facts.whole_sale(some_order(), "hash", "vip", 5))
            .collect();
        facts.append(events).await;
    }
    eventually("more sales", || async {
        let overview = admin.get("/api/admin/overview").await.json();
        (overview["totals"]["sold"] == 2_502).then_some(())
    })
    .await;
    let mut dashboard = Socket::open(&server, &admin, "/ws/admin?since=analytics_topic.0:0").await;
    dashboard.next().await;
    assert_eq!(dashboard.next().await.news, News::Gap { coalesced: 502 });
    dashboard.sales(2_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_reader_misses_some_and_is_told_how_many_while_another_sees_all() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 1_000_000).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let mut slow = Socket::open(&server, &admin, "/ws/admin").await;
    let mut quick = Socket::open(&server, &admin, "/ws/admin").await;
    slow.next().await;
    let (orders, each) = (3_000, 10);
    let all = orders * each;
    let watching = tokio::spawn(async move {
        let mut seen = HashSet::new();
        while seen.len() < all {
            match quick.next().await.news {
                News::Sale(sale) => assert!(seen.insert(sale.ticket_id), "twice"),
                News::Gap { coalesced } => panic!("a quick reader missed {coalesced}"),
                _ => {}
            }
        }
    });
    for _ in 0..orders / 50 {
        let events = (0..50).flat_map(|_| {
            facts.whole_sale(some_order(), "hash", "vip", u32::try_from(each).unwrap())
        });
        facts.append(events.collect()).await;
        // A rush, and yet one that a browser keeps up with.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::timeout(Duration::from_secs(60), watching)
        .await
        .unwrap()
        .unwrap();

    // The slow one has read nothing so far. Now it does.
    let (mut seen, mut missed) = (0, 0);
    let mut tickets = HashSet::new();
    while seen + missed < all {
        match slow.next().await.news {
            News::Sale(sale) => {
                assert!(tickets.insert(sale.ticket_id), "twice");
                seen += 1;
            }
            News::Gap { coalesced } => missed += usize::try_from(coalesced).unwrap(),
            _ => {}
        }
    }
    assert_eq!(seen + missed, all, "told or counted");
    assert!(missed > 0, "the control: it was too slow indeed");
}
