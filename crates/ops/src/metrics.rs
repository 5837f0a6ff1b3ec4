//! Metrics in Prometheus' text format.

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::OnceLock;

/// The process's metrics.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

/// Buckets of durations, in seconds: from a memory access to what a buyer no longer waits for.
const SECONDS: [f64; 10] = [0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5, 10.0];

impl Metrics {
    /// Starts recording, once per process; later calls give the same.
    pub fn start() -> Metrics {
        static STARTED: OnceLock<Metrics> = OnceLock::new();
        STARTED
            .get_or_init(|| {
                let builder = PrometheusBuilder::new()
                    .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
                    .unwrap_or_else(|_| PrometheusBuilder::new());
                let recorder = builder.build_recorder();
                let handle = recorder.handle();
                if metrics::set_global_recorder(recorder).is_err() {
                    tracing::warn!("another metrics recorder is set; /metrics stays empty");
                }
                Metrics(handle)
            })
            .clone()
    }

    /// All metrics, as Prometheus reads them.
    pub fn render(&self) -> String {
        self.0.run_upkeep();
        self.0.render()
    }
}
