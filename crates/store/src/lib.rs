//! A service's database from its URL: SQLite or Postgres, migrations, group commit.
