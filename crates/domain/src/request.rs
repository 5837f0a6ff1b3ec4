//! An order as a buyer sends it. What is wrong is said field by field, all of it at once.

use crate::{Amount, EmailAddress, PaymentToken, PersonName, Quantity, TicketTypeId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fmt};

/// What is wrong with one field of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// The field's path, such as `items[1].quantity`.
    pub field: String,
    /// What is allowed, to be read after the field's name.
    pub message: String,
}

impl FieldError {
    /// An error about `field`.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> FieldError {
        FieldError {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.field, self.message)
    }
}

/// So many tickets of one type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Item {
    /// Which.
    pub ticket_type: TicketTypeId,
    /// How many.
    pub quantity: Quantity,
}

/// A well-formed order. Whether there is stock for it, and at which price, inventory decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// At least one, each ticket type once, sorted by type.
    pub items: Vec<Item>,
    /// Where the tickets go.
    pub email: EmailAddress,
    /// The name on the tickets.
    pub name: PersonName,
    /// How it is paid.
    pub payment_token: PaymentToken,
    /// What the buyer was shown, in minor units: at another price the order is rejected, not charged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_total: Option<Amount>,
}

impl OrderRequest {
    /// The most ticket types in one order.
    pub const MAX_ITEMS: usize = 20;

    /// Reads the JSON of `POST /api/orders`: the long form with `items`, or the short form
    /// `{"ticket_type","quantity","email"}`, in which `name` is the address' local part and `payment_token` `tok_visa`
    /// unless given.
    ///
    /// # Errors
    /// All fields that are wrong. The field `body` when it is no JSON object at all.
    pub fn parse_json(body: &[u8]) -> Result<OrderRequest, Vec<FieldError>> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(fields)) => OrderRequest::parse_fields(&fields),
            Ok(_) => Err(vec![FieldError::new("body", "must be a JSON object")]),
            Err(error) => Err(vec![FieldError::new(
                "body",
                format!("must be JSON: {error}"),
            )]),
        }
    }

    fn parse_fields(fields: &Map<String, Value>) -> Result<OrderRequest, Vec<FieldError>> {
        let mut wrong = Vec::new();
        let short = !fields.contains_key("items")
            && (fields.contains_key("ticket_type") || fields.contains_key("quantity"));
        let items = if short {
            parse_item(fields, "", &mut wrong).map(|item| vec![item])
        } else {
            parse_items(fields.get("items"), &mut wrong)
        };
        let email = required(fields, "email", &mut wrong)
            .and_then(|text| keep("email", EmailAddress::parse(text), &mut wrong));
        let name = match (fields.get("name"), short) {
            // Without an address that can be used there is nothing to say about the name.
            (None, true) => email.as_ref().and_then(|email| {
                let local = email.as_str().split('@').next().unwrap_or_default();
                keep("name", PersonName::parse(local), &mut wrong)
            }),
            _ => required(fields, "name", &mut wrong)
                .and_then(|text| keep("name", PersonName::parse(text), &mut wrong)),
        };
        let payment_token = match (fields.get("payment_token"), short) {
            (None, true) => keep("payment_token", PaymentToken::parse("tok_visa"), &mut wrong),
            _ => required(fields, "payment_token", &mut wrong)
                .and_then(|text| keep("payment_token", PaymentToken::parse(text), &mut wrong)),
        };
        let expected_total = match fields.get("expected_total") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_i64() {
                Some(minor) if minor >= 0 => Some(Amount(minor)),
                _ => {
                    wrong.push(FieldError::new(
                        "expected_total",
                        "must be a whole number of minor units, 0 or more",
                    ));
                    None
                }
            },
        };
        match (items, email, name, payment_token) {
            (Some(items), Some(email), Some(name), Some(payment_token)) if wrong.is_empty() => {
                Ok(OrderRequest {
                    items,
                    email,
                    name,
                    payment_token,
                    expected_total,
                })
            }
            _ => Err(wrong),
        }
    }

    /// The request as bytes that are equal for equal requests: what a request hash is made of.
    pub fn canonical(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

fn parse_items(value: Option<&Value>, wrong: &mut Vec<FieldError>) -> Option<Vec<Item>> {
    let Some(Value::Array(list)) = value else {
        wrong.push(FieldError::new(
            "items",
            "must be a list of {\"ticket_type\", \"quantity\"}",
        ));
        return None;
    };
    if list.is_empty() || list.len() > OrderRequest::MAX_ITEMS {
        wrong.push(FieldError::new(
            "items",
            format!(
                "must have 1 to {} entries, not {}",
                OrderRequest::MAX_ITEMS,
                list.len()
            ),
        ));
        return None;
    }
    let mut items = Vec::with_capacity(list.len());
    let mut seen = BTreeSet::new();
    for (index, entry) in list.iter().enumerate() {
        let prefix = format!("items[{index}]");
        let Value::Object(fields) = entry else {
            wrong.push(FieldError::new(
                prefix,
                "must be {\"ticket_type\", \"quantity\"}",
            ));
            continue;
        };
        let Some(item) = parse_item(fields, &format!("{prefix}."), wrong) else {
            continue;
        };
        if !seen.insert(item.ticket_type.clone()) {
            wrong.push(FieldError::new(
                format!("{prefix}.ticket_type"),
                format!(
                    "names {} a second time: put the quantities together",
                    item.ticket_type
                ),
            ));
        }
        items.push(item);
    }
    items.sort();
    Some(items)
}

fn parse_item(
    fields: &Map<String, Value>,
    prefix: &str,
    wrong: &mut Vec<FieldError>,
) -> Option<Item> {
    let ticket_type_field = format!("{prefix}ticket_type");
    let ticket_type = text(fields.get("ticket_type"), &ticket_type_field, wrong)
        .and_then(|text| keep(&ticket_type_field, TicketTypeId::parse(text), wrong));
    let quantity = match fields.get("quantity").map(Value::as_i64) {
        Some(Some(number)) => Quantity::parse(number),
        // Not a number, a fraction, or beyond 64 bits.
        _ => Quantity::parse(0),
    };
    let quantity = keep(&format!("{prefix}quantity"), quantity, wrong);
    Some(Item {
        ticket_type: ticket_type?,
        quantity: quantity?,
    })
}

fn required<'a>(
    fields: &'a Map<String, Value>,
    field: &str,
    wrong: &mut Vec<FieldError>,
) -> Option<&'a str> {
    text(fields.get(field), field, wrong)
}

fn text<'a>(value: Option<&'a Value>, field: &str, wrong: &mut Vec<FieldError>) -> Option<&'a str> {
    let problem = match value {
        Some(Value::String(text)) => return Some(text),
        None | Some(Value::Null) => "is missing",
        Some(_) => "must be text",
    };
    wrong.push(FieldError::new(field, problem));
    None
}

fn keep<T>(field: &str, parsed: Result<T, String>, wrong: &mut Vec<FieldError>) -> Option<T> {
    parsed
        .map_err(|message| wrong.push(FieldError::new(field, message)))
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields_wrong_in(json: &str) -> Vec<String> {
        match OrderRequest::parse_json(json.as_bytes()) {
            Ok(_) => Vec::new(),
            Err(errors) => errors.into_iter().map(|error| error.field).collect(),
        }
    }

    #[test]
    fn the_long_form_and_the_short_form_are_orders() {
        let long = r#"{"items":[{"ticket_type":"vip","quantity":2},{"ticket_type":"day","quantity":1}],
            "email":"kim@example.org","name":"Kim","payment_token":"tok_visa","newer_field":1}"#;
        let order = OrderRequest::parse_json(long.as_bytes()).unwrap();
        assert_eq!(
            order.items[0].ticket_type.as_str(),
            "day",
            "items are sorted by type"
        );
        let short = r#"{"ticket_type":"vip","quantity":2,"email":"kim@example.org"}"#;
        let order = OrderRequest::parse_json(short.as_bytes()).unwrap();
        assert_eq!(order.name.as_str(), "kim");
    }

    #[test]
    fn every_wrong_field_names_itself() {
        let ok = r#""email":"kim@example.org","name":"Kim","payment_token":"tok_visa""#;
        for (json, fields) in [
            ("{", vec!["body"]),
            ("[]", vec!["body"]),
            ("{}", vec!["items", "email", "name", "payment_token"]),
            (&format!(r#"{{"items":[],{ok}}}"#), vec!["items"]),
            (
                &format!(r#"{{"items":[{{"ticket_type":"vip","quantity":0}}],{ok}}}"#),
                vec!["items[0].quantity"],
            ),
            (
                &format!(r#"{{"items":[{{"ticket_type":"vip","quantity":-1}}],{ok}}}"#),
                vec!["items[0].quantity"],
            ),
            (
                &format!(r#"{{"items":[{{"ticket_type":"vip","quantity":1.5}}],{ok}}}"#),
                vec!["items[0].quantity"],
            ),
            (
                &format!(r#"{{"items":[{{"ticket_type":"vip","quantity":1e300}}],{ok}}}"#),
                vec!["items[0].quantity"],
            ),
            (
                &format!(r#"{{"items":[{{"ticket_type":"VIP!","quantity":1}}],{ok}}}"#),
                vec!["items[0].ticket_type"],
            ),
            (
                &format!(
                    r#"{{"items":[{{"ticket_type":"vip","quantity":1}},{{"ticket_type":"vip","quantity":1}}],{ok}}}"#
                ),
                vec!["items[1].ticket_type"],
            ),
            (
                r#"{"ticket_type":"vip","quantity":1,"email":"kim"}"#,
                vec!["email"],
            ),
            (
                r#"{"ticket_type":7,"quantity":1,"email":"kim@example.org"}"#,
                vec!["ticket_type"],
            ),
        ] {
            assert_eq!(fields_wrong_in(json), fields, "{json}");
        }
    }
}
