//! Where a request comes from: its connection's address, or what a trusted proxy says.

use axum::http::{HeaderMap, header};
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// What counts as one client: an IPv4 address, or the first 64 bits of an IPv6 address, since whoever has one address has
/// all that begin so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientAddress(IpAddr);

impl ClientAddress {
    /// The client with this address.
    pub fn of(address: IpAddr) -> ClientAddress {
        ClientAddress(match address.to_canonical() {
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        })
    }
}

impl fmt::Display for ClientAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An address, or a network such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Network, String> {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address
            .or_else(|_| text.parse())
            .map(Network)
            .map_err(|_| "must be an address or a network such as 10.0.0.0/8".to_owned())
    }
}

/// The proxies whose word on a client's address counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    /// These.
    pub fn new(networks: Vec<Network>) -> TrustedProxies {
        TrustedProxies(networks)
    }

    /// Whether this is one of them.
    pub fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// Who sent a request: the last address on its way that is none of the proxies. What stands before it anybody may
    /// have written. `X-Forwarded-For` counts before `Forwarded` (RFC 7239), since most proxies append to the first and pass
    /// the second on as it came.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> ClientAddress {
        let mut client = peer;
        if self.includes(peer) {
            let name = header::HeaderName::from_static("x-forwarded-for");
            let way: Vec<Option<IpAddr>> = if headers.contains_key(&name) {
                entries(headers, &name).map(address).collect()
            } else {
                entries(headers, &header::FORWARDED)
                    .map(|element| address(forwarded_for(element)?))
                    .collect()
            };
            for hop in way.into_iter().rev() {
                let Some(hop) = hop else { break };
                client = hop;
                if !self.includes(hop) {
                    break;
                }
            }
        }
        ClientAddress::of(client)
    }
}

fn entries<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(name).iter();
    values.flat_map(|value| value.to_str().unwrap_or_default().split(','))
}

/// The value of `for=` in an element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<&str> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for")
            .then(|| value.trim_matches('"'))
    })
}

/// `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:4711`.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|it| it.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &str)]) -> String {
        let proxies = ["10.0.0.0/8", "192.0.2.7", "2001:db8:ffff::/48"];
        let proxies = TrustedProxies::new(proxies.map(|it| it.parse().unwrap()).to_vec());
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        proxies.client(peer.parse().unwrap(), &map).to_string()
    }

    #[test]
    fn only_trusted_proxies_say_where_a_request_comes_from() {
        let says = [("x-forwarded-for", "198.51.100.1")];
        assert_eq!(client("203.0.113.9", &says), "203.0.113.9", "a stranger");
        assert_eq!(client("10.1.2.3", &says), "198.51.100.1");
        assert_eq!(client("192.0.2.7", &says), "198.51.100.1");
        assert_eq!(client("::ffff:10.1.2.3", &says), "198.51.100.1");
        assert_eq!(client("10.1.2.3", &[]), "10.1.2.3");
    }

    #[test]
    fn what_a_client_writes_itself_does_not_count() {
        for headers in [
            &[("x-forwarded-for", "1.2.3.4, 198.51.100.1, 10.9.9.9")][..],
            &[
                ("x-forwarded-for", "1.2.3.4"),
                ("x-forwarded-for", "198.51.100.1"),
            ],
            &[("x-forwarded-for", "nonsense, 198.51.100.1")],
            &[
                ("forwarded", "for=1.2.3.4"),
                ("x-forwarded-for", "198.51.100.1"),
            ],
            &[(
                "forwarded",
                "for=1.2.3.4, for=\"198.51.100.1:4711\";proto=https, For=10.0.0.2",
            )],
        ] {
            assert_eq!(client("10.1.2.3", headers), "198.51.100.1", "{headers:?}");
        }
        let hidden = [("forwarded", "for=1.2.3.4, for=unknown")];
        assert_eq!(client("10.1.2.3", &hidden), "10.1.2.3");
    }

    #[test]
    fn neighbours_in_a_v6_network_are_one_client() {
        for written in ["2001:db8::1", "[2001:db8::ffff:2]:443", "[2001:db8::3]"] {
            let headers = [("x-forwarded-for", written)];
            assert_eq!(client("10.1.2.3", &headers), "2001:db8::", "{written}");
        }
    }
}
