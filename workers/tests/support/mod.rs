//! Databases for stories: each story runs on SQLite and, where FESTFLOW_TEST_DATABASE_URL names one, on Postgres.

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, Connection, Executor, Row as _};
use std::time::Duration;
use store::{Database, Dialect, Location, MigrationText, Rows};
use tempfile::TempDir;
use uuid::Uuid;

pub fn random_id() -> Uuid {
    Uuid::from_u128(rand::random())
}

/// Where a story's databases are.
pub struct Place {
    directory: TempDir,
    postgres: Option<String>,
    name: String,
}

impl Place {
    pub fn sqlite() -> Place {
        Place {
            directory: tempfile::tempdir().unwrap(),
            postgres: None,
            name: String::new(),
        }
    }

    /// `None` where there is no Postgres to test on, which CI does not accept.
    pub fn postgres() -> Option<Place> {
        let Ok(url) = std::env::var("FESTFLOW_TEST_DATABASE_URL") else {
            let ci = std::env::var("CI").is_ok_and(|ci| ci == "true");
            assert!(!ci, "FESTFLOW_TEST_DATABASE_URL must name a Postgres");
            eprintln!("not on Postgres: FESTFLOW_TEST_DATABASE_URL is not set");
            return None;
        };
        Some(Place {
            postgres: Some(url),
            name: format!("story_{}_", random_id().simple()),
            ..Place::sqlite()
        })
    }

    /// The story's database of `service`.
    pub fn location(&self, service: &str) -> Location {
        match &self.postgres {
            Some(url) => Location::parse(url, &format!("{}{service}", self.name)).unwrap(),
            None => {
                let url = format!("sqlite:{}", self.directory.path().display());
                Location::parse(&url, service).unwrap()
            }
        }
    }

    /// The story's database of `service`, opened once more.
    pub async fn database(&self, service: &str, migrations: &[MigrationText]) -> Database {
        Database::open(&self.location(service), migrations)
            .await
            .unwrap()
    }

    /// A directory for the story's files.
    #[allow(dead_code, reason = "not every service keeps files")]
    pub fn directory(&self) -> &std::path::Path {
        self.directory.path()
    }

    /// Takes the story's schemas away again.
    pub async fn clean(self) {
        let Some(url) = &self.postgres else { return };
        let mut db = sqlx::AnyConnection::connect(url).await.unwrap();
        let schemas: Vec<String> = sqlx::query_scalar(
            "SELECT CAST(nspname AS TEXT) FROM pg_namespace WHERE nspname LIKE $1",
        )
        .bind(format!("{}%", self.name))
        .fetch_all(&mut db)
        .await
        .unwrap();
        for schema in schemas {
            let sql = format!("DROP SCHEMA \"{schema}\" CASCADE");
            db.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
        }
    }
}

/// Waits for a condition, for a minute at the most.
#[allow(dead_code, reason = "not every suite waits")]
pub async fn until(condition: impl AsyncFn() -> bool) {
    let waiting = async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(60), waiting).await;
    waited.expect("the condition came true in time");
}

/// How a database went about a statement, as it says itself.
#[allow(dead_code, reason = "not every suite looks at plans")]
#[derive(Debug)]
pub struct Plan(Vec<String>);

#[allow(dead_code, reason = "not every suite looks at plans")]
impl Plan {
    /// Whether the rows to work on were found in `index` alone, by its order, with none read in vain.
    pub fn reads_only_by(&self, index: &str) -> bool {
        let in_vain = ["SCAN ", "TEMP B-TREE", "Sort"];
        self.reads_by(index) && !in_vain.iter().any(|part| self.says(part))
    }

    /// Whether the rows of `table` to work on were found by its primary key, with none read in vain.
    pub fn reads_only_by_key(&self, table: &str) -> bool {
        self.reads_by(&format!("sqlite_autoindex_{table}_1"))
            || self.reads_by(&format!("{table}_pkey"))
    }

    fn reads_by(&self, index: &str) -> bool {
        let sqlite = self.says(&format!("INDEX {index} ")) && self.says("SEARCH");
        let postgres = self.says(&format!("using {index} ")) && self.says("Index Cond");
        (sqlite || postgres) && !self.says("Seq Scan") && !self.says("Rows Removed")
    }

    fn says(&self, part: &str) -> bool {
        self.0.iter().any(|line| line.contains(part))
    }
}

/// How `db` goes about `sql`, which Postgres executes for that.
#[allow(dead_code, reason = "not every suite looks at plans")]
pub async fn plan(db: &Database, sql: &str, parameters: &[i64]) -> Plan {
    let query = sqlx::query(sqlx::AssertSqlSafe(explained(db, sql)));
    let query = parameters
        .iter()
        .fold(query, |query, value| query.bind(*value));
    told(db, query).await
}

/// The same for a statement about a batch of rows.
#[allow(dead_code, reason = "not every suite looks at plans")]
pub async fn plan_of<T>(db: &Database, rows: &Rows<'_, T>, sql: impl Fn(&str) -> String) -> Plan {
    let query = rows.query(db.dialect(), |batch| explained(db, &sql(batch)));
    told(db, query).await
}

/// `sql` as a statement that tells how it is gone about.
fn explained(db: &Database, sql: &str) -> String {
    let explain = match db.dialect() {
        Dialect::Sqlite => "EXPLAIN QUERY PLAN",
        Dialect::Postgres => "EXPLAIN (ANALYZE)",
    };
    format!("{explain} {sql}")
}

/// What such a statement tells, in its last column.
async fn told(db: &Database, query: Query<'_, Any, AnyArguments>) -> Plan {
    let rows = query.fetch_all(db.pool()).await.unwrap();
    Plan(rows.iter().map(|row| row.get(row.len() - 1)).collect())
}

/// A story as two tests: `NAME::sqlite` and `NAME::postgres`.
#[macro_export]
macro_rules! story {
    ($(#[doc = $doc:literal])* async fn $name:ident($place:ident: &Place) $body:block) => {
        $(#[doc = $doc])*
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($place: &Place) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                story(&Place::sqlite()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                if let Some(place) = Place::postgres() {
                    story(&place).await;
                    place.clean().await;
                }
            }
        }
    };
}
