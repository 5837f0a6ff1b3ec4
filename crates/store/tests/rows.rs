//! Stories of batches: what goes in as rows is what the database sees, on either of them.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

#[path = "../../../workers/tests/support/mod.rs"]
mod support;

use sqlx::Row as _;
use store::Rows;
use support::Place;

type Item = (i64, Option<i64>, String, Option<&'static str>);

/// Everything that means something in JSON or in an array's text.
fn odd_items() -> Vec<Item> {
    vec![
        (i64::MIN, None, String::new(), None),
        (i64::MAX, Some(0), "NULL".to_owned(), Some("null")),
        (
            0,
            Some(-1),
            r#"a "quoted", {braced}, \backslashed\ one"#.to_owned(),
            Some("\\\""),
        ),
        (7, Some(7), " spaces\n\tand lines ".to_owned(), Some("{}")),
        (
            8,
            Some(8),
            "Zoë \u{1f3ab} €".to_owned(),
            Some("'; DROP TABLE orders; --"),
        ),
    ]
}

fn rows(items: &[Item]) -> Rows<'_, Item> {
    Rows::of(items)
        .column("number", |item| item.0)
        .column("perhaps", |item| item.1)
        .column("words", |item| item.2.as_str())
        .column("remark", |item| item.3)
}

async fn come_out_as_they_went_in(place: Place) {
    let database = place.database("rows", &[]).await;
    let items = odd_items();
    let sql =
        |batch: &str| format!("SELECT number, perhaps, words, remark FROM {batch} ORDER BY number");
    let found = rows(&items)
        .query(database.dialect(), sql)
        .fetch_all(database.pool())
        .await
        .unwrap();
    let found: Vec<Item> = found
        .iter()
        .map(|row| {
            let remark: Option<String> = row.get("remark");
            let remark = remark.map(|remark| &*remark.leak());
            (
                row.get("number"),
                row.get("perhaps"),
                row.get("words"),
                remark,
            )
        })
        .collect();
    let mut items = items;
    items.sort_by_key(|item| item.0);
    assert_eq!(found, items);

    let none = rows(&[])
        .query(database.dialect(), sql)
        .fetch_all(database.pool())
        .await
        .unwrap();
    assert!(none.is_empty());
    database.close().await;
    place.clean().await;
}

#[tokio::test]
async fn rows_come_out_as_they_went_in_on_sqlite() {
    come_out_as_they_went_in(Place::sqlite()).await;
}

#[tokio::test]
async fn rows_come_out_as_they_went_in_on_postgres() {
    if let Some(place) = Place::postgres() {
        come_out_as_they_went_in(place).await;
    }
}
