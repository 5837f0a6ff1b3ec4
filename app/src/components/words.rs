//! What an order's status means to its buyer. That no money was kept is said only where that is certain.

use domain::OrderStatus;
use domain::event::{PaymentFailure, RejectReason};
use domain::fold::Reason;
use domain::view::OrderView;

/// How it stands, for the colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// It goes on.
    Waiting,
    /// It is done.
    Good,
    /// It came to nothing.
    Bad,
}

impl Tone {
    /// For how it looks.
    pub fn as_str(self) -> &'static str {
        match self {
            Tone::Waiting => "waiting",
            Tone::Good => "good",
            Tone::Bad => "bad",
        }
    }
}

/// What happened, what it means, what to do now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Words {
    pub tone: Tone,
    pub title: &'static str,
    pub meaning: &'static str,
    pub advice: &'static str,
}

/// The words for an order.
pub(crate) fn words(order: &OrderView) -> Words {
    match (order.status, order.reason) {
        (OrderStatus::Received, _) => waiting(
            "You are in line",
            "We have your order. It is decided in turn, and most are within seconds.",
            "Stay or come back: this page shows what happens, and nothing is charged before the tickets are yours to have.",
        ),
        (OrderStatus::Reserved, Some(Reason::Payment(_))) => waiting(
            "The payment did not go through",
            "No money was taken. We are giving the tickets back.",
            "",
        ),
        (OrderStatus::Reserved, _) => waiting(
            "Your tickets are held",
            "Nobody else can have them while your payment is on its way.",
            "There is nothing for you to do.",
        ),
        (OrderStatus::Paid, _) if order.refund_failed() => waiting(
            "Your refund has not gone through yet",
            "The payment arrived after the hold had ended, and giving it back failed.",
            "The organiser sees it among the refunds that failed. Write to them with the order’s number, below.",
        ),
        (OrderStatus::Paid, _) => waiting("Paid", "Your tickets are being made.", ""),
        (OrderStatus::Confirmed, _) if order.mail_sent => Words {
            tone: Tone::Good,
            title: "You’re in!",
            meaning: "The tickets are yours, and they are in your mail too.",
            advice: "Show the QR code at the gate, on the phone or on paper.",
        },
        (OrderStatus::Confirmed, _) if order.mail_failed() => Words {
            tone: Tone::Good,
            title: "You’re in!",
            meaning: "The tickets are yours. The mail with them could not be delivered.",
            advice: "Download them here, and keep this page’s address: it is your way back to them.",
        },
        (OrderStatus::Confirmed, _) => Words {
            tone: Tone::Good,
            title: "You’re in!",
            meaning: "The tickets are yours. A mail with them is on its way.",
            advice: "Show the QR code at the gate, on the phone or on paper.",
        },
        (OrderStatus::Refunded, _) => bad(
            "Your money went back",
            "The order could not be kept, and all that you paid was returned.",
            "Until your bank shows it, it may take a few days.",
        ),
        (_, Some(Reason::Rejected(reason))) => rejected(reason),
        (_, Some(Reason::Payment(reason))) => unpaid(reason),
        (_, None) => bad(
            "This order came to nothing",
            "No money was taken.",
            "You can order again.",
        ),
    }
}

fn rejected(reason: RejectReason) -> Words {
    match reason {
        RejectReason::SoldOut => bad(
            "Sold out before your turn",
            "When your order was decided there were not enough tickets left. No money was taken.",
            "The shop shows what is still there.",
        ),
        RejectReason::UnknownTicketType => bad(
            "There is no such ticket",
            "A ticket type in your order does not exist, or no longer. No money was taken.",
            "The shop shows what is on sale.",
        ),
        RejectReason::OverLimit => bad(
            "More than one order may have",
            "Your order asked for more tickets of a type than one order may have. No money was taken.",
            "Order again, with fewer.",
        ),
        RejectReason::SaleClosed => bad(
            "Not on sale at that time",
            "Your order came before the sale began or after it had ended. No money was taken.",
            "The shop shows when each sale is.",
        ),
        RejectReason::PriceChanged => bad(
            "The price has changed",
            "It is no longer the one that you were shown, so nothing was bought. No money was taken.",
            "Look at the new price and order again.",
        ),
    }
}

fn unpaid(reason: PaymentFailure) -> Words {
    match reason {
        PaymentFailure::CardDeclined => bad(
            "Your card was declined",
            "No money was taken, and the tickets are back on sale.",
            "Order again with another payment method, or ask your bank.",
        ),
        PaymentFailure::InsufficientFunds => bad(
            "Not enough money on the account",
            "No money was taken, and the tickets are back on sale.",
            "Order again with another payment method.",
        ),
        PaymentFailure::ExpiredCard => bad(
            "Your card has expired",
            "No money was taken, and the tickets are back on sale.",
            "Order again with a card that is valid.",
        ),
        PaymentFailure::HoldExpired => bad(
            "The payment took too long",
            "The time for which we could hold your tickets ran out. No money was taken, and none will be.",
            "The tickets are back on sale: order again if you still want them.",
        ),
    }
}

const fn waiting(title: &'static str, meaning: &'static str, advice: &'static str) -> Words {
    Words {
        tone: Tone::Waiting,
        title,
        meaning,
        advice,
    }
}

const fn bad(title: &'static str, meaning: &'static str, advice: &'static str) -> Words {
    Words {
        tone: Tone::Bad,
        title,
        meaning,
        advice,
    }
}
