//! The simulator's flags.

use clap::Args;

/// How the simulated payment gateway behaves.
#[derive(Args, Clone, Debug)]
pub struct GatewaySettings {
    /// Milliseconds that the simulated payment gateway takes for a call
    #[arg(
        long,
        env = "FESTFLOW_GATEWAY_LATENCY_MS",
        default_value_t = GatewaySettings::default().gateway_latency_ms
    )]
    pub gateway_latency_ms: u64,
    /// Milliseconds that it takes to charge tok_slow
    #[arg(
        long,
        env = "FESTFLOW_GATEWAY_SLOW_MS",
        default_value_t = GatewaySettings::default().gateway_slow_ms
    )]
    pub gateway_slow_ms: u64,
    /// Let the simulated payment gateway be down
    #[arg(long, env = "FESTFLOW_GATEWAY_DOWN")]
    pub gateway_down: bool,
}

impl Default for GatewaySettings {
    fn default() -> GatewaySettings {
        GatewaySettings {
            gateway_latency_ms: 100,
            gateway_slow_ms: 4_000,
            gateway_down: false,
        }
    }
}
