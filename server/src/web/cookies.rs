//! Cookies (RFC 6265): always HttpOnly, and Secure outside localhost.

use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// The value of the first cookie of this name.
pub(crate) fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// A cookie to set.
pub(crate) struct Cookie<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its value: letters, digits, `-` and `_` only.
    pub value: &'a str,
    /// Where the browser sends it.
    pub path: &'a str,
    /// How long it is kept; zero takes it away.
    pub max_age: Duration,
    /// Whether it travels by TLS only.
    pub secure: bool,
}

impl Cookie<'_> {
    /// As a `Set-Cookie` header. `None` when a part holds what a header cannot.
    pub fn header(&self) -> Option<HeaderValue> {
        let secure = if self.secure { "; Secure" } else { "" };
        HeaderValue::from_str(&format!(
            "{}={}; Path={}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            self.name,
            self.value,
            self.path,
            self.max_age.as_secs()
        ))
        .ok()
    }
}

/// Adds `Set-Cookie` headers.
pub(crate) fn set<'a>(headers: &mut HeaderMap, cookies: impl IntoIterator<Item = Cookie<'a>>) {
    for value in cookies.into_iter().filter_map(|cookie| cookie.header()) {
        headers.append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; order=xyz"));
        headers.append(header::COOKIE, HeaderValue::from_static("order=second"));
        assert_eq!(cookie(&headers, "order"), Some("xyz"));
        assert_eq!(cookie(&headers, "orde"), None);
        assert_eq!(cookie(&headers, "xorder"), None);
    }

    #[test]
    fn no_cookie_can_bring_a_header_of_its_own() {
        let cookie = Cookie {
            name: "order",
            value: "x\r\nSet-Cookie: evil=1",
            path: "/",
            max_age: Duration::ZERO,
            secure: true,
        };
        assert_eq!(cookie.header(), None);
    }
}
