//! What each test token does. Names as Stripe has them (docs.stripe.com/testing, "Test tokens"), and three of ours for
//! what a test account cannot bring about.

use super::Decline;

/// What the simulator does when asked to charge a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behaviour {
    /// Captures.
    Capture,
    /// Captures, and the first answer never arrives.
    LoseAnswer,
    /// Captures after a while.
    BeSlow,
    /// Has no time, [`BUSY_ANSWERS`] times; then captures.
    BeBusy,
    /// Declines.
    Decline(Decline),
}

/// So often `tok_gatewayDown` is answered with "busy".
pub(super) const BUSY_ANSWERS: i64 = 3;

/// Charged like any card, but a refund is refused.
pub(super) const REFUND_FAILS: &str = "tok_refundFail";

pub(super) fn behaviour(token: &str) -> Behaviour {
    match token {
        "tok_visa"
        | "tok_visa_debit"
        | "tok_mastercard"
        | "tok_mastercard_debit"
        | "tok_mastercard_prepaid"
        | "tok_amex"
        | "tok_discover"
        | "tok_diners"
        | "tok_jcb"
        | "tok_unionpay"
        | REFUND_FAILS => Behaviour::Capture,
        "tok_lostAnswer" => Behaviour::LoseAnswer,
        "tok_slow" => Behaviour::BeSlow,
        "tok_gatewayDown" => Behaviour::BeBusy,
        "tok_chargeDeclinedInsufficientFunds" => Behaviour::Decline(Decline::InsufficientFunds),
        "tok_chargeDeclinedExpiredCard" => Behaviour::Decline(Decline::ExpiredCard),
        _ => Behaviour::Decline(Decline::CardDeclined),
    }
}
