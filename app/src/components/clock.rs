//! The server's clock, as far as a page knows it.

use domain::Timestamp;
use leptos::prelude::*;

/// The server's time, by the second: it goes on from `rendered`, when the page was made, whatever the reader's own clock
/// says. On the server, and without scripts, it stands.
pub(crate) fn server_clock(rendered: Timestamp) -> RwSignal<Timestamp> {
    let clock = RwSignal::new(rendered);
    #[cfg(target_arch = "wasm32")]
    set_interval(
        move || clock.set(server_time(rendered)),
        std::time::Duration::from_secs(1),
    );
    clock
}

#[cfg(target_arch = "wasm32")]
fn server_time(rendered: Timestamp) -> Timestamp {
    let since_load = web_sys::window()
        .and_then(|window| window.performance())
        .map_or(0.0, |performance| performance.now());
    rendered.plus(std::time::Duration::from_millis(since_load as u64))
}
