//! Whether a page hears what happens.

use crate::components::connection::connection_state;
use crate::live::{self, Connection};
use leptos::prelude::*;

/// The state of the page's socket.
#[island]
pub fn ConnectionState() -> impl IntoView {
    let connection = live::connection();
    let known = connection.clone();
    let goes_on = Signal::derive(move || known.get() != Connection::Ended);
    view! {
        {connection_state(connection)}
        <a href="" hidden=goes_on>"Sign in again"</a>
    }
}
