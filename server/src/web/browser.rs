//! Browsers that have signed in before. Each has a number of its own in a cookie, signed for the account, so that whoever
//! guesses that account's password elsewhere does not keep it out.

use super::cookies::{Cookie, cookie, set};
use crate::accounts::{BrowserId, account_address};
use crate::intake::keys::Keys;
use crate::state::App;
use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use std::time::Duration;
use subtle::ConstantTimeEq;

/// The cookie that holds the number and its signature.
const NAME: &str = "festflow_browser";
/// Where it is sent: to what signs in.
const PATHS: [&str; 2] = ["/admin/sign-in", "/api/session"];
/// How long a browser is known after it has signed in.
const KEPT: Duration = Duration::from_secs(180 * 24 * 3600);

/// The browser's number, if it has signed in to this account before.
pub(crate) fn known_browser(keys: &Keys, headers: &HeaderMap, email: &str) -> Option<BrowserId> {
    let bytes = URL_SAFE_NO_PAD.decode(cookie(headers, NAME)?).ok()?;
    let (browser, signature) = bytes.split_first_chunk()?;
    let expected = keys.browser_signature(browser, &account_address(email));
    let is_ours = expected.ct_eq(signature);
    bool::from(is_ours).then_some(*browser)
}

/// Makes the browser known as one that signed in to this account.
pub(crate) fn remember_browser(
    app: &App,
    headers: &HeaderMap,
    answer: &mut HeaderMap,
    email: &str,
) {
    let browser = known_browser(&app.keys, headers, email).unwrap_or_else(rand::random);
    let account = account_address(email);
    let signature = app.keys.browser_signature(&browser, &account);
    let value = URL_SAFE_NO_PAD.encode([browser, signature].concat());
    let secure = app.origins.secure(headers);
    let cookies = PATHS.map(|path| Cookie {
        name: NAME,
        value: &value,
        path,
        max_age: KEPT,
        secure,
    });
    set(answer, cookies);
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_browser_is_known_to_its_own_account_by_our_signature_only() {
        let secret = "a secret of the tests, long enough".to_owned();
        let keys = Keys::new(ops::Secrets::new(vec![secret]).unwrap());
        let known = |email: &str, value: &[u8]| {
            let cookie = format!("{NAME}={}", URL_SAFE_NO_PAD.encode(value));
            let headers =
                HeaderMap::from_iter([("cookie".parse().unwrap(), cookie.parse().unwrap())]);
            known_browser(&keys, &headers, email)
        };
        let browser = [7; 16];
        let signature = keys.browser_signature(&browser, "kim@example.org");
        let signed = [browser, signature].concat();
        assert_eq!(known("kim@example.org", &signed), Some(browser));
        assert_eq!(known(" Kim@Example.org", &signed), Some(browser));
        assert_eq!(known("admin@festflow.local", &signed), None);
        assert_eq!(known("kim@example.org", &[7; 32]), None);
        assert_eq!(known("kim@example.org", &browser), None);
    }
}
