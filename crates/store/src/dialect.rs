//! Where SQLite's and Postgres' SQL differ.

/// Which SQL the database speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// SQLite.
    Sqlite,
    /// PostgreSQL.
    Postgres,
}

impl Dialect {
    /// A row source for `FROM` made of one JSON text: placeholder `placeholder` holds an array of objects, `columns`
    /// are their fields with SQL types. The source is called `batch`.
    ///
    /// A whole batch is thus one parameter and one statement, on either database.
    pub fn json_rows(self, placeholder: &str, columns: &[(&str, &str)]) -> String {
        let list = |each: &dyn Fn(&str, &str) -> String| {
            columns
                .iter()
                .map(|(name, kind)| each(name, kind))
                .collect::<Vec<_>>()
                .join(", ")
        };
        match self {
            Dialect::Sqlite => format!(
                "(SELECT {} FROM json_each({placeholder})) AS batch",
                list(&|name, kind| format!("CAST(value->>'{name}' AS {kind}) AS {name}"))
            ),
            Dialect::Postgres => format!(
                "json_to_recordset(CAST({placeholder} AS json)) AS batch({})",
                list(&|name, kind| format!("{name} {kind}"))
            ),
        }
    }

    /// What locks the selected rows until the transaction ends. SQLite's transactions hold the whole database already.
    pub fn for_update(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE",
        }
    }

    /// What locks the selected rows and passes over those that another transaction has locked.
    pub fn for_update_skip_locked(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
        }
    }
}
