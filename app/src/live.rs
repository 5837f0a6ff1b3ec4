//! What a page hears while it is open: one socket, and a signal for each type of message that an island shows.
//!
//! On the server the signals hold what an island seeds them with. In the browser the first island that asks for one
//! opens the page's WebSocket; what arrives between two frames of the screen is put together and shown at once.

#![cfg_attr(
    not(feature = "ssr"),
    allow(dead_code, unused_imports, reason = "each bundle takes what it needs")
)]

#[cfg(any(target_arch = "wasm32", test))]
mod channels;
#[cfg(any(target_arch = "wasm32", test))]
mod message;
#[cfg(target_arch = "wasm32")]
mod socket;
mod topics;

use domain::Stock;
use leptos::prelude::*;
use std::collections::VecDeque;
use std::marker::PhantomData;
use topics::{Gaps, Latest, Said, Sales, StockLevels, Topic};
pub(crate) use topics::{Gauge, TAIL};

/// How the page stands with the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    not(target_arch = "wasm32"),
    allow(
        dead_code,
        reason = "on the server a page is always about to open its socket"
    )
)]
pub(crate) enum Connection {
    /// The socket is opening for the first time, or there is no script.
    #[default]
    Opening,
    /// What is shown is what is.
    Live,
    /// The socket broke and is being opened again.
    Reconnecting,
    /// The browser says that it has no network.
    Offline,
    /// The server has ended it, as at sign-out. It is not opened again.
    Ended,
}

/// How the page stands with the server.
pub(crate) fn connection() -> ArcRwSignal<Connection> {
    #[cfg(target_arch = "wasm32")]
    return channels().connection.clone();
    #[cfg(not(target_arch = "wasm32"))]
    ArcRwSignal::default()
}

/// The last that was said of a type of which only the last counts.
pub(crate) fn latest<T: Gauge>() -> Shown<T> {
    Shown(hear::<Latest<T>>().into(), PhantomData)
}

/// What an island shows of such a type: what the page was rendered with, and then the last that was said.
pub(crate) fn latest_or<T: Gauge>(rendered: T) -> Shown<T> {
    let shown = latest::<T>();
    shown.0.update_untracked(|known| {
        if known.get::<T>().is_none() {
            *known = Said::new(rendered);
        }
    });
    shown
}

/// What is shown of a gauge.
pub(crate) struct Shown<T: Gauge>(RwSignal<Said>, PhantomData<T>);

impl<T: Gauge> Clone for Shown<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Gauge> Copy for Shown<T> {}

impl<T: Gauge> Shown<T> {
    /// Looks at it, and follows it.
    pub fn with<R: Default>(self, look: impl FnOnce(&T) -> R) -> R {
        self.0.with(|said| said.get().map(look).unwrap_or_default())
    }
}

/// Stock, by type.
pub(crate) fn stock() -> ArcRwSignal<Stock> {
    hear::<StockLevels>()
}

/// The last tickets sold, newest first, at most [`TAIL`].
pub(crate) fn sales() -> ArcRwSignal<VecDeque<domain::event::TicketSold>> {
    hear::<Sales>()
}

/// Messages that were merged or dropped for this page.
pub(crate) fn coalesced() -> ArcRwSignal<u64> {
    hear::<Gaps>()
}

/// What is shown of a topic. The signals belong to no island, so none of them can take one along when it goes.
fn hear<T: Topic>() -> ArcRwSignal<T::Shown> {
    #[cfg(target_arch = "wasm32")]
    return channels().hear::<T>();
    #[cfg(not(target_arch = "wasm32"))]
    ArcRwSignal::default()
}

/// The page's channels. Who asks first opens its socket.
#[cfg(target_arch = "wasm32")]
fn channels() -> std::rc::Rc<channels::Channels> {
    use std::rc::Rc;
    thread_local! {
        static CHANNELS: std::cell::OnceCell<Rc<channels::Channels>> = const { std::cell::OnceCell::new() };
    }
    CHANNELS.with(|channels| {
        let channels = channels.get_or_init(|| {
            let channels = Rc::default();
            socket::open(&channels);
            channels
        });
        Rc::clone(channels)
    })
}
