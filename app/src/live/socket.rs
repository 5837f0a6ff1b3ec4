//! The page's WebSocket. The document's `<body>` says where it is (`data-feed`), where on the log the page was rendered
//! (`data-since`) and by which build (`data-build`).

use super::Connection;
use super::channels::Channels;
use super::message::Message;
use js_sys::Function;
use leptos::prelude::*;
use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{CloseEvent, MessageEvent, WebSocket, Window};

/// Milliseconds between two looks at what has arrived: six or seven a second are as many as people can read.
const PACE: f64 = 150.0;
/// Looks that may follow each other at once after a rest: what comes then is not kept waiting by the last of the rest.
const AT_ONCE: f64 = 3.0;
/// The first wait before the socket is opened again, in milliseconds; it doubles with each failure, up to …
const FIRST_WAIT: f64 = 500.0;
/// … this.
const LONGEST_WAIT: f64 = 15_000.0;
/// RFC 6455's close code "policy violation": the server will not have us back.
const POLICY: u16 = 1008;
/// Where the browser keeps, for this tab, the build for which the page has already been loaded anew.
const RELOADED_FOR: &str = "reloaded-for";

struct Line {
    window: Window,
    channels: Rc<Channels>,
    address: String,
    build: String,
    cursor: RefCell<String>,
    /// Whether a look at what has arrived is on its way.
    due: Cell<bool>,
    /// When the next look may be, in milliseconds since the epoch.
    next_at: Cell<f64>,
    failures: Cell<i32>,
    handlers: OnceCell<Handlers>,
}

/// Made once, used by each socket that the page opens.
struct Handlers {
    message: Function,
    close: Function,
    connect: Function,
    frame: Function,
    show: Function,
}

/// Opens the page's socket, and keeps it open while the page is.
pub(super) fn open(channels: &Rc<Channels>) {
    let Some((window, page)) = web_sys::window().and_then(|window| {
        let body = window.document()?.body()?;
        Some((window, body.dataset()))
    }) else {
        return;
    };
    let (Some(path), Ok(origin)) = (page.get("feed"), window.location().origin()) else {
        return;
    };
    let line = Rc::new(Line {
        window,
        channels: Rc::clone(channels),
        address: format!(
            "ws{}{path}",
            origin.strip_prefix("http").unwrap_or_default()
        ),
        build: page.get("build").unwrap_or_default(),
        cursor: RefCell::new(page.get("since").unwrap_or_default()),
        due: Cell::new(false),
        next_at: Cell::new(0.0),
        failures: Cell::new(0),
        handlers: OnceCell::new(),
    });
    line.handlers.get_or_init(|| Handlers {
        message: handler(&line, Line::hear),
        close: handler(&line, Line::closed),
        connect: handler(&line, |line, _: wasm_bindgen::JsValue| line.connect()),
        frame: handler(&line, |line, _: wasm_bindgen::JsValue| line.ask_for_frame()),
        show: handler(&line, |line, _: wasm_bindgen::JsValue| line.show()),
    });
    line.connect();
}

fn handler<E>(line: &Rc<Line>, method: impl Fn(&Line, E) + 'static) -> Function
where
    E: wasm_bindgen::convert::FromWasmAbi + 'static,
{
    let line = Rc::clone(line);
    Closure::<dyn Fn(E)>::new(move |event| method(&line, event))
        .into_js_value()
        .unchecked_into()
}

impl Line {
    fn connect(&self) {
        let cursor = self.cursor.borrow();
        let since = match cursor.as_str() {
            "" => String::new(),
            cursor => format!(
                "{}since={}",
                if self.address.contains('?') { '&' } else { '?' },
                String::from(js_sys::encode_uri_component(cursor))
            ),
        };
        let socket = WebSocket::new(&format!("{}{since}", self.address));
        let (Ok(socket), Some(handlers)) = (socket, self.handlers.get()) else {
            return;
        };
        socket.set_onmessage(Some(&handlers.message));
        socket.set_onclose(Some(&handlers.close));
    }

    fn hear(&self, event: MessageEvent) {
        // What cannot be read is of a newer build, and is skipped.
        let Some(text) = event.data().as_string() else {
            return;
        };
        let Some(message) = Message::parse(&text) else {
            return;
        };
        self.failures.set(0);
        if self.channels.connection.get_untracked() != Connection::Live {
            self.channels.connection.set(Connection::Live);
        }
        match message.hello() {
            Some(hello) if hello.build != self.build => self.load_anew(&hello.build),
            _ => self.channels.take(message.topic, message.data.get()),
        }
        self.cursor.replace(message.at);
        if !self.due.replace(true) {
            let wait = self.next_at.get() - js_sys::Date::now();
            if wait > 0.0 {
                self.after(wait, |handlers| &handlers.frame);
            } else {
                self.ask_for_frame();
            }
        }
    }

    fn ask_for_frame(&self) {
        if let Some(handlers) = self.handlers.get() {
            _ = self.window.request_animation_frame(&handlers.show);
        }
    }

    fn show(&self) {
        self.due.set(false);
        let rested = js_sys::Date::now() - (AT_ONCE - 1.0) * PACE;
        self.next_at.set(self.next_at.get().max(rested) + PACE);
        self.channels.show();
    }

    fn closed(&self, event: CloseEvent) {
        let connection = match event.code() {
            POLICY => Connection::Ended,
            _ if self.window.navigator().on_line() => Connection::Reconnecting,
            _ => Connection::Offline,
        };
        self.channels.connection.set(connection);
        if connection != Connection::Ended {
            let failures = self.failures.get();
            self.failures.set(failures + 1);
            let wait = (FIRST_WAIT * 2_f64.powi(failures)).min(LONGEST_WAIT);
            // After a restart of the server, its readers do not come back all at once.
            let wait = wait * (0.5 + js_sys::Math::random() / 2.0);
            self.after(wait, |handlers| &handlers.connect);
        }
    }

    fn after(&self, millis: f64, handler: impl Fn(&Handlers) -> &Function) {
        if let Some(handlers) = self.handlers.get() {
            _ = self
                .window
                .set_timeout_with_callback_and_timeout_and_arguments_0(
                    handler(handlers),
                    millis as i32,
                );
        }
    }

    /// The server runs another build. Once for each: should the new page be of the old build still, it stays.
    fn load_anew(&self, build: &str) {
        let Ok(Some(memory)) = self.window.session_storage() else {
            return;
        };
        if memory.get_item(RELOADED_FOR).ok().flatten().as_deref() != Some(build)
            && memory.set_item(RELOADED_FOR, build).is_ok()
        {
            _ = self.window.location().reload();
        }
    }
}
