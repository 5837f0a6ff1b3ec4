//! What the tests look with: a scanner, and an eye that sees a PDF page as a printer would put it on paper.

#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

mod paper;

pub use paper::Paper;

use domain::{OrderId, TicketId};
use tickets::{Ticket, TicketSheet, TicketSigner};
use uuid::Uuid;

pub fn signer() -> TicketSigner {
    TicketSigner::new([&b"the secret of this installation, long enough"[..]]).unwrap()
}

pub fn ticket_id(number: u32) -> TicketId {
    TicketId(Uuid::from_u128(0x7000_8000_0000 + u128::from(number)))
}

pub fn sheet(tickets: u32) -> TicketSheet {
    TicketSheet {
        order_id: OrderId(Uuid::from_u128(42)),
        holder: "Marta Lind".to_owned(),
        tickets: (1..=tickets)
            .map(|number| Ticket {
                ticket_id: ticket_id(number),
                event: "Aurora Sound Festival".to_owned(),
                date: "Fri 3 July 2026, 14:00".to_owned(),
                place: "Riverside Park".to_owned(),
                ticket_type: "Weekend VIP".to_owned(),
                number,
                of: tickets,
                price: "€249.00".to_owned(),
            })
            .collect(),
    }
}

/// A grey picture, row by row from the upper left corner; 0 is black.
#[derive(Clone)]
pub struct Picture {
    pub width: usize,
    pub height: usize,
    pub grey: Vec<u8>,
}

impl Picture {
    pub fn new(width: usize, height: usize) -> Picture {
        Picture {
            width,
            height,
            grey: vec![255; width * height],
        }
    }

    /// Fills what lies between the corners; coordinates are of pixels and may lie outside.
    pub fn fill(&mut self, [left, top, right, bottom]: [f32; 4], grey: u8) {
        let columns = pixels(left, right, self.width);
        for y in pixels(top, bottom, self.height) {
            self.grey[y * self.width..][columns.clone()].fill(grey);
        }
    }

    /// The texts of all QR codes that a scanner finds.
    pub fn scan(&self) -> Vec<String> {
        let pixel = |x, y| self.grey[y * self.width + x];
        rqrr::PreparedImage::prepare_from_greyscale(self.width, self.height, pixel)
            .detect_grids()
            .into_iter()
            .filter_map(|grid| grid.decode().ok())
            .map(|(_, text)| text)
            .collect()
    }
}

/// The pixels whose middle lies between the two.
fn pixels(from: f32, to: f32, most: usize) -> std::ops::Range<usize> {
    let edge = |at: f32| ((at - 0.5).ceil().max(0.0) as usize).min(most);
    edge(from)..edge(to).max(edge(from))
}
