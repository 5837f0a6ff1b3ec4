//! What a new installation sells, from `festival.toml`.

mod file;

use domain::Timestamp;
use domain::event::TicketTypeDefined;
use file::{File, definitions};
use std::path::Path;
use store::{Database, Trouble};

/// The festival that is built in, for an installation without a file of its own.
const BUILT_IN: &str = include_str!("../../../../config/festival.toml");

/// Events and their ticket types.
#[derive(Clone, Debug)]
pub struct Catalogue {
    file: String,
    definitions: Vec<TicketTypeDefined>,
}

/// Why a catalogue's ticket types cannot be defined.
#[derive(Debug, thiserror::Error)]
pub enum DefineError {
    /// It does not go with what is defined already.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The database cannot be used.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

impl From<sqlx::Error> for DefineError {
    fn from(error: sqlx::Error) -> DefineError {
        DefineError::Trouble(error.into())
    }
}

/// A catalogue that cannot be used: one line for the terminal.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {why}")]
pub struct CatalogueError {
    file: String,
    why: String,
}

impl Catalogue {
    /// Reads the file at `path`, or the built-in festival.
    ///
    /// # Errors
    /// The file cannot be read or is not a catalogue; says where and what is allowed.
    pub fn load(path: Option<&Path>) -> Result<Catalogue, CatalogueError> {
        let Some(path) = path else {
            return Catalogue::parse("the built-in festival.toml", BUILT_IN);
        };
        let file = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| CatalogueError {
            file: file.clone(),
            why: error.to_string(),
        })?;
        Catalogue::parse(&file, &text)
    }

    /// Reads `text`, which came from `file`.
    ///
    /// # Errors
    /// It is not a catalogue; says where and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Catalogue, CatalogueError> {
        let parsed: File = toml::from_str(text).map_err(|error| CatalogueError {
            file: match error.span() {
                Some(span) => format!(
                    "{file}, line {}",
                    1 + text[..span.start].matches('\n').count()
                ),
                None => file.to_owned(),
            },
            why: error.message().replace('\n', " "),
        })?;
        definitions(parsed)
            .map(|definitions| Catalogue {
                file: file.to_owned(),
                definitions,
            })
            .map_err(|why| CatalogueError {
                file: file.to_owned(),
                why,
            })
    }

    /// The ticket types, in the shop's order.
    pub fn definitions(&self) -> &[TicketTypeDefined] {
        &self.definitions
    }

    /// Adds the ticket types that the database does not know, all at once, so that no sweep finds half of them. They are
    /// announced by the next sweep. Those that it knows stay as they were defined, whatever the file says now.
    ///
    /// # Errors
    /// The database cannot be used, or it has ticket types in another currency.
    pub async fn define(&self, db: &Database) -> Result<(), DefineError> {
        let mut transaction = db.begin().await?;
        let known: Vec<String> = sqlx::query_scalar("SELECT definition FROM ticket_types")
            .fetch_all(&mut *transaction)
            .await?;
        for text in known {
            let known: TicketTypeDefined = serde_json::from_str(&text)
                .map_err(|error| Trouble::Data(format!("a ticket type's definition: {error}")))?;
            self.compare(&known)?;
        }
        let mut definitions: Vec<_> = self.definitions.iter().collect();
        // In one order, whatever their files say: two replicas that start together do not lock each other out.
        definitions.sort_by_key(|definition| &definition.ticket_type);
        for definition in definitions {
            let sql = "INSERT INTO ticket_types (ticket_type, definition, remaining, held, sold, version, announced) \
                       VALUES ($1, $2, $3, 0, 0, 1, 0) ON CONFLICT (ticket_type) DO NOTHING";
            sqlx::query(sql)
                .bind(definition.ticket_type.as_str())
                .bind(serde_json::to_string(definition).unwrap_or_default())
                .bind(definition.capacity)
                .execute(&mut *transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(())
    }

    /// An installation has one currency. Other changes to what is on sale are ignored, and said.
    fn compare(&self, known: &TicketTypeDefined) -> Result<(), CatalogueError> {
        let currency = |defined: &&TicketTypeDefined| defined.currency != known.currency;
        if let Some(other) = self.definitions.iter().find(currency) {
            return Err(CatalogueError {
                file: self.file.clone(),
                why: format!(
                    "currency must be {}, in which {:?} is on sale already, not {}",
                    known.currency.code(),
                    known.ticket_type.as_str(),
                    other.currency.code()
                ),
            });
        }
        let entry = self
            .definitions
            .iter()
            .find(|defined| defined.ticket_type == known.ticket_type);
        if entry.is_some_and(|entry| terms(entry) != terms(known)) {
            tracing::warn!(
                ticket_type = %known.ticket_type,
                file = self.file,
                "the catalogue has changed; what is on sale stays as it was defined, and its stock is adjusted on the dashboard"
            );
        }
        Ok(())
    }
}

/// What a definition says, without when and where in the shop.
fn terms(defined: &TicketTypeDefined) -> TicketTypeDefined {
    TicketTypeDefined {
        timestamp: Timestamp::default(),
        position: 0,
        ..defined.clone()
    }
}
