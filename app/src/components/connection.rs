//! Whether the page hears what happens.

use crate::live::Connection;
use leptos::prelude::*;

/// The state of the page's socket, for eyes and ears.
pub(crate) fn connection_state(connection: ArcRwSignal<Connection>) -> impl IntoView {
    let class = {
        let connection = connection.clone();
        move || match connection.get() {
            Connection::Opening => "connection",
            Connection::Live => "connection connection-live",
            Connection::Reconnecting | Connection::Offline => "connection connection-lost",
            Connection::Ended => "connection connection-ended",
        }
    };
    let text = move || match connection.get() {
        Connection::Opening => "Connecting",
        Connection::Live => "Live",
        Connection::Reconnecting => "Reconnecting",
        Connection::Offline => "Offline",
        Connection::Ended => "Signed out",
    };
    view! { <p class=class role="status">{text}</p> }
}
