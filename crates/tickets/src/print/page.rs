//! One ticket's page: above what one looks forward to, below what the gate needs.

use super::{
    art,
    canvas::{Canvas, Color, Fonts, Typeface},
    fit::{Fitted, Place, fit},
};
use crate::{
    QrSymbol, Ticket, TicketSheet,
    qr::{DarkRun, QUIET_ZONE},
};

/// A6 upright: fills a phone's screen, and four fit on a sheet of A4. In points.
pub(super) const WIDTH: f32 = 297.64;
pub(super) const HEIGHT: f32 = 419.53;
/// The background's name in a page's resources.
pub(super) const BACKGROUND: &[u8] = b"A6";

const MARGIN: f32 = 20.0;
const INNER: f32 = WIDTH - 2.0 * MARGIN;
/// Where the coloured band ends.
const BAND: f32 = 209.0;
/// The white square with the QR code and its quiet zone: upper edge and side.
const QR_TOP: f32 = BAND + 15.0;
const QR_SIDE: f32 = 146.0;

/// What is the same on every page.
pub(super) fn background() -> Vec<u8> {
    let mut canvas = Canvas::new(HEIGHT);
    canvas.color(art::PAPER);
    canvas.rectangle([0.0, 0.0, WIDTH, HEIGHT]);
    art::band(&mut canvas, WIDTH, BAND);
    art::perforation(&mut canvas, WIDTH, BAND);
    canvas.color(art::WHITE);
    canvas.rounded_rectangle([MARGIN, QR_TOP, QR_SIDE, QR_SIDE], 8.0);
    canvas.finish()
}

/// A ticket's own page.
pub(super) fn draw(
    fonts: &mut Fonts<'_>,
    sheet: &TicketSheet,
    ticket: &Ticket,
    qr: &QrSymbol,
) -> Vec<u8> {
    let mut canvas = Canvas::new(HEIGHT);
    canvas.form(BACKGROUND);
    code(&mut canvas, qr);
    let mut page = Page { canvas, fonts };
    page.announce(ticket);
    page.admit(ticket);
    page.identify(sheet);
    page.canvas.finish()
}

fn code(canvas: &mut Canvas, qr: &QrSymbol) {
    let module = QR_SIDE / (qr.width() + 2 * QUIET_ZONE) as f32;
    let quiet = module * QUIET_ZONE as f32;
    let runs = qr.dark_runs().into_iter();
    canvas.color(art::BLACK);
    canvas.mosaic(
        (MARGIN + quiet, QR_TOP + quiet),
        module,
        runs.map(|DarkRun { x, y, width }| [x as f32, y as f32, width as f32, 1.0]),
    );
}

struct Page<'p, 'a> {
    canvas: Canvas,
    fonts: &'p mut Fonts<'a>,
}

impl Page<'_, '_> {
    /// The band: which of the tickets, the event, when and where.
    fn announce(&mut self, ticket: &Ticket) {
        const TRACKING: f32 = 0.6;
        let count = format!("TICKET {} OF {}", ticket.number, ticket.of);
        let pill = self.line(Typeface::Black, &count, 11.0, 150.0);
        let width = pill.width() + count.chars().count() as f32 * TRACKING;
        self.canvas.color(art::INK);
        self.canvas
            .rounded_rectangle([MARGIN, 20.0, width + 16.0, 20.0], 10.0);
        let at = (MARGIN + 8.0, 34.0);
        self.write_tracked(Typeface::Black, art::GLOW, at, &pill, TRACKING);

        // A short name stands where the last line of a long one would.
        const TITLE_BOTTOM: f32 = 151.0;
        let title = self.fit(
            Typeface::Black,
            &ticket.event,
            Place {
                width: INNER,
                height: 92.0,
                largest: 76.0,
                smallest: 17.0,
                most_lines: 4,
                leading: 0.98,
            },
        );
        let baseline = TITLE_BOTTOM - title.height() + title.cap_height;
        self.write(Typeface::Black, art::INK, (MARGIN, baseline), &title);

        let date = self.line(Typeface::Black, &ticket.date, 17.0, INNER);
        self.write(Typeface::Black, art::INK, (MARGIN, 176.0), &date);
        let place = self.line(Typeface::Medium, &ticket.place, 13.5, INNER);
        self.write(Typeface::Medium, art::INK, (MARGIN, 192.5), &place);
    }

    /// Beside the code: what the people at the gate read.
    fn admit(&mut self, ticket: &Ticket) {
        const LEFT: f32 = MARGIN + QR_SIDE + 14.0;
        const ROOM: f32 = WIDTH - MARGIN - LEFT;
        const BOTTOM: f32 = QR_TOP + QR_SIDE;
        self.label("TYPE", (LEFT, QR_TOP + 10.0));
        let kind = self.fit(
            Typeface::Black,
            &ticket.ticket_type,
            Place {
                width: ROOM,
                height: 74.0,
                largest: 30.0,
                smallest: 12.0,
                most_lines: 4,
                leading: 0.98,
            },
        );
        let baseline = QR_TOP + 18.0 + kind.cap_height;
        self.write(Typeface::Black, art::INK, (LEFT, baseline), &kind);
        let price = self.line(Typeface::Black, &ticket.price, 17.0, ROOM);
        if !price.lines.is_empty() {
            self.label("PRICE", (LEFT, BOTTOM - 22.0));
            self.write(Typeface::Black, art::INK, (LEFT, BOTTOM - 2.0), &price);
        }
    }

    /// Below: whose it is, and what to ask for when the code cannot be read.
    fn identify(&mut self, sheet: &TicketSheet) {
        let holder = self.line(Typeface::Black, &sheet.holder, 15.0, INNER);
        self.write(Typeface::Black, art::INK, (MARGIN, 393.0), &holder);
        let order = format!("Order {}", sheet.order_id.0);
        let order = self.line(Typeface::Medium, &order, 8.0, INNER);
        self.write_tracked(Typeface::Medium, art::INK, (MARGIN, 405.5), &order, 0.2);
    }

    fn label(&mut self, text: &str, at: (f32, f32)) {
        let label = self.line(Typeface::Medium, text, 8.0, INNER);
        self.write_tracked(Typeface::Medium, art::MUTED, at, &label, 0.5);
    }

    /// One line, no larger than `size` and no smaller than six tenths of it.
    fn line(&self, typeface: Typeface, text: &str, size: f32, width: f32) -> Fitted {
        let place = Place {
            width,
            height: size,
            largest: size,
            smallest: size * 0.6,
            most_lines: 1,
            leading: 1.0,
        };
        self.fit(typeface, text, place)
    }

    fn fit(&self, typeface: Typeface, text: &str, place: Place) -> Fitted {
        fit(self.fonts.get(typeface).face(), text, place)
    }

    fn write(&mut self, typeface: Typeface, color: Color, at: (f32, f32), text: &Fitted) {
        self.write_tracked(typeface, color, at, text, 0.0);
    }

    fn write_tracked(
        &mut self,
        typeface: Typeface,
        color: Color,
        (x, y): (f32, f32),
        text: &Fitted,
        tracking: f32,
    ) {
        self.canvas.color(color);
        let baselines = (0..).map(|index| y + index as f32 * text.leading);
        for (line, y) in text.lines.iter().zip(baselines) {
            let style = (typeface, text.size, tracking);
            self.canvas.text(self.fonts, style, (x, y), line);
        }
    }
}
