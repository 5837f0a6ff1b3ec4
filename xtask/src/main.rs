//! `cargo xtask <command>`: parses the command line and hands over; see the library for the commands.

use clap::Parser;
use std::process::ExitCode;
use xtask::{bench, brokers, build, pictures, test, up, watch};

/// FestFlow's commands for people who work on it.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Command {
    /// Build the site and run everything in one process
    Up(up::Args),
    /// Format, lints, unit, integration and browser tests, with whatever they need
    Test(test::Args),
    /// Build the site into target/site and the binaries into target/{debug,release}
    Build(build::Args),
    /// RabbitMQ, Kafka and Postgres on this machine
    #[command(subcommand)]
    Brokers(brokers::Command),
    /// Measures the sale beside what the brokers can do, and writes docs/benchmarks.md
    Bench(bench::Args),
    /// Take the pictures of README and docs
    Pictures,
    /// Rebuild and reload on every edit (calls `cargo leptos watch`)
    Watch(watch::Args),
}

fn main() -> ExitCode {
    let result = match Command::parse() {
        Command::Up(args) => up::run(&args),
        Command::Test(args) => test::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Build(args) => build::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Brokers(command) => brokers::run(&command).map(|()| ExitCode::SUCCESS),
        Command::Bench(args) => bench::run(&args).map(|()| ExitCode::SUCCESS),
        Command::Pictures => pictures::run().map(|()| ExitCode::SUCCESS),
        Command::Watch(args) => watch::run(&args).map(|()| ExitCode::SUCCESS),
    };
    result.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::FAILURE
    })
}
