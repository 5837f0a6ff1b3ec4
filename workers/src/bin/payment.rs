//! The payment service as a process of its own, with the simulated gateway.

use clap::Parser;
use std::process::ExitCode;
use workers::gateway::{self, GatewaySettings};
use workers::payment::{self, PaymentSettings};
use workers::process::{self, ProcessSettings};

/// FestFlow's payment service: charges, cancels and refunds at the payment gateway
#[derive(Parser)]
#[command(name = "festflow-payment", version)]
struct Cli {
    #[command(flatten)]
    process: ProcessSettings,
    #[command(flatten)]
    payment: PaymentSettings,
    #[command(flatten)]
    gateway: GatewaySettings,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Cli {
        process,
        payment,
        gateway,
    } = ops::arguments();
    let locate = |it: &ProcessSettings| {
        Ok((
            it.location(gateway::SERVICE)?,
            it.location(payment::SERVICE)?,
        ))
    };
    process::run(
        "festflow-payment",
        process,
        locate,
        async |host, _, located| {
            let (books, location) = located;
            let Some(gateway) = gateway::start(host, &books, &gateway).await? else {
                return Ok(());
            };
            payment::start(host, &location, gateway, &payment).await
        },
    )
    .await
}
