//! `cargo xtask bench`: the figures in docs/benchmarks.md, measured anew.

use crate::brokers::{self, Ports};
use crate::command::{cargo, run as run_command};
use crate::{paths, ui};
use anyhow::Result;
use std::time::Instant;

/// Arguments of `cargo xtask bench`.
#[derive(clap::Args)]
pub struct Args {
    /// Leave the brokers out, and docs/benchmarks.md as it is
    #[arg(long)]
    pub embedded: bool,
    /// Where brokers are started that do not run yet
    #[command(flatten)]
    pub ports: Ports,
    /// Arguments of the benchmark itself, such as --orders 50000
    #[arg(last = true)]
    pub sale: Vec<String>,
}

/// Builds the programs for release, and measures.
///
/// # Errors
/// What a compiler or a broker said, or an order that did not become a ticket.
pub fn run(args: &Args) -> Result<()> {
    let since = Instant::now();
    // All in one go, or what both depend on would be built twice, with other features.
    run_command(cargo().args(["build", "--release", "--bins", "--bench", "sale"]))?;
    if args.embedded {
        measure(&args.sale, &[])?;
    } else {
        let page = paths::root().join("docs/benchmarks.md");
        let mut sale = vec!["--output".to_owned(), page.display().to_string()];
        sale.extend(args.sale.iter().cloned());
        brokers::during(&args.ports, |settings| {
            measure(&sale, &settings.test_variables())
        })?;
    }
    ui::done(since, "measured");
    Ok(())
}

fn measure(arguments: &[String], brokers: &[(String, String)]) -> Result<()> {
    let brokers = brokers.iter().map(|(name, url)| (name, url));
    run_command(
        cargo()
            .args(["bench", "--bench", "sale", "--"])
            .args(arguments)
            .envs(brokers),
    )
}
