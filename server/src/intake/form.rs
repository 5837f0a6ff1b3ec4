//! The shop's form as an order. It goes through the same parser as the API's JSON; only the fields' names differ.

use super::ItemError;
use app::pages::OrderForm;
use domain::{FieldError, OrderRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What comes before the ticket type in the name of a quantity's field.
const QUANTITY: &str = "quantity.";

/// Reads the form's fields. What was typed is kept as it was typed.
pub(crate) fn typed(fields: Vec<(String, String)>) -> OrderForm {
    let mut form = OrderForm::default();
    for (name, value) in fields {
        match name.as_str() {
            "name" => form.name = value,
            "email" => form.email = value,
            "payment_token" => form.payment_token = value,
            "idempotency_key" => form.idempotency_key = value,
            _ => {
                if let Some(ticket_type) = name.strip_prefix(QUANTITY)
                    && form.quantities.len() < OrderRequest::MAX_ITEMS * 5
                {
                    form.quantities.insert(ticket_type.to_owned(), value);
                }
            }
        }
    }
    form
}

/// The order in the form. Types of which none are wanted are left out. `most` is how many of a ticket type an order may have.
///
/// # Errors
/// All fields that are wrong, by the names of the form's fields.
pub(crate) fn parse(
    form: &OrderForm,
    most: impl Fn(&str) -> u32,
) -> Result<OrderRequest, Vec<FieldError>> {
    let wanted: BTreeMap<&str, &str> = form
        .quantities
        .iter()
        .map(|(ticket_type, typed)| (ticket_type.as_str(), typed.trim()))
        .filter(|(_, typed)| !matches!(*typed, "" | "0"))
        .collect();
    let item = |(ticket_type, typed): (&&str, &&str)| {
        let quantity = typed.parse::<i64>().map_or(Value::Null, Value::from);
        json!({ "ticket_type": ticket_type, "quantity": quantity })
    };
    let order = json!({
        "items": wanted.iter().map(item).collect::<Vec<_>>(),
        "email": form.email,
        "name": form.name,
        "payment_token": form.payment_token,
    });
    let types: Vec<&str> = wanted.keys().copied().collect();
    OrderRequest::parse_json(order.to_string().as_bytes()).map_err(|errors| {
        errors
            .into_iter()
            .map(|error| renamed(error, &types, &most))
            .collect()
    })
}

/// An item's error under the name of its field.
pub(crate) fn item_error(error: ItemError) -> FieldError {
    FieldError::new(format!("{QUANTITY}{}", error.ticket_type), error.message)
}

/// `items[2].quantity` is `quantity.vip` in the form.
fn renamed(error: FieldError, types: &[&str], most: impl Fn(&str) -> u32) -> FieldError {
    if error.field == "items" && types.is_empty() {
        return FieldError::new("items", "must be chosen: at least one");
    }
    let index = error
        .field
        .strip_prefix("items[")
        .and_then(|rest| rest.split(']').next())
        .and_then(|index| index.parse::<usize>().ok());
    match index.and_then(|index| types.get(index)) {
        Some(ticket_type) => {
            let message = if error.field.ends_with("quantity") {
                format!("must be a whole number from 0 to {}", most(ticket_type))
            } else {
                error.message
            };
            FieldError::new(format!("{QUANTITY}{ticket_type}"), message)
        }
        None => error,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn form(quantities: &[(&str, &str)]) -> OrderForm {
        let mut fields = vec![
            ("name".to_owned(), "Kim".to_owned()),
            ("email".to_owned(), "kim@example.org".to_owned()),
            ("payment_token".to_owned(), "tok_visa".to_owned()),
        ];
        let quantity = |(ticket_type, typed): &(&str, &str)| {
            (format!("quantity.{ticket_type}"), (*typed).to_owned())
        };
        fields.extend(quantities.iter().map(quantity));
        typed(fields)
    }

    #[test]
    fn types_of_which_none_are_wanted_are_left_out() {
        let wanted = form(&[("vip", "2"), ("day", "0"), ("camp", ""), ("loft", " 1 ")]);
        let order = parse(&wanted, |_| 8);
        let items = order.unwrap().items;
        let items: Vec<_> = items
            .iter()
            .map(|item| (item.ticket_type.as_str(), item.quantity.get()))
            .collect();
        assert_eq!(items, [("loft", 1), ("vip", 2)]);
    }

    #[test]
    fn errors_have_the_names_of_the_form() {
        for (quantities, field) in [
            (&[][..], "items"),
            (&[("vip", "0")], "items"),
            (&[("day", "1"), ("vip", "-1")], "quantity.vip"),
            (&[("vip", "two")], "quantity.vip"),
            (&[("vip", "1.5")], "quantity.vip"),
            (&[("vip", "101")], "quantity.vip"),
            (&[("vip", "99999999999999999999")], "quantity.vip"),
            (&[("VIP!", "1")], "quantity.VIP!"),
        ] {
            let errors = parse(&form(quantities), |_| 8).unwrap_err();
            let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
            assert_eq!(fields, [field], "{quantities:?}");
        }
    }

    #[test]
    fn a_quantity_that_is_none_is_told_how_many_of_its_type_may_be_had() {
        let most = |ticket_type: &str| if ticket_type == "vip" { 4 } else { 8 };
        let errors = parse(&form(&[("day", "1"), ("vip", "101")]), most).unwrap_err();
        assert_eq!(errors[0].message, "must be a whole number from 0 to 4");
    }

    #[test]
    fn what_was_typed_is_kept() {
        let form = form(&[("vip", " two ")]);
        assert_eq!(form.quantities["vip"], " two ");
        assert_eq!(form.name, "Kim");
    }
}
