//! What follows from a request and the installation's secret: ids, request hashes, access keys. All are HMAC-SHA256
//! (RFC 2104), each over a label of its own, so that none can be passed off as another.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{AdjustmentId, EmailAddress, OrderId, OrderRequest};
use hmac::{Hmac, Mac};
use ops::Secrets;
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// Bytes kept of a hash: 128 bits, as many as an id has.
const LENGTH: usize = 16;

/// A client's Idempotency-Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdempotencyKey(String);

impl IdempotencyKey {
    /// 16 to 200 visible ASCII characters: shorter ones collide, or can be guessed.
    ///
    /// # Errors
    /// Says what is allowed.
    pub fn parse(text: &str) -> Result<IdempotencyKey, String> {
        if (16..=200).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(IdempotencyKey(text.to_owned()))
        } else {
            Err("must be 16 to 200 visible ASCII characters".to_owned())
        }
    }
}

/// A keyed hash of a request: equal for equal requests, and says nothing about them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestHash([u8; LENGTH]);

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

/// Makes and checks them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    secrets: Secrets,
}

impl Keys {
    /// With the installation's secrets: the newest signs, all verify.
    pub fn new(secrets: Secrets) -> Keys {
        Keys { secrets }
    }

    /// The order's id: a UUIDv8 (RFC 9562) that follows from address and key, or a new UUIDv7.
    pub fn order_id(&self, email: &EmailAddress, key: Option<&IdempotencyKey>) -> OrderId {
        OrderId(match key {
            Some(key) => self.uuid("order id", &[email.as_str().as_bytes(), key.0.as_bytes()]),
            None => Uuid::now_v7(),
        })
    }

    /// The id of a change of stock, likewise.
    pub fn adjustment_id(&self, actor: &str, key: Option<&IdempotencyKey>) -> AdjustmentId {
        AdjustmentId(match key {
            Some(key) => self.uuid("adjustment id", &[actor.as_bytes(), key.0.as_bytes()]),
            None => Uuid::now_v7(),
        })
    }

    /// The hash of a request.
    pub fn request_hash(&self, request: &OrderRequest) -> RequestHash {
        let mac = mac(self.secrets.newest(), "request", &[&request.canonical()]);
        RequestHash(head(&mac.finalize().into_bytes()))
    }

    /// The key that opens an order. It verifies itself: the request hash, and the proof that we gave it to this order.
    pub fn access_key(&self, order_id: OrderId, hash: RequestHash) -> String {
        let proof = access(self.secrets.newest(), order_id, hash).finalize();
        let mut bytes = hash.0.to_vec();
        bytes.extend_from_slice(&head(&proof.into_bytes()));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The request hash in an access key, when it was made here for this order. The comparison takes the same time
    /// wherever they differ.
    pub fn verify(&self, order_id: OrderId, access_key: &str) -> Option<RequestHash> {
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

    fn uuid(&self, label: &str, parts: &[&[u8]]) -> Uuid {
        let mac = mac(self.secrets.newest(), label, parts).finalize();
        Uuid::new_v8(head(&mac.into_bytes()))
    }
}

fn access(secret: &[u8], order_id: OrderId, hash: RequestHash) -> Hmac<Sha256> {
    mac(secret, "access", &[order_id.0.as_bytes(), &hash.0])
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

fn head(bytes: &[u8]) -> [u8; LENGTH] {
    let mut head = [0; LENGTH];
    for (to, from) in head.iter_mut().zip(bytes) {
        *to = *from;
    }
    head
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn keys(secrets: &[&str]) -> Keys {
        Keys::new(Secrets::new(secrets.iter().map(|s| (*s).to_owned()).collect()).unwrap())
    }

    fn request(quantity: u8) -> OrderRequest {
        let json =
            format!(r#"{{"ticket_type":"vip","quantity":{quantity},"email":"kim@example.org"}}"#);
        OrderRequest::parse_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn the_same_address_and_key_name_the_same_order() {
        let keys = keys(&["secret"]);
        let kim = EmailAddress::parse("kim@example.org").unwrap();
        let lou = EmailAddress::parse("lou@example.org").unwrap();
        let key = IdempotencyKey::parse("0123456789abcdef").unwrap();
        let id = keys.order_id(&kim, Some(&key));
        assert_eq!(id, keys.order_id(&kim, Some(&key)));
        assert_ne!(id, keys.order_id(&lou, Some(&key)));
        assert_ne!(id.0, keys.adjustment_id("kim@example.org", Some(&key)).0);
        assert_ne!(keys.order_id(&kim, None), keys.order_id(&kim, None));
        assert_eq!(id.0.get_version_num(), 8);
    }

    #[test]
    fn an_access_key_opens_its_order_only() {
        let keys = keys(&["secret"]);
        let hash = keys.request_hash(&request(1));
        let (mine, other) = (OrderId(Uuid::now_v7()), OrderId(Uuid::now_v7()));
        let key = keys.access_key(mine, hash);
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
        assert_ne!(hash, keys.request_hash(&request(2)));
    }

    #[test]
    fn a_replaced_secret_still_verifies() {
        let hash = keys(&["old"]).request_hash(&request(1));
        let id = OrderId(Uuid::now_v7());
        let key = keys(&["old"]).access_key(id, hash);
        assert_eq!(keys(&["new", "old"]).verify(id, &key), Some(hash));
        assert_eq!(keys(&["new"]).verify(id, &key), None);
    }

    #[test]
    fn idempotency_keys_are_long_enough() {
        for wrong in ["", "short", "has a space in it", "ümlaut-0123456789"] {
            assert!(IdempotencyKey::parse(wrong).is_err(), "{wrong}");
        }
        assert!(IdempotencyKey::parse(&"x".repeat(201)).is_err());
    }
}
