//! Whether the dashboard hears what happens.

use crate::components::connection::connection_state;
use crate::live;
use leptos::prelude::*;

/// The state of the page's socket.
#[island]
pub fn ConnectionState() -> impl IntoView {
    connection_state(live::connection())
}
