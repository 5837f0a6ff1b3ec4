//! `/admin`: the sale as it happens.

use crate::components::field::error_of;
use crate::components::frame::admin_frame;
use crate::components::names::full_name;
use crate::components::problem_of;
use crate::components::search::order_search;
use crate::document::{Feed, PageMeta};
use crate::islands::{
    AdjustmentHistory, AdjustmentState, LedgerBoard, QueueBoard, RecentOrders, SalesHistory,
    SalesTail, StockNow, TotalsBoard, standing_of,
};
use crate::live::TAIL;
use crate::seed::Seed;
use crate::site::Bundle;
use domain::view::{AdjustmentDecision, AdjustmentView, Overview, StockRow};
use domain::{Currency, FieldError};
use leptos::prelude::*;

/// What the dashboard shows.
#[derive(Clone, Debug)]
pub struct AdminPage {
    /// The sale.
    pub overview: Overview,
    /// Where on the log `overview` stands; empty when there is no such place.
    pub cursor: String,
    /// What an operator has to decide, if anything.
    pub notice: Option<String>,
    /// Who is signed in, by address.
    pub admin: String,
    /// Made for each page: forms that are sent twice are done once.
    pub form_key: String,
    /// The adjustment form that came back, if one did.
    pub stock_form: Option<StockForm>,
    /// The adjustment that was just asked for, if any.
    pub adjustment: Option<AdjustmentView>,
}

/// A stock adjustment, as typed: `POST /admin/stock` with `ticket_type`, `change`, `reason`, `idempotency_key`.
#[derive(Clone, Debug, Default)]
pub struct StockForm {
    /// Whose stock.
    pub ticket_type: String,
    /// Tickets to add; negative: to take away.
    pub change: String,
    /// Why.
    pub reason: String,
    /// Kept when the form comes back: the same change, however often it is sent.
    pub idempotency_key: String,
    /// What is wrong, by the names of the form's fields.
    pub errors: Vec<FieldError>,
}

pub(crate) fn view(page: AdminPage) -> (PageMeta, AnyView) {
    let meta = PageMeta {
        title: "Dashboard".to_owned(),
        description: "The sale as it happens.",
        preview: None,
        bundle: Bundle::Admin,
        kept: false,
        feed: Some(Feed {
            url: format!("/ws/admin?tail={TAIL}"),
            since: page.cursor,
        }),
    };
    let AdminPage {
        overview,
        notice,
        admin,
        form_key,
        stock_form,
        adjustment,
        ..
    } = page;
    let currency = overview.totals.currency;
    let ticket_types: Vec<_> = overview
        .stock
        .iter()
        .map(|row| {
            let all = overview.stock.iter().map(|row| &*row.name);
            let name = full_name(&row.name, &row.event, all);
            (row.ticket_type.to_string(), name)
        })
        .collect();
    let stock: Vec<_> = overview
        .stock
        .into_iter()
        .zip(&ticket_types)
        .map(|(row, (_, full_name))| {
            let came_back = stock_form
                .clone()
                .filter(|form| form.ticket_type == row.ticket_type.as_str());
            let open = came_back.is_some();
            let form = came_back.unwrap_or_else(|| StockForm {
                idempotency_key: format!("{form_key}.{}", row.ticket_type),
                ..StockForm::default()
            });
            let adjustment = adjustment
                .as_ref()
                .filter(|asked| asked.ticket_type == row.ticket_type);
            stock_card(row, full_name.clone(), currency, (form, open), adjustment)
        })
        .collect();
    let stock = view! {
        <div class="stock-cards">{stock}</div>
        <details class="more">
            <summary>"Who changed what"</summary>
            <AdjustmentHistory adjustments=Seed(overview.adjustments) ticket_types=Seed(ticket_types.clone()) />
        </details>
    };
    let sales = view! {
        <SalesTail sales=Seed(overview.sales) ticket_types=Seed(ticket_types) />
        <p class="fine"><a href="/api/admin/sales.csv" download>"All sales as CSV"</a></p>
    };
    let orders = view! {
        {order_search(String::new(), "", &[])}
        <RecentOrders orders=Seed(overview.orders) currency=Seed(currency) />
    };
    let content = view! {
        <h1 class="sr-only">"Dashboard"</h1>
        {notice.map(|notice| view! { <p class="notice" role="alert">{notice}</p> })}
        <div class="board">
            <section class="board-totals" aria-label="The sale in numbers">
                {view! { <TotalsBoard totals=Seed(overview.totals) queues=Seed(overview.queues.clone()) /> }.into_any()}
            </section>
            {section("history", "The sale over time", view! { <SalesHistory history=Seed(overview.history) /> }.into_any())}
            {section("sales", "Sold just now", sales.into_any())}
            {section("queues", "Queues and lag", view! { <QueueBoard queues=Seed(overview.queues) /> }.into_any())}
            {section("stock", "Stock", stock.into_any())}
            {section("orders", "Last orders", orders.into_any())}
            {section("ledger", "Ledger", view! { <LedgerBoard ledger=Seed(overview.ledger) /> }.into_any())}
        </div>
    };
    (meta, admin_frame(admin, true, content.into_any()))
}

fn section(id: &'static str, title: &'static str, content: AnyView) -> AnyView {
    view! {
        <section class=format!("panel board-{id}") aria-labelledby=id>
            <h2 id=id class="display section-title">{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

fn adjustment_state(asked: &AdjustmentView) -> AnyView {
    let pending = asked.decision == AdjustmentDecision::Pending;
    view! {
        <AdjustmentState adjustment_id=Seed(asked.adjustment_id) change=Seed(asked.change)
            standing=Seed(standing_of(asked.change, &asked.decision)) />
        {pending.then(|| view! { <noscript><p class="fine"><a href="">"Look again"</a></p></noscript> })}
    }
    .into_any()
}

/// A ticket type's stock, and the form that changes it. The form is open when it came back or was just sent.
fn stock_card(
    row: StockRow,
    full_name: String,
    currency: Currency,
    (form, open): (StockForm, bool),
    adjustment: Option<&AdjustmentView>,
) -> AnyView {
    let StockForm {
        change,
        reason,
        idempotency_key,
        errors,
        ..
    } = form;
    let id = row.ticket_type.to_string();
    let input = |name: &'static str, label: &'static str, kind: &'static str, typed: String| {
        let error = error_of(&errors, name, label);
        let (field_id, error_id) = (format!("{name}.{id}"), format!("{name}.{id}.error"));
        let described = error.is_some().then(|| error_id.clone());
        let invalid = error.is_some().then_some("true");
        view! {
            <div class="field">
                <label for=field_id.clone()>{label}</label>
                <input id=field_id name=name type=kind value=typed required autocomplete="off" autofocus=error.is_some()
                    aria-invalid=invalid aria-describedby=described />
                {problem_of(&error_id, error)}
            </div>
        }
    };
    let change = input("change", "Change", "number", change);
    let reason = input("reason", "Reason", "text", reason);
    view! {
        <article class="stock-card" id=format!("stock.{id}")>
            <header class="stock-head">
                <h3 class="stub-name">{row.name.clone()}</h3>
                <p class="fine">{row.event} " · " {row.price.display(currency)}</p>
            </header>
            <StockNow ticket_type=Seed(row.ticket_type) level=Seed(row.level) />
            {adjustment.map(adjustment_state)}
            <details class="more" open=open>
                <summary>"Adjust" <span class="sr-only">" " {full_name}</span></summary>
                <form class="adjust" method="post" action="/admin/stock">
                    <input type="hidden" name="ticket_type" value=id.clone() />
                    <input type="hidden" name="idempotency_key" value=idempotency_key />
                    {change}
                    {reason}
                    <button class="button" type="submit">"Adjust stock"</button>
                </form>
                <p class="fine">"A change such as 50 or -20. Never below what is held and sold."</p>
            </details>
        </article>
    }
    .into_any()
}
