//! What follows from a request and the installation's secret: ids, request hashes, access keys.

use domain::{AdjustmentId, EmailAddress, OrderId, OrderRequest};
use ops::{AccessKeys, RequestHash, Secrets};
use uuid::Uuid;

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

/// Makes and checks them.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    access: AccessKeys,
}

impl Keys {
    /// With the installation's secrets: the newest signs, all verify.
    pub fn new(secrets: Secrets) -> Keys {
        Keys {
            access: AccessKeys::new(secrets),
        }
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

    /// What shows that a browser has signed in to the account with this address.
    pub fn browser_signature(&self, browser: &[u8; 16], account: &str) -> [u8; 16] {
        self.access
            .derived("browser", &[browser, account.as_bytes()])
    }

    /// The hash of a request.
    pub fn request_hash(&self, request: &OrderRequest) -> RequestHash {
        self.access.request_hash(&request.canonical())
    }

    /// The key that opens an order.
    pub fn access_key(&self, order_id: OrderId, hash: RequestHash) -> String {
        self.access.key(order_id.0, hash)
    }

    /// The request hash in an access key, when it was made here for this order.
    pub fn verify(&self, order_id: OrderId, access_key: &str) -> Option<RequestHash> {
        self.access.verify(order_id.0, access_key)
    }

    fn uuid(&self, label: &str, parts: &[&[u8]]) -> Uuid {
        Uuid::new_v8(self.access.derived(label, parts))
    }
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
    fn other_requests_have_other_hashes() {
        let keys = keys(&["secret"]);
        assert_ne!(
            keys.request_hash(&request(1)),
            keys.request_hash(&request(2))
        );
    }

    #[test]
    fn idempotency_keys_are_long_enough() {
        for wrong in ["", "short", "has a space in it", "ümlaut-0123456789"] {
            assert!(IdempotencyKey::parse(wrong).is_err(), "{wrong}");
        }
        assert!(IdempotencyKey::parse(&"x".repeat(201)).is_err());
    }
}
