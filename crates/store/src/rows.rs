//! A batch of rows as a statement's parameters.

use crate::Dialect;
use serde::Serialize;
use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};
use std::borrow::Cow;

/// Rows that a statement reads as its table `batch`, so that one statement does for all of them.
///
/// Everything that the statement needs is in its rows, also what is the same in all of them: it has no other parameters.
/// On Postgres a column travels as an array, which is read twenty times faster than JSON; on SQLite, which has no
/// arrays, the rows travel as one JSON text.
pub struct Rows<'a, T> {
    items: &'a [T],
    columns: Vec<Column<'a>>,
}

struct Column<'a> {
    name: &'static str,
    sql_type: &'static str,
    cells: Vec<Cell<'a>>,
}

/// A value in a row, as JSON too.
#[derive(Serialize)]
#[serde(untagged)]
pub enum Cell<'a> {
    /// SQL's NULL.
    Null,
    /// Of the type BIGINT.
    Number(i64),
    /// Of the type TEXT.
    Text(Cow<'a, str>),
}

/// What a column may hold.
pub trait Value<'a> {
    /// The column's type in SQL.
    const SQL_TYPE: &'static str;

    /// The value in its row.
    fn cell(self) -> Cell<'a>;
}

impl<'a> Value<'a> for i64 {
    const SQL_TYPE: &'static str = "BIGINT";

    fn cell(self) -> Cell<'a> {
        Cell::Number(self)
    }
}

impl<'a> Value<'a> for &'a str {
    const SQL_TYPE: &'static str = "TEXT";

    fn cell(self) -> Cell<'a> {
        Cell::Text(Cow::Borrowed(self))
    }
}

impl<'a> Value<'a> for String {
    const SQL_TYPE: &'static str = "TEXT";

    fn cell(self) -> Cell<'a> {
        Cell::Text(Cow::Owned(self))
    }
}

impl<'a, V: Value<'a>> Value<'a> for Option<V> {
    const SQL_TYPE: &'static str = V::SQL_TYPE;

    fn cell(self) -> Cell<'a> {
        self.map_or(Cell::Null, V::cell)
    }
}

impl<'a, T> Rows<'a, T> {
    /// A row for each of `items`, with no columns yet.
    pub fn of(items: &'a [T]) -> Rows<'a, T> {
        Rows {
            items,
            columns: Vec::new(),
        }
    }

    /// With a column that holds `value` of each item.
    pub fn column<V: Value<'a>>(
        mut self,
        name: &'static str,
        value: impl Fn(&'a T) -> V,
    ) -> Rows<'a, T> {
        self.columns.push(Column {
            name,
            sql_type: V::SQL_TYPE,
            cells: self.items.iter().map(|item| value(item).cell()).collect(),
        });
        self
    }

    /// The columns' names, as a list in SQL.
    pub fn names(&self) -> String {
        list(self.columns.iter().map(|column| column.name))
    }

    /// The statement that `sql` makes of the table's name in a `FROM` clause, with these rows as its parameters.
    pub fn query(
        &self,
        dialect: Dialect,
        sql: impl FnOnce(&str) -> String,
    ) -> Query<'static, Any, AnyArguments> {
        match dialect {
            Dialect::Sqlite => {
                let query = sqlx::query(AssertSqlSafe(sql(&self.table_of_json())));
                query.bind(self.json())
            }
            Dialect::Postgres => {
                let query = sqlx::query(AssertSqlSafe(sql(&self.table_of_arrays())));
                let arrays = self.columns.iter().map(Column::array);
                arrays.fold(query, Query::bind)
            }
        }
    }

    fn table_of_json(&self) -> String {
        let columns = self.columns.iter().enumerate();
        let columns = list(columns.map(|(at, column)| format!("value->>{at} AS {}", column.name)));
        format!("(SELECT {columns} FROM json_each($1)) AS batch")
    }

    fn json(&self) -> String {
        let row = |at| -> Vec<&Cell<'_>> {
            self.columns
                .iter()
                .map(|column| &column.cells[at])
                .collect()
        };
        let rows: Vec<_> = (0..self.items.len()).map(row).collect();
        // Texts and numbers: there is nothing in them that JSON has no form for.
        serde_json::to_string(&rows).unwrap_or_default()
    }

    fn table_of_arrays(&self) -> String {
        let columns = self.columns.iter().enumerate();
        let arrays =
            list(columns.map(|(at, column)| format!("CAST(${} AS {}[])", at + 1, column.sql_type)));
        format!("unnest({arrays}) AS batch({})", self.names())
    }
}

impl Column<'_> {
    /// An array as text: <https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO>.
    fn array(&self) -> String {
        let mut array = String::from("{");
        for cell in &self.cells {
            match cell {
                Cell::Null => array.push_str("NULL"),
                Cell::Number(number) => array.push_str(&number.to_string()),
                Cell::Text(text) => push_quoted(&mut array, text),
            }
            array.push(',');
        }
        if self.cells.is_empty() {
            array.push('}');
        } else {
            array.replace_range(array.len() - 1.., "}");
        }
        array
    }
}

fn push_quoted(array: &mut String, text: &str) {
    array.push('"');
    let mut rest = text;
    while let Some(at) = rest.find(['"', '\\']) {
        array.push_str(&rest[..at]);
        array.push('\\');
        array.push_str(&rest[at..=at]);
        rest = &rest[at + 1..];
    }
    array.push_str(rest);
    array.push('"');
}

fn list<S: AsRef<str>>(parts: impl Iterator<Item = S>) -> String {
    let mut list = String::new();
    for part in parts {
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(part.as_ref());
    }
    list
}
