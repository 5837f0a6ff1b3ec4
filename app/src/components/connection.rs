//! Whether the page hears what happens.

use crate::live::Connection;
use leptos::prelude::*;

/// The state of the page's socket, for eyes and ears.
pub(crate) fn connection_state(connection: ArcRwSignal<Connection>) -> impl IntoView {
    let says = move |text: fn(Connection) -> &'static str| {
        let connection = connection.clone();
        Signal::derive(move || text(connection.get()).to_owned())
    };
    let state = says(|connection| match connection {
        Connection::Opening => "opening",
        Connection::Live => "live",
        Connection::Reconnecting | Connection::Offline => "lost",
        Connection::Ended => "ended",
    });
    let text = says(|connection| match connection {
        Connection::Opening => "Connecting",
        Connection::Live => "Live",
        Connection::Reconnecting => "Reconnecting",
        Connection::Offline => "Offline",
        Connection::Ended => "Signed out",
    });
    view! { <p class="connection" data-state=state role="status">{text}</p> }
}
