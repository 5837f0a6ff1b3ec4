//! The text in the QR code: a ticket's id and a proof that this installation sold it.
//!
//! `FF1.<id>.<mac>`: the version, the 16 bytes of the id, and the first 16 bytes of HMAC-SHA256 (RFC 2104, truncated as
//! its section 5 allows) over a fixed context and the id; both in base32 (RFC 4648, no padding), because a QR code packs
//! capitals, digits and full stops into 5.5 bits each and base64 into 8.

use data_encoding::BASE32_NOPAD;
use domain::TicketId;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;
use uuid::Uuid;

/// The version and with it the meaning of the parts. Another layout, another mark.
const VERSION: &str = "FF1";
/// The same secrets also sign order ids and access keys: what is signed begins with what it is for.
const CONTEXT: &[u8] = b"festflow ticket code 1\0";
/// Bytes of the MAC that are kept: 128 bits, as many as the id has.
const MAC_LENGTH: usize = 16;

/// A ticket code: capital letters, digits and full stops, safe in a QR code, a URL and a log line's eyes alike. It
/// admits whoever shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct TicketCode(String);

impl TicketCode {
    /// As the scanner reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Without the code, which is worth a ticket.
impl fmt::Debug for TicketCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TicketCode(…)")
    }
}

/// Signs ticket codes and recognises its own.
#[derive(Clone)]
pub struct TicketSigner {
    newest: Hmac<Sha256>,
    older: Vec<Hmac<Sha256>>,
}

/// Without the secrets.
impl fmt::Debug for TicketSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TicketSigner({} secrets)", 1 + self.older.len())
    }
}

/// There is no secret to sign with, or an empty one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ticket codes need at least one secret, and none may be empty")]
pub struct NoSecret;

/// Why a text is not a valid ticket code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCode {
    /// Not a ticket code at all, or damaged.
    #[error("this is not a ticket code")]
    Malformed,
    /// A ticket code of a version that is not known here.
    #[error("this ticket code's version is not known")]
    UnknownVersion,
    /// Has the form of a ticket code, but none of our secrets signed it.
    #[error("this ticket code was not signed here")]
    WrongSignature,
}

impl TicketSigner {
    /// With the installation's secrets, newest first: the first signs, all verify.
    ///
    /// # Errors
    /// There is none, or one is empty.
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a [u8]>) -> Result<TicketSigner, NoSecret> {
        let mut keys = secrets.into_iter().map(|secret| {
            if secret.is_empty() {
                return Err(NoSecret);
            }
            Hmac::<Sha256>::new_from_slice(secret).map_err(|_| NoSecret)
        });
        let newest = keys.next().ok_or(NoSecret)??;
        let older = keys.collect::<Result<_, _>>()?;
        Ok(TicketSigner { newest, older })
    }

    /// The code of a ticket. The same ticket and secret give the same code.
    pub fn sign(&self, ticket: TicketId) -> TicketCode {
        let mac = message(&self.newest, ticket).finalize().into_bytes();
        TicketCode(format!(
            "{VERSION}.{}.{}",
            BASE32_NOPAD.encode(ticket.0.as_bytes()),
            BASE32_NOPAD.encode(&mac[..MAC_LENGTH])
        ))
    }

    /// The ticket that a scanned code stands for. Whether it was used or refunded since, only the records know.
    ///
    /// # Errors
    /// It is no ticket code, or none of the secrets signed it. The comparison takes the same time wherever they differ.
    pub fn verify(&self, code: &str) -> Result<TicketId, InvalidCode> {
        let (ticket, mac) = parse(code)?;
        std::iter::once(&self.newest)
            .chain(&self.older)
            .any(|key| message(key, ticket).verify_truncated_left(&mac).is_ok())
            .then_some(ticket)
            .ok_or(InvalidCode::WrongSignature)
    }
}

fn message(key: &Hmac<Sha256>, ticket: TicketId) -> Hmac<Sha256> {
    key.clone()
        .chain_update(CONTEXT)
        .chain_update(ticket.0.as_bytes())
}

/// The parts of a code that has the form of one. One id and MAC have exactly one spelling.
fn parse(code: &str) -> Result<(TicketId, [u8; MAC_LENGTH]), InvalidCode> {
    let (version, rest) = code.split_once('.').ok_or(InvalidCode::Malformed)?;
    if version != VERSION {
        return Err(match version.strip_prefix("FF") {
            Some(number) if number.parse::<u16>().is_ok() => InvalidCode::UnknownVersion,
            _ => InvalidCode::Malformed,
        });
    }
    let (ticket, mac) = rest.split_once('.').ok_or(InvalidCode::Malformed)?;
    Ok((TicketId(Uuid::from_bytes(bytes(ticket)?)), bytes(mac)?))
}

fn bytes(text: &str) -> Result<[u8; 16], InvalidCode> {
    BASE32_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or(InvalidCode::Malformed)
}

#[cfg(test)]
#[path = "code_tests.rs"]
mod tests;
