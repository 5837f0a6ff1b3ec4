//! What an admin sees of an order's mails.

use crate::support::facts::some_order;
use crate::support::{Festival, eventually};
use serde_json::json;

#[tokio::test]
async fn an_orders_mails_are_told_with_their_tries() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let (order, other) = (some_order(), some_order());
    let mut events = vec![
        facts.reserved(order, "hash", "vip", 1),
        facts.paid(order, 1),
    ];
    events.extend(facts.sold(order, "vip", 1));
    facts.append(events).await;
    facts
        .append(facts.whole_sale(other, "hash", "vip", 1))
        .await;
    let path = format!("/admin/orders/{order}");
    let says = |words: &'static str| {
        let (admin, path) = (&admin, &path);
        eventually(words, move || async move {
            let page = admin.get(path).await;
            page.body.contains(words).then_some(page.body)
        })
    };
    says("on their way to the mail server").await;

    let refused = "550 no such mailbox";
    facts
        .append(vec![facts.mail_given_up(order, 9, refused)])
        .await;
    let page = says("550 no such mailbox").await;
    assert!(page.contains("given up") && !page.contains("on their way"));
    facts.append(vec![facts.mailed(order)]).await;
    let mails = eventually("both mails", || async {
        let view = admin.get(&format!("/api{path}")).await.json();
        let mails = view["mails"].as_array().unwrap().clone();
        (mails.len() == 2).then_some(mails)
    })
    .await;
    assert_eq!(
        [
            &mails[0]["attempts"],
            &mails[0]["error"],
            &mails[1]["attempts"],
            &mails[1]["error"]
        ],
        [&json!(9), &json!(refused), &json!(1), &json!(null)]
    );
}

#[tokio::test]
async fn each_step_says_on_which_broker_it_travelled() {
    let festival = Festival::new();
    let facts = festival.facts();
    facts.define("vip", 100).await;
    let server = festival.server("a").await;
    let admin = server.admin().await;
    let order = some_order();
    facts
        .append(facts.whole_sale(order, "hash", "vip", 1))
        .await;
    let page = eventually("the order is here", || async {
        let page = admin.get(&format!("/admin/orders/{order}")).await;
        page.body.contains("Mail sent").then_some(page.body)
    })
    .await;
    assert!(page.contains("queue · SQLite") && page.contains("log · SQLite"));
}
