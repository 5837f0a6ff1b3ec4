//! The system's own proof: numbers that must be equal, from what this server's read model and the queues know. While
//! orders are under way some differ for a moment; at rest all are equal, or something is wrong and has a name.

use crate::error::Problem;
use crate::live::frames::Body;
use crate::live::gauges;
use crate::read_model::{Now, counter};
use crate::state::App;
use domain::event::TicketTypeDefined;
use domain::live::News;
use domain::view::{Ledger, LedgerCheck, QueuesView};
use domain::{ORDERS_QUEUE, OrderStatus};
use std::collections::BTreeMap;
use std::time::Duration;

/// Orders that are looked up in the read model when they seem undecided: it may know them from before memory began.
const LOOKED_UP: usize = 1_000;

/// How often it is made for those who watch.
const PACE: Duration = Duration::from_secs(2);

/// Does all checks.
///
/// # Errors
/// The read model cannot be read.
pub(crate) async fn ledger(app: &App) -> Result<Ledger, Problem> {
    let queues = app.queues.view().await;
    forget_decided(app).await?;
    let added = app.read_model.added_stock().await?;
    let now = app.read_model.now();
    let mut checks = vec![accepted(app, &queues), decisions(&now)];
    for defined in now.types.values() {
        checks.extend(stock(&now, defined, &added));
    }
    checks.push(money(&now));
    checks.extend(mails(&now));
    checks.extend(nothing_left_over(&now, &queues));
    Ok(Ledger {
        balanced: checks.iter().all(|check| check.difference() == 0),
        checks,
    })
}

/// Keeps the dashboards' ledger up to date while somebody watches, until the server stops.
pub(crate) async fn keep(app: App) {
    let make = || async {
        match ledger(&app).await {
            Ok(ledger) => Some(Body::new(&News::Ledger(ledger))),
            Err(problem) => {
                tracing::warn!(why = problem.detail, "the ledger cannot be made");
                None
            }
        }
    };
    app.shutdown
        .run_until_cancelled(gauges::keep(&app.gauges.ledger, PACE, make))
        .await;
}

fn check(name: impl Into<String>, says: impl Into<String>, left: i64, right: i64) -> LedgerCheck {
    LedgerCheck {
        name: name.into(),
        says: says.into(),
        left,
        right,
    }
}

/// What is decided and yet counts as undecided, because memory had forgotten it when it was accepted again.
async fn forget_decided(app: &App) -> Result<(), Problem> {
    let (_, some) = app.intake.memory().undecided(LOOKED_UP);
    let decided = app.read_model.known_orders(&some).await?;
    app.intake.memory().decided(&decided);
    Ok(())
}

fn accepted(app: &App, queues: &QueuesView) -> LedgerCheck {
    let accepted = app.intake.memory().accepted();
    let (undecided, _) = app.intake.memory().undecided(0);
    let on_queue = queues
        .queues
        .iter()
        .find(|queue| queue.name == ORDERS_QUEUE)
        .map_or(0, |queue| {
            queue.ready + queue.unacked.unwrap_or(0) + queue.dead
        });
    check(
        "accepted",
        "orders accepted by this server = decided + waiting or dead on the queue",
        signed(accepted),
        signed(accepted.saturating_sub(undecided) + undecided.min(on_queue)),
    )
}

fn decisions(now: &Now) -> LedgerCheck {
    let decided = OrderStatus::ALL
        .into_iter()
        .filter(|status| *status != OrderStatus::Received)
        .map(|status| now.count(&counter::orders(status)))
        .sum();
    check(
        "decisions",
        "decisions about orders = orders decided: each exactly once",
        now.count(counter::DECISIONS),
        decided,
    )
}

fn stock(
    now: &Now,
    defined: &TicketTypeDefined,
    added: &BTreeMap<String, i64>,
) -> [LedgerCheck; 3] {
    let ticket_type = &defined.ticket_type;
    let level = now.stock.get(ticket_type).copied().unwrap_or_default();
    let changed = added.get(ticket_type.as_str()).copied().unwrap_or(0);
    [
        check(
            format!("capacity:{ticket_type}"),
            "tickets at first and added since = remaining + held + sold",
            defined.capacity.saturating_add(changed),
            level.capacity(),
        ),
        check(
            format!("held:{ticket_type}"),
            "tickets in orders that are reserved or paid = held",
            now.count(&counter::held(ticket_type)),
            level.held,
        ),
        check(
            format!("sold:{ticket_type}"),
            "TICKET_SOLD on the log = sold",
            now.count(&counter::tickets(ticket_type)),
            level.sold,
        ),
    ]
}

fn money(now: &Now) -> LedgerCheck {
    let amount = |status| now.count(&counter::amount(status));
    check(
        "money",
        "captured − refunded = totals of orders that are paid or confirmed, in minor units",
        now.count(counter::CAPTURED)
            .saturating_sub(now.count(counter::REFUNDED)),
        amount(OrderStatus::Paid).saturating_add(amount(OrderStatus::Confirmed)),
    )
}

fn mails(now: &Now) -> [LedgerCheck; 2] {
    let failed = now.count(counter::MAILS_FAILED);
    [
        check(
            "mails",
            "orders ever confirmed = mails sent or given up: one each",
            now.count(counter::CONFIRMED),
            now.count(counter::MAILS_SENT).saturating_add(failed),
        ),
        check("mails failed", "mails given up = none", failed, 0),
    ]
}

fn nothing_left_over(now: &Now, queues: &QueuesView) -> [LedgerCheck; 3] {
    let dead = queues.queues.iter().map(|queue| queue.dead).sum();
    [
        check(
            "dead letters",
            "messages that nobody could do = none",
            signed(dead),
            0,
        ),
        check(
            "refunds failed",
            "refunds that the gateway refused = none",
            now.count(counter::REFUNDS_FAILED),
            0,
        ),
        check(
            "unreadable",
            "records on the log that cannot be read = none",
            now.count(counter::UNREADABLE),
            0,
        ),
    ]
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
