//! The key that opens an order: the server gives it to who ordered, and the mail with the tickets has it in its link.
//!
//! All that follows from the installation's secret is HMAC-SHA256 (RFC 2104), each over a label of its own, so that none
//! can be passed off as another.

use crate::Secrets;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Bytes kept of a hash: 128 bits, as many as an id has.
const LENGTH: usize = 16;

/// A keyed hash of a request: equal for equal requests, and says nothing about them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestHash([u8; LENGTH]);

impl fmt::Display for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for RequestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestHash({self})")
    }
}

/// It is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no request hash")]
pub struct NoRequestHash;

impl FromStr for RequestHash {
    type Err = NoRequestHash;

    fn from_str(text: &str) -> Result<RequestHash, NoRequestHash> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| NoRequestHash)?;
        bytes.try_into().map(RequestHash).map_err(|_| NoRequestHash)
    }
}

/// Makes and checks the keys of orders.
#[derive(Clone, Debug)]
pub struct AccessKeys {
    secrets: Secrets,
}

impl AccessKeys {
    /// With the installation's secrets: the newest signs, all verify.
    pub fn new(secrets: Secrets) -> AccessKeys {
        AccessKeys { secrets }
    }

    /// What follows from the newest secret and `parts`: equal for equal ones under the same `label`, and not to be guessed.
    pub fn derived(&self, label: &str, parts: &[&[u8]]) -> [u8; LENGTH] {
        head(mac(self.secrets.newest(), label, parts))
    }

    /// The hash of a request in its canonical form.
    pub fn request_hash(&self, canonical: &[u8]) -> RequestHash {
        RequestHash(self.derived("request", &[canonical]))
    }

    /// The key that opens an order. It verifies itself: the request hash, and the proof that we gave it to this order.
    pub fn key(&self, order_id: Uuid, hash: RequestHash) -> String {
        let proof = head(access(self.secrets.newest(), order_id, hash));
        URL_SAFE_NO_PAD.encode([hash.0, proof].concat())
    }

    /// The request hash in an access key, when it was made here for this order. The comparison takes the same time
    /// wherever they differ.
    pub fn verify(&self, order_id: Uuid, access_key: &str) -> Option<RequestHash> {
        let bytes = URL_SAFE_NO_PAD.decode(access_key).ok()?;
        let (hash, proof) = bytes.split_first_chunk::<LENGTH>()?;
        let hash = RequestHash(*hash);
        let ours = proof.len() == LENGTH
            && self.secrets.all().any(|secret| {
                access(secret, order_id, hash)
                    .verify_truncated_left(proof)
                    .is_ok()
            });
        ours.then_some(hash)
    }
}

fn access(secret: &[u8], order_id: Uuid, hash: RequestHash) -> Hmac<Sha256> {
    mac(secret, "access", &[order_id.as_bytes(), &hash.0])
}

/// Over the label and the parts, each with its length, so that no two lists look alike.
fn mac(secret: &[u8], label: &str, parts: &[&[u8]]) -> Hmac<Sha256> {
    // HMAC takes keys of any length, so `new_from_slice` cannot fail; the other arm is never taken.
    let mut mac = Hmac::<Sha256>::new_from_slice(secret)
        .unwrap_or_else(|_| Hmac::<Sha256>::new(&Default::default()));
    mac.update(b"festflow ");
    mac.update(label.as_bytes());
    mac.update(b"\0");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac
}

/// The first bytes of what it comes to.
fn head(mac: Hmac<Sha256>) -> [u8; LENGTH] {
    let hash = mac.finalize().into_bytes();
    std::array::from_fn(|byte| hash[byte])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys(secrets: &[&str]) -> AccessKeys {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        AccessKeys::new(Secrets::new(secrets).unwrap())
    }

    #[test]
    fn a_key_opens_its_order_only() {
        let keys = keys(&["secret"]);
        let hash = keys.request_hash(b"one ticket");
        let (mine, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let key = keys.key(mine, hash);
        assert_eq!(keys.verify(mine, &key), Some(hash));
        assert_eq!(keys.verify(other, &key), None);
        for wrong in [
            "",
            "x",
            &key[1..],
            &format!("{key}AA"),
            &"A".repeat(43),
            "€",
        ] {
            assert_eq!(keys.verify(mine, wrong), None, "{wrong}");
        }
        assert_ne!(hash, keys.request_hash(b"two tickets"));
    }

    #[test]
    fn a_replaced_secret_still_verifies() {
        let hash = keys(&["old"]).request_hash(b"one ticket");
        let id = Uuid::from_u128(1);
        let key = keys(&["old"]).key(id, hash);
        assert_eq!(keys(&["new", "old"]).verify(id, &key), Some(hash));
        assert_eq!(keys(&["new"]).verify(id, &key), None);
    }

    #[test]
    fn a_request_hash_is_read_as_it_is_written() {
        let hash = keys(&["secret"]).request_hash(b"one ticket");
        assert_eq!(hash.to_string().parse(), Ok(hash));
        for wrong in ["", "hash", &"A".repeat(43)] {
            assert_eq!(wrong.parse::<RequestHash>(), Err(NoRequestHash));
        }
    }
}
