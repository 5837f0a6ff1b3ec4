// Elsewhere there is no crate, and so nothing to document.
#![cfg_attr(not(target_arch = "wasm32"), allow(missing_docs))]
#![cfg(target_arch = "wasm32")]
#![doc = include_str!("../README.md")]

// Nothing here names an island. Each exports itself, once `app` is linked in.
use app as _;
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = console)]
    fn error(message: &str);
}

/// To be called once, before the islands.
#[wasm_bindgen]
pub fn hydrate() {
    // Otherwise a panic shows as a bare `unreachable` in the console.
    std::panic::set_hook(Box::new(|panic| error(&panic.to_string())));
    // What islands stand on: the executor of their effects, and a root for what they own.
    leptos::mount::hydrate_islands();
}
