//! The same stories where the commands are on RabbitMQ, the events on Kafka, and the accounts in Postgres.

use crate::support::server::{Options, TestServer};
use crate::support::{Festival, setting};
use crate::{accounts, admin, any_order, intake, live, orders, read_model, rebuilding};
use sqlx::{Connection, Executor, PgConnection};
use uuid::Uuid;

macro_rules! on_brokers {
    ($($name:ident = $story:path;)*) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $name() {
            if let Some(festival) = Festival::on_brokers() {
                $story(festival).await;
            }
        }
    )*};
}

on_brokers! {
    an_order_is_followed_to_its_tickets = orders::order_followed_on;
    a_dashboard_sees_everything = live::dashboard_sees_everything_on;
    a_dashboard_resumes_on_any_server = live::dashboard_resumes_on;
    a_deleted_read_model_is_made_again = read_model::rebuilt_equal_on;
    orders_end_the_same_in_any_order = any_order::orders_end_the_same_on;
    what_cannot_be_read_is_set_aside = read_model::unreadable_set_aside_on;
    no_order_is_refused_while_the_catalogue_is_being_read = rebuilding::while_the_catalogue_is_being_read_on;
    one_key_is_one_order = intake::one_key_one_order_on;
    an_adjustment_is_answered = admin::adjustment_answered_on;
    the_ledger_balances = admin::ledger_balances_on;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_was_made_again_waits_for_a_word() {
    if let (Some(festival), Some(other)) = (Festival::on_brokers(), Festival::on_brokers()) {
        read_model::made_again_on(festival, other).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_hold_on_every_server_in_postgres() {
    let Some(url) = setting("FESTFLOW_TEST_DATABASE_URL") else {
        return;
    };
    let name = format!("server_{}", Uuid::new_v4().simple());
    let mut postgres = PgConnection::connect(&url).await.unwrap();
    let create = format!("CREATE DATABASE {name}");
    postgres.execute(sqlx::AssertSqlSafe(create)).await.unwrap();
    let mut own: url::Url = url.parse().unwrap();
    own.set_path(&name);

    let festival = Festival::new();
    let options = || Options {
        accounts: Some(own.to_string()),
        ..Options::default()
    };
    // Together, as after an outage: one of them makes the schema and the admin.
    let (one, two) = tokio::join!(
        TestServer::start(&festival, "a", options()),
        TestServer::start(&festival, "b", options()),
    );
    accounts::sessions_hold_on(&one, &two).await;
    one.stop().await;
    two.stop().await;
    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
    postgres.execute(sqlx::AssertSqlSafe(drop)).await.unwrap();
}
