//! A buyer waits in line.

use crate::support::socket::Socket;
use crate::support::{Festival, eventually};
use domain::OrderStatus;
use domain::live::News;
use domain::view::WaitView;

#[tokio::test]
async fn whoever_waits_sees_the_line_before_them_get_shorter() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    server.sells("vip").await;
    let others = server.buyer();
    for _ in 0..30 {
        others.order("vip", 1).await;
    }
    let kim = server.buyer();
    let order = kim.order("vip", 1).await;
    let place = |ahead: u64| {
        let (kim, order) = (&kim, &order);
        move || async move {
            let wait: Option<WaitView> = kim.see(order).await.wait;
            wait.filter(|wait| wait.ahead == ahead)
        }
    };
    let all = eventually("all are before Kim", place(30)).await;
    assert_eq!(all.seconds, None, "nobody decides yet");

    let mut socket = Socket::open(
        &server,
        &kim,
        &format!("/ws/orders/{}?key={}", order.order_id, order.key),
    )
    .await;
    for (decided, left) in [(10, 20), (5, 15)] {
        for _ in 0..decided {
            let placed = festival.placed().await;
            let (id, hash) = (placed.order_id, placed.request_hash);
            facts
                .append(vec![facts.reserved(id, &hash, "vip", 1)])
                .await;
        }
        eventually("fewer are before Kim", place(left)).await;
    }
    let told = socket.until(|frame| match &frame.news {
        News::Order(order) => order.wait.filter(|wait| wait.ahead == 15),
        _ => None,
    });
    told.await;
    eventually("how long it takes is told", || async {
        kim.see(&order).await.wait?.seconds
    })
    .await;

    for _ in 0..16 {
        let placed = festival.placed().await;
        let (id, hash) = (placed.order_id, placed.request_hash);
        facts
            .append(vec![facts.reserved(id, &hash, "vip", 1)])
            .await;
    }
    let held = kim.see_once(&order, OrderStatus::Reserved).await;
    assert_eq!(held.wait, None, "it is decided");
}
