//! Structured logs on standard error.

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// How logs look.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// A JSON object a line.
    Json,
}

/// What is logged, and how.
#[derive(Args, Clone, Debug)]
pub struct LogSettings {
    // A channel that the broker closes since a queue is missing is lapin's error, and our question whether it is there.
    /// What is logged: error, warn, info, debug or trace, also per module, such as info,bus=debug
    #[arg(
        long = "log",
        env = "FESTFLOW_LOG",
        default_value = "info,sqlx=warn,lapin::channel=off",
        global = true
    )]
    pub filter: String,
    /// How logs look
    #[arg(
        long,
        env = "FESTFLOW_LOG_FORMAT",
        value_enum,
        default_value = "text",
        global = true
    )]
    pub log_format: LogFormat,
}

impl LogSettings {
    /// Starts logging. Only the first call in a process counts.
    pub fn start(&self) {
        let builder = tracing_subscriber::fmt()
            .with_env_filter(EnvFilter::new(&self.filter))
            .with_writer(std::io::stderr)
            // What cannot be logged is lost. Saying so on standard error would panic, for that is what cannot be written.
            .log_internal_errors(false)
            .with_target(true);
        // Fails only where a subscriber is set already, which then stays.
        let _ = match self.log_format {
            LogFormat::Text => builder
                .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
                .try_init(),
            LogFormat::Json => builder.json().flatten_event(true).try_init(),
        };
    }
}
