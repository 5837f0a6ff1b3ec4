//! What is asked of the writer of a log, and what topics are called in the file.

use super::{
    open::literal,
    writer::{Answer, Job},
};
use crate::{Topic, Unavailable};
use sqlx::AssertSqlSafe;
use std::{collections::BTreeMap, sync::Arc};

/// Something to be written to a log.
pub(super) enum LogJob {
    /// Records, as JSON.
    Append {
        records: Vec<(Topic, String)>,
        answer: Answer<()>,
    },
    /// The offsets that a group reads next.
    Commit {
        group: String,
        positions: BTreeMap<Topic, i64>,
        answer: Answer<()>,
    },
}

impl Job for LogJob {
    fn durable(&self) -> bool {
        matches!(self, LogJob::Append { .. })
    }

    fn bytes(&self) -> usize {
        match self {
            LogJob::Append { records, .. } => {
                records.iter().map(|(_, message)| message.len()).sum()
            }
            LogJob::Commit { .. } => 0,
        }
    }

    fn finish(self, result: &Result<(), Unavailable>) {
        match self {
            LogJob::Append { answer, .. } | LogJob::Commit { answer, .. } => answer.finish(result),
        }
    }
}

/// Names and statements for each topic. A topic's records are a table of their own, so that each grows only at its
/// end.
#[derive(Clone)]
pub(super) struct Topics {
    topics: Arc<BTreeMap<Topic, Statements>>,
    prefix: String,
}

/// What is said to the database about one topic.
pub(super) struct Statements {
    /// Its name in the file.
    pub name: String,
    create: String,
    append: Arc<str>,
    read: Arc<str>,
    first: Arc<str>,
    expire: Arc<str>,
}

/// A statement that contains nothing from outside but the prefix, quoted.
type Sql = AssertSqlSafe<Arc<str>>;

impl Topics {
    /// With `prefix` before each name.
    pub fn new(prefix: &str) -> Topics {
        let statements = |topic: Topic| (topic, Statements::new(&format!("{prefix}{topic}")));
        Topics {
            topics: Arc::new(Topic::ALL.into_iter().map(statements).collect()),
            prefix: prefix.to_owned(),
        }
    }

    /// The statements for `topic`.
    pub fn of(&self, topic: Topic) -> &Statements {
        // All of them are in there.
        &self.topics[&topic]
    }

    /// What `group` is called in the file.
    pub fn group(&self, group: &str) -> String {
        format!("{}{group}", self.prefix)
    }

    /// Creates what is missing.
    pub fn schema(&self) -> String {
        let tables = self
            .topics
            .values()
            .map(|statements| statements.create.as_str());
        std::iter::once(include_str!("log.sql"))
            .chain(tables)
            .collect()
    }
}

impl Statements {
    fn new(name: &str) -> Statements {
        let table = format!("\"records of {}\"", name.replace('"', "\"\""));
        Statements {
            name: name.to_owned(),
            create: format!(
                "CREATE TABLE IF NOT EXISTS {table} (
                     position INTEGER PRIMARY KEY,
                     appended INTEGER NOT NULL,
                     message  TEXT NOT NULL
                 );
                 INSERT OR IGNORE INTO topics (name) VALUES ({});",
                literal(name)
            ),
            append: format!(
                "INSERT INTO {table} (position, appended, message)
                 SELECT (SELECT next FROM topics WHERE name = $1) + key, $2, value FROM json_each($3);
                 UPDATE topics SET next = next + $4 WHERE name = $1"
            )
            .into(),
            read: format!("SELECT position, message FROM {table} WHERE position >= $1 ORDER BY position LIMIT $2")
                .into(),
            first: format!("SELECT min(position) FROM {table}").into(),
            expire: format!(
                "DELETE FROM {table}
                 WHERE position < (SELECT min(position) FROM {table}) + $1 AND appended < $2"
            )
            .into(),
        }
    }

    /// Appends the messages of the JSON array `$3`, of which there are `$4`, to the topic called `$1`; `$2` is the
    /// time in microseconds.
    pub fn append(&self) -> Sql {
        AssertSqlSafe(self.append.clone())
    }

    /// Up to `$2` records from position `$1`.
    pub fn read(&self) -> Sql {
        AssertSqlSafe(self.read.clone())
    }

    /// The position of the earliest record.
    pub fn first(&self) -> Sql {
        AssertSqlSafe(self.first.clone())
    }

    /// Deletes, of the `$1` earliest records, those appended before `$2` (microseconds).
    pub fn expire(&self) -> Sql {
        AssertSqlSafe(self.expire.clone())
    }
}
