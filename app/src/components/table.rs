//! A table. Where the screen is too narrow for its columns, its rows become cards, whose numbers say what they are; what still
//! does not fit scrolls by itself, also with the keyboard. Its cells are data: one view serves
//! all tables, where a view for each kind of row is as much code again.

use crate::components::chart::Spark;
use leptos::either::Either;
use leptos::prelude::*;

/// With more columns than this a table is too wide for a phone.
const NARROW: usize = 4;

/// A column's head.
pub(crate) struct Column {
    name: &'static str,
    class: &'static str,
}

/// A column of words.
pub(crate) const fn words(name: &'static str) -> Column {
    Column { name, class: "" }
}

/// A column of numbers, which end below each other.
pub(crate) const fn numbers(name: &'static str) -> Column {
    Column {
        name,
        class: "number",
    }
}

/// What stands in a cell, and how it looks.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    text: String,
    class: &'static str,
    /// Of the coloured box, if it is in one.
    state: Option<&'static str>,
    link: Option<String>,
    spark: Option<Spark>,
}

impl Cell {
    /// Words.
    pub fn text(text: impl Into<String>) -> Cell {
        Cell {
            text: text.into(),
            ..Cell::default()
        }
    }

    /// Words that belong on one line.
    pub fn line(text: impl Into<String>) -> Cell {
        Cell::text(text).of("nowrap")
    }

    /// A number.
    pub fn number(text: impl Into<String>) -> Cell {
        Cell::text(text).of("number")
    }

    /// A number that is what the row is about.
    pub fn main_number(text: impl Into<String>) -> Cell {
        Cell::text(text).of("number number-main")
    }

    /// A number that is wrong unless it is zero.
    pub fn fault(text: impl Into<String>, wrong: bool) -> Cell {
        Cell::text(text).of(if wrong { "number alarm" } else { "number" })
    }

    /// A word in a coloured box.
    pub fn marked((state, text): (&'static str, String)) -> Cell {
        Cell {
            state: Some(state),
            ..Cell::text(text)
        }
    }

    /// Words that lead somewhere.
    pub fn link(text: impl Into<String>, href: String) -> Cell {
        Cell {
            link: Some(href),
            ..Cell::line(text)
        }
    }

    /// A small chart.
    pub fn spark(spark: Spark) -> Cell {
        Cell {
            spark: Some(spark),
            ..Cell::default()
        }
    }

    /// The same in this class.
    pub fn of(self, class: &'static str) -> Cell {
        Cell { class, ..self }
    }
}

/// A row: its cells, the first of which is its head.
pub(crate) type Row = Vec<Cell>;

/// The table of these `rows`. Readers who do not see it find it by `label`, and hear `caption` in it. Where there are no
/// rows, `empty` is said.
pub(crate) fn table(
    label: &'static str,
    caption: &'static str,
    columns: &'static [Column],
    rows: Signal<Vec<Row>>,
    empty: &'static str,
) -> impl IntoView {
    let heads: Vec<_> = columns
        .iter()
        .map(|column| view! { <th scope="col" class=column.class>{column.name}</th> })
        .collect();
    let filled = Signal::derive(move || empty.is_empty() || rows.with(|rows| !rows.is_empty()));
    let class = if columns.len() > NARROW {
        "table-wrap table-wide"
    } else {
        "table-wrap"
    };
    let row = move |row| row_view(row, columns);
    view! {
        <div class=class tabindex="0" role="region" aria-label=label>
            <table>
                <caption class="sr-only">{caption}</caption>
                <thead><tr>{heads}</tr></thead>
                <tbody>{move || rows.get().into_iter().map(row).collect_view()}</tbody>
            </table>
        </div>
        <p class="fine" hidden=filled>{empty}</p>
    }
}

fn row_view(row: Row, columns: &'static [Column]) -> impl IntoView {
    let mut cells = row.into_iter();
    let head = cells.next().unwrap_or_default();
    let cells = cells
        .zip(columns.iter().skip(1))
        .map(|(cell, column)| {
            let class = cell.class;
            view! { <td class=class data-label=column.name>{content(cell)}</td> }
        })
        .collect_view();
    let class = head.class;
    view! { <tr><th scope="row" class=class>{content(head)}</th>{cells}</tr> }
}

fn content(cell: Cell) -> impl IntoView {
    let Cell {
        text,
        state,
        link,
        spark,
        ..
    } = cell;
    let text = match link {
        Some(href) => Either::Left(view! { <a href=href>{text}</a> }),
        None => Either::Right(
            view! { <span class=state.map(|_| "mark") data-state=state>{text}</span> },
        ),
    };
    view! {
        {text}
        {spark.map(|spark| view! {
            <svg class="spark" viewBox=spark.view_box preserveAspectRatio="none" role="img" aria-label=spark.says>
                <path class="chart-placed" d=spark.path />
            </svg>
        })}
    }
}
