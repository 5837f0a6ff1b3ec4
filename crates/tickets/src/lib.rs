#![doc = include_str!("../README.md")]

mod code;
mod print;
mod qr;
mod sheet;

pub use code::{InvalidCode, NoSecret, TicketCode, TicketSigner};
pub use print::{PrintError, TicketPrinter};
pub use qr::{QrSymbol, TooLong};
pub use sheet::{Ticket, TicketSheet};
