//! Where a service's database is.

use crate::{Dialect, OpenError};
use std::{fmt, path::PathBuf};
use url::Url;

/// Where a service's database is, from its URL.
#[derive(Clone, Debug)]
pub struct Location {
    /// Which SQL it speaks.
    pub dialect: Dialect,
    /// The service: the schema on Postgres, the file's name in a shared directory on SQLite.
    pub service: String,
    /// The URL for the driver.
    pub(crate) url: String,
    /// The directory that must exist.
    pub(crate) directory: Option<PathBuf>,
    /// The setting that names it, for people who have to mend it.
    setting: Option<String>,
}

impl Location {
    /// The database of `service` below `url`, which all services may share: on Postgres each has a schema, and with
    /// `sqlite:DIRECTORY` each has a file of its name in it. `sqlite:FILE.db` names the file itself.
    ///
    /// # Errors
    /// The URL has another scheme or is malformed.
    pub fn parse(url: &str, service: &str) -> Result<Location, OpenError> {
        let (scheme, rest) = url.split_once(':').unwrap_or((url, ""));
        match scheme {
            "sqlite" => Location::sqlite(rest.strip_prefix("//").unwrap_or(rest), service),
            "postgres" | "postgresql" => Location::postgres(url, service),
            _ => Err(OpenError::Url(format!(
                "a database URL must begin with sqlite: or postgres:, not {scheme}:"
            ))),
        }
    }

    fn sqlite(path: &str, service: &str) -> Result<Location, OpenError> {
        if path.is_empty() {
            return Err(OpenError::Url(
                "a database URL must name a file or a directory, such as sqlite:data".to_owned(),
            ));
        }
        let mut file = PathBuf::from(path);
        if file.extension().is_none_or(|extension| extension != "db") {
            file.push(format!("{service}.db"));
        }
        Ok(Location {
            dialect: Dialect::Sqlite,
            service: service.to_owned(),
            url: format!("sqlite://{}?mode=rwc", file.display()),
            directory: file.parent().map(PathBuf::from),
            setting: None,
        })
    }

    fn postgres(url: &str, service: &str) -> Result<Location, OpenError> {
        let mut url = Url::parse(url)
            .map_err(|error| OpenError::Url(format!("a database URL is malformed: {error}")))?;
        url.query_pairs_mut()
            .append_pair("options[search_path]", service)
            .append_pair("application_name", &application_name(service));
        Ok(Location {
            dialect: Dialect::Postgres,
            service: service.to_owned(),
            url: url.to_string(),
            directory: None,
            setting: None,
        })
    }

    /// The same place, with errors that begin with the name of the setting.
    pub fn set_by(self, setting: &str) -> Location {
        Location {
            setting: Some(setting.to_owned()),
            ..self
        }
    }

    /// Makes the directory of the database's file.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn prepare(&self) -> Result<(), OpenError> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        std::fs::create_dir_all(directory).map_err(|error| OpenError::Unavailable {
            location: self.to_string(),
            why: format!("{}: {error}", directory.display()),
        })
    }
}

/// By what an operator finds this process's sessions in `pg_stat_activity`: the service, and the process's id.
fn application_name(service: &str) -> String {
    format!("festflow-{service} {}", std::process::id())
}

impl fmt::Display for Location {
    /// The setting and the place, without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(setting) = &self.setting {
            write!(f, "{setting}: ")?;
        }
        f.write_str("the database ")?;
        match (self.dialect, Url::parse(&self.url)) {
            (Dialect::Postgres, Ok(url)) => write!(
                f,
                "postgres://{}:{}{} (schema {})",
                url.host_str().unwrap_or_default(),
                url.port().unwrap_or(5432),
                url.path(),
                self.service
            ),
            _ => f.write_str(self.url.trim_end_matches("?mode=rwc")),
        }
    }
}
