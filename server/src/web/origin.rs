//! Whose pages may act here. Browsers say where a request comes from (`Sec-Fetch-Site`, `Origin`), and what changes
//! something must come from our own pages. Programs send neither header and no cookies by themselves, so they may.

use crate::error::Problem;
use crate::state::App;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::Url;

/// Where people reach us.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    public: Option<Url>,
}

impl Origins {
    /// With the address that people use; without one it is what they ask us for.
    pub fn new(public: Option<Url>) -> Origins {
        Origins { public }
    }

    /// Whether a request with these headers may change something or open a socket.
    pub fn admits(&self, headers: &HeaderMap) -> bool {
        match text(headers, "sec-fetch-site") {
            Some("same-origin" | "none") => return true,
            Some(_) => return false,
            None => {}
        }
        text(headers, header::ORIGIN.as_str()).is_none_or(|origin| self.is_ours(origin, headers))
    }

    /// Whether a socket may be opened: browsers send `Sec-Fetch-Site` with few of these, and always `Origin`.
    pub fn admits_socket(&self, headers: &HeaderMap) -> bool {
        text(headers, header::ORIGIN.as_str()).is_none_or(|origin| self.is_ours(origin, headers))
    }

    fn is_ours(&self, origin: &str, headers: &HeaderMap) -> bool {
        match &self.public {
            Some(public) => public.origin().ascii_serialization() == origin,
            None => {
                let authority = origin.split_once("://").map(|(_, authority)| authority);
                authority.is_some() && authority == text(headers, header::HOST.as_str())
            }
        }
    }

    /// Whether cookies must travel by TLS only: everywhere but on this machine.
    pub fn secure(&self, headers: &HeaderMap) -> bool {
        match &self.public {
            Some(public) => public.scheme() == "https" || !is_local(public.authority()),
            None => !text(headers, header::HOST.as_str()).is_some_and(is_local),
        }
    }

    /// Whether people reach us by TLS.
    pub fn is_https(&self) -> bool {
        self.public
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }

    /// Our address as people have it, for who asked for this host.
    pub fn address(&self, host: Option<&str>) -> Option<String> {
        let scheme = if self.is_https() { "https" } else { "http" };
        let authority = self.authority(host)?;
        Some(format!("{scheme}://{authority}"))
    }

    fn authority<'a>(&'a self, host: Option<&'a str>) -> Option<&'a str> {
        match &self.public {
            Some(public) => Some(public.authority()),
            // It goes into a header that rules over scripts, and into the page.
            None => host.filter(|host| {
                host.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
            }),
        }
    }

    /// The WebSocket origins that our pages may connect to, as a content security policy spells them.
    pub fn sockets(&self, host: Option<&str>) -> String {
        match self.authority(host) {
            Some(authority) if self.is_https() => format!("wss://{authority}"),
            Some(authority) => format!("ws://{authority} wss://{authority}"),
            None => String::new(),
        }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// `localhost`, 127.0.0.0/8 or `[::1]`, with or without a port.
fn is_local(authority: &str) -> bool {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    host == "localhost"
        || host == "[::1]"
        || host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Refuses what changes something for a page that is not ours.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if !request.method().is_safe() && !app.origins.admits(request.headers()) {
        return Problem::forbidden("This was sent by a page of another site.").into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn only_our_own_pages_and_programs_may_act() {
        let here = Origins::new(None);
        let public = Origins::new(Some("https://tickets.example.org".parse().unwrap()));
        let host = ("host", "127.0.0.1:3000");
        assert!(here.admits(&headers(&[host])), "a program");
        assert!(here.admits(&headers(&[host, ("origin", "http://127.0.0.1:3000")])));
        assert!(!here.admits(&headers(&[host, ("origin", "http://127.0.0.1:3001")])));
        assert!(!here.admits(&headers(&[host, ("origin", "null")])));
        assert!(!here.admits(&headers(&[host, ("sec-fetch-site", "cross-site")])));
        assert!(!here.admits(&headers(&[host, ("sec-fetch-site", "same-site")])));
        assert!(public.admits(&headers(&[host, ("origin", "https://tickets.example.org")])));
        assert!(!public.admits(&headers(&[host, ("origin", "http://127.0.0.1:3000")])));
    }

    #[test]
    fn cookies_are_secure_everywhere_but_at_home() {
        let here = Origins::new(None);
        for host in ["localhost:3000", "127.0.0.1", "127.8.0.1:80", "[::1]:3000"] {
            assert!(!here.secure(&headers(&[("host", host)])), "{host}");
        }
        for host in [
            "tickets.example.org",
            "localhost.example.org",
            "10.0.0.1:3000",
        ] {
            assert!(here.secure(&headers(&[("host", host)])), "{host}");
        }
        assert!(here.secure(&HeaderMap::new()));
    }

    #[test]
    fn a_host_cannot_write_into_the_policy() {
        let here = Origins::new(None);
        assert_eq!(here.sockets(Some("x; script-src *")), "");
        assert_eq!(here.sockets(Some("a.b:1")), "ws://a.b:1 wss://a.b:1");
    }
}
