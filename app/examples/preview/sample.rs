//! A sale in the middle of its day.

use app::pages::{Brokers, OrderForm};
use domain::event::TicketSold;
use domain::fold::Reason;
use domain::view::{
    AdjustmentRow, AdminOrderView, Carrier, GroupGauge, HistorySpan, HistoryView, Ledger,
    LedgerCheck, MailView, OrderItemView, OrderRow, OrderView, Overview, QueueGauge, QueuesView,
    SecondsRange, ShopEvent, ShopTicketType, StatusCount, StockRow, TicketView, TimelineEntry,
    Totals, WaitView,
};
use domain::{
    Amount, Currency, OrderId, OrderStatus, Quantity, StockLevel, TicketTypeId, Timestamp,
};
use std::time::Duration;

/// 1 May 2027, 12:00:00 UTC.
pub const NOW: Timestamp = Timestamp::from_micros(1_809_172_800_000_000);
const ORDER: &str = "0190c2a4-7d5e-7a3b-8f10-0123456789ab";
const DATE: &str = "2027-06-18T16:00:00+02:00";

fn ticket_type(id: &str) -> TicketTypeId {
    TicketTypeId::parse(id).expect("sample ids are well-formed")
}

fn order_id() -> OrderId {
    ORDER.parse().expect("the sample id is well-formed")
}

fn millis(millis: u64) -> Timestamp {
    NOW.plus(Duration::from_millis(millis))
}

pub fn events() -> Vec<ShopEvent> {
    let ticket =
        |id: &str, name: &str, description: &str, price, remaining, capacity, max| ShopTicketType {
            ticket_type: ticket_type(id),
            name: name.to_owned(),
            description: description.to_owned(),
            price: Amount(price),
            currency: Currency::EUR,
            remaining,
            capacity,
            max_per_order: max,
            sale_starts: None,
            sale_ends: None,
        };
    let mut late = ticket(
        "sunrise",
        "Sunrise set",
        "On the jetty, from five in the morning.",
        3_500,
        200,
        200,
        2,
    );
    late.sale_starts = Some(NOW.plus(Duration::from_secs(86_400)));
    let mut early = ticket(
        "early",
        "Early bird",
        "The weekend, for those who knew first.",
        9_900,
        12,
        500,
        4,
    );
    early.sale_ends = Some(NOW);
    vec![
        ShopEvent {
            event: "lakeside".to_owned(),
            name: "Lakeside Nights".to_owned(),
            venue: "Badewiese, Lake Müritz".to_owned(),
            date: DATE.to_owned(),
            ticket_types: vec![
                early,
                ticket(
                    "weekend",
                    "Weekend",
                    "All three days and nights, tent ground included.",
                    12_900,
                    4_208,
                    12_000,
                    6,
                ),
                ticket(
                    "day",
                    "Saturday",
                    "One day, from noon to the last encore.",
                    6_450,
                    37,
                    3_000,
                    6,
                ),
                ticket(
                    "vip",
                    "Boat",
                    "Hear it from the water: deck, bar, and a bunk.",
                    24_900,
                    0,
                    120,
                    4,
                ),
                late,
            ],
        },
        ShopEvent {
            event: "brass".to_owned(),
            name: "Brass Against The Rain".to_owned(),
            venue: "Old Tram Depot".to_owned(),
            date: "2027-09-04T19:30:00+02:00".to_owned(),
            ticket_types: vec![ticket(
                "standing",
                "Standing",
                "Bring good shoes.",
                3_200,
                800,
                800,
                8,
            )],
        },
    ]
}

pub fn form() -> OrderForm {
    OrderForm {
        idempotency_key: "0123456789abcdef0123".to_owned(),
        ..OrderForm::default()
    }
}

pub fn order(status: OrderStatus, reason: Option<Reason>) -> OrderView {
    let decided = status != OrderStatus::Received;
    let held = decided && status != OrderStatus::Rejected;
    let item = |id: &str, name: &str, quantity, price| OrderItemView {
        ticket_type: ticket_type(id),
        event: "Lakeside Nights".to_owned(),
        name: name.to_owned(),
        quantity: Quantity::parse(quantity).expect("a small number"),
        unit_price: held.then_some(Amount(price)),
    };
    let tickets = if status == OrderStatus::Confirmed {
        (1..=3).map(ticket).collect()
    } else {
        Vec::new()
    };
    OrderView {
        order_id: order_id(),
        status,
        reason,
        items: if decided {
            vec![
                item("weekend", "Weekend", 2, 12_900),
                item("day", "Saturday", 1, 6_450),
            ]
        } else {
            Vec::new()
        },
        total: held.then_some(Amount(32_250)),
        currency: held.then_some(Currency::EUR),
        placed_at: Some(NOW),
        expires_at: held.then(|| NOW.plus(Duration::from_secs(571))),
        wait: (!decided).then_some(WaitView {
            ahead: 12_345,
            seconds: Some(SecondsRange { from: 190, to: 260 }),
        }),
        mail_sent: status == OrderStatus::Confirmed,
        tickets,
        timeline: timeline(status),
    }
}

fn ticket(number: u32) -> TicketView {
    let name = if number < 3 { "Weekend" } else { "Saturday" };
    TicketView::of(sold(number), name.to_owned(), String::new())
}

fn sold(number: u32) -> TicketSold {
    let weekend = number < 3;
    TicketSold {
        ticket_id: order_id().ticket(number),
        timestamp: millis(412),
        order_id: order_id(),
        ticket_type: ticket_type(if weekend { "weekend" } else { "day" }),
        ticket_number: number,
        tickets_in_order: 3,
        price: Amount(if weekend { 12_900 } else { 6_450 }),
        currency: Currency::EUR,
        event: "Lakeside Nights".to_owned(),
        event_date: DATE.to_owned(),
    }
}

fn timeline(status: OrderStatus) -> Vec<TimelineEntry> {
    let step = |event_type: &str, at, carrier, detail: &str| TimelineEntry {
        event_type: event_type.to_owned(),
        timestamp: millis(at),
        carrier,
        detail: detail.to_owned(),
    };
    let mut steps = vec![step("ORDER_PLACED", 0, Carrier::Queue, "")];
    match status {
        OrderStatus::Received => {}
        OrderStatus::Rejected => steps.push(step("ORDER_REJECTED", 31, Carrier::Log, "sold out")),
        _ => {
            steps.push(step("INVENTORY_RESERVED", 31, Carrier::Log, "€322.50"));
            steps.push(step("CHARGE_PAYMENT", 36, Carrier::Queue, ""));
        }
    }
    match status {
        OrderStatus::Confirmed => {
            steps.push(step(
                "PAYMENT_PROCESSED",
                380,
                Carrier::Log,
                "captured €322.50",
            ));
            steps.push(step("TICKET_SOLD", 412, Carrier::Log, "Weekend"));
            steps.push(step("ORDER_CONFIRMED", 413, Carrier::Log, "3 tickets"));
            steps.push(step("MAIL_SENT", 1_904, Carrier::Log, "1 try"));
        }
        OrderStatus::Cancelled => {
            steps.push(step("PAYMENT_FAILED", 380, Carrier::Log, "card declined"));
            steps.push(step("ORDER_CANCELLED", 391, Carrier::Log, ""));
        }
        _ => {}
    }
    steps
}

pub fn overview() -> Overview {
    let row = |id: &str, name: &str, price, remaining, held, sold| StockRow {
        ticket_type: ticket_type(id),
        name: name.to_owned(),
        event: "Lakeside Nights".to_owned(),
        price: Amount(price),
        level: StockLevel {
            remaining,
            held,
            sold,
            version: 1,
        },
    };
    let queue = |name: &str, ready, dead| QueueGauge {
        name: name.to_owned(),
        ready,
        unacked: Some(200),
        consumers: Some(2),
        in_per_second: Some(4_912.4),
        out_per_second: Some(4_870.0),
        dead,
        lately: (0..90).map(|at| ready + (at * at * 37) % 211).collect(),
    };
    let history = |span, step, steps: u32| HistoryView {
        span,
        from: Timestamp::from_micros(NOW.micros() - i64::from(step * steps) * 1_000_000),
        step,
        placed: (0..steps)
            .map(|at| step * (40 + (at * at * 7) % 31))
            .collect(),
        sold: (0..steps)
            .map(|at| step * (50 + (at * at * 11) % 43))
            .collect(),
    };
    let group = |group: &str, lag| GroupGauge {
        group: group.to_owned(),
        topic: domain::ANALYTICS_TOPIC.to_owned(),
        lag,
    };
    let status = |status, count| StatusCount { status, count };
    Overview {
        totals: Totals {
            sold: 10_716,
            held: 311,
            remaining: 4_245,
            revenue: Amount(121_407_350),
            currency: Currency::EUR,
            accepted: 18_204,
            orders: vec![
                status(OrderStatus::Confirmed, 5_210),
                status(OrderStatus::Rejected, 902),
                status(OrderStatus::Cancelled, 173),
                status(OrderStatus::Refunded, 2),
            ],
        },
        stock: vec![
            row("weekend", "Weekend", 12_900, 4_208, 290, 7_502),
            row("day", "Saturday", 6_450, 37, 21, 2_942),
            row("vip", "Boat", 24_900, 0, 0, 120),
        ],
        queues: QueuesView {
            queues: vec![
                queue("orders", 11_745, 0),
                queue("payments", 311, 0),
                queue("inventory", 0, 3),
            ],
            groups: vec![group("inventory", 12), group("email", 1_480)],
            trouble: None,
        },
        sales: (1..=3).rev().map(sold).collect(),
        orders: [
            (OrderStatus::Confirmed, None),
            (OrderStatus::Reserved, None),
            (OrderStatus::Received, None),
        ]
        .into_iter()
        .map(|(status, reason)| OrderRow {
            order_id: order_id(),
            status,
            reason,
            tickets: 3,
            total: (status != OrderStatus::Received).then_some(Amount(32_250)),
            placed_at: Some(NOW),
            updated_at: millis(413),
        })
        .collect(),
        history: vec![
            history(HistorySpan::Minute, 1, 60),
            history(HistorySpan::Quarter, 10, 90),
            history(HistorySpan::Hours, 120, 90),
            history(HistorySpan::Whole, 4_000, 90),
        ],
        adjustments: vec![AdjustmentRow {
            adjustment_id: domain::AdjustmentId(uuid::Uuid::nil()),
            at: NOW,
            ticket_type: ticket_type("day"),
            change: -20,
            actor: "admin@festflow.local".to_owned(),
            reason: "The meadow is smaller".to_owned(),
            refused: None,
        }],
        ledger: Ledger {
            balanced: false,
            checks: [("money", 7), ("mails", 0)]
                .map(|(name, difference)| LedgerCheck {
                    name: name.to_owned(),
                    says: "money captured - refunded = totals of confirmed orders".to_owned(),
                    left: 121_407_350 + difference,
                    right: 121_407_350,
                })
                .to_vec(),
        },
    }
}

/// What a large installation's messages travel on.
pub const BROKERS: Brokers = Brokers {
    queue: "RabbitMQ",
    log: "Kafka",
};

/// A confirmed order whose first mail was given up.
pub fn admin_order() -> AdminOrderView {
    let order = order(OrderStatus::Confirmed, None);
    let mail = |seconds, attempts, error: Option<&str>| MailView {
        kind: "tickets".to_owned(),
        at: order
            .placed_at
            .unwrap_or_default()
            .plus(Duration::from_secs(seconds)),
        attempts,
        error: error.map(str::to_owned),
    };
    let mails = vec![mail(60, 9, Some("550 no such mailbox")), mail(900, 1, None)];
    AdminOrderView { order, mails }
}
