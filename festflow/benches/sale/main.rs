//! How fast the sale is, beside what the brokers can do at best on the same machine in the same run: `cargo xtask bench`.
//!
//! Rates on their own say little, machines differ; so each is given as a share of a bare loop without any of our code.
#![allow(clippy::expect_used, clippy::unwrap_used, missing_docs)]

mod bare;
mod buyers;
mod dashboard;
mod figures;
mod filling;
mod flood;
mod growth;
mod installation;
mod measure;
mod sale;
#[path = "../../tests/support/mod.rs"]
mod support;

use anyhow::Result;
use clap::Parser;
use std::path::PathBuf;

/// Measures the sale, embedded and on brokers.
#[derive(Parser)]
struct Args {
    /// Orders of a rush
    #[arg(long, default_value_t = 20_000)]
    orders: usize,
    /// Connections that the buyers of a rush share
    #[arg(long, default_value_t = 500)]
    connections: usize,
    /// Write the figures into this file, between its two marks
    #[arg(long)]
    output: Option<PathBuf>,
    /// What `cargo bench` says to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let mut tables = Vec::new();
    let places = support::places().await.into_iter();
    for (place, large) in places.zip(support::places().await) {
        tables.push(measure::at(&place, &large, args.orders, args.connections).await?);
    }
    let figures = figures::render(&tables);
    println!("\n{figures}");
    match &args.output {
        Some(file) => figures::write(file, &figures),
        None => Ok(()),
    }
}
