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

    /// The first bytes of a key that is a UUIDv7: when it was made, in milliseconds since the epoch (RFC 9562, section 5.7).
    fn moment(&self) -> Option<[u8; 6]> {
        let uuid = Uuid::try_parse(&self.0).ok()?;
        let moment = uuid.as_bytes().first_chunk().copied();
        moment.filter(|_| uuid.get_version_num() == 7)
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

    /// The order's id: a UUIDv8 (RFC 9562) that follows from address and key, or a new UUIDv7. A key that tells its time gives
    /// it to the id: every service keeps an index of orders' ids, and one that grows at its end costs the same however many
    /// were sold, while random ids have a page of their own each to read and write.
    pub fn order_id(&self, email: &EmailAddress, key: Option<&IdempotencyKey>) -> OrderId {
        let Some(key) = key else {
            return OrderId(Uuid::now_v7());
        };
        let parts = [email.as_str().as_bytes(), key.0.as_bytes()];
        let mut id = self.access.derived("order id", &parts);
        if let Some(moment) = key.moment() {
            id[..moment.len()].copy_from_slice(&moment);
        }
        OrderId(Uuid::new_v8(id))
    }

    /// The id of a change of stock, likewise.
    pub fn adjustment_id(&self, actor: &str, key: Option<&IdempotencyKey>) -> AdjustmentId {
        AdjustmentId(match key {
            Some(key) => {
                let parts = [actor.as_bytes(), key.0.as_bytes()];
                Uuid::new_v8(self.access.derived("adjustment id", &parts))
            }
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
    fn orders_with_keys_that_tell_their_time_are_in_the_order_of_time() {
        let keys = keys(&["secret"]);
        let kim = EmailAddress::parse("kim@example.org").unwrap();
        let id = |key: String| keys.order_id(&kim, Some(&IdempotencyKey::parse(&key).unwrap()));
        let ids = (0..100).map(|second| {
            let made = uuid::Timestamp::from_unix(uuid::NoContext, 1_800_000_000 + second, 0);
            id(Uuid::new_v7(made).to_string())
        });
        assert!(ids.is_sorted());
        let key = Uuid::now_v7();
        assert_eq!(id(key.to_string()).0.as_bytes()[..6], key.as_bytes()[..6]);
        assert_ne!(id(key.to_string()).0.as_bytes()[6..], key.as_bytes()[6..]);
        // One that tells no time looks like one all the same.
        let random = Uuid::new_v4();
        assert_ne!(
            id(random.to_string()).0.as_bytes()[..6],
            random.as_bytes()[..6]
        );
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
