//! From a sheet of tickets to a PDF.

mod art;
mod canvas;
mod embed;
mod face;
mod fit;
mod page;

use crate::{QrSymbol, TicketSheet, TicketSigner, TooLong};
use canvas::{Fonts, Typeface};
use embed::EmbeddedFont;
use face::Face;
use pdf_writer::{Filter, Finish, Name, Pdf, Rect, Ref, TextStr};

static BLACK: &[u8] = include_bytes!("../../fonts/FiraSansExtraCondensed-Black.ttf");
static MEDIUM: &[u8] = include_bytes!("../../fonts/FiraSansExtraCondensed-Medium.ttf");

/// How hard streams are compressed, of 10. Harder takes half as long again for 2 % less.
const COMPRESSION: u8 = 3;

const A6: Rect = Rect {
    x1: 0.0,
    y1: 0.0,
    x2: page::WIDTH,
    y2: page::HEIGHT,
};

/// Prints tickets. Holds the parsed fonts: make one and keep it.
pub struct TicketPrinter {
    black: Face,
    medium: Face,
}

/// Why tickets cannot be printed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The sheet has no tickets.
    #[error("there are no tickets to print")]
    NoTickets,
    /// The QR code cannot hold the ticket code.
    #[error(transparent)]
    Qr(#[from] TooLong),
    /// A built-in font is unusable: the build is broken.
    #[error("the font {font} is unusable: {why}")]
    Font {
        /// The font's PostScript name.
        font: &'static str,
        /// What the font library says.
        why: String,
    },
}

impl TicketPrinter {
    /// Parses the built-in fonts.
    ///
    /// # Errors
    /// A font is unusable, which is a fault of the build.
    pub fn new() -> Result<TicketPrinter, PrintError> {
        Ok(TicketPrinter {
            black: Face::parse("FiraSansExtraCondensed-Black", BLACK)?,
            medium: Face::parse("FiraSansExtraCondensed-Medium", MEDIUM)?,
        })
    }

    /// The PDF: an A6 page for each ticket. The same sheet and signer give the same bytes.
    ///
    /// # Errors
    /// The sheet has no tickets.
    pub fn print(&self, sheet: &TicketSheet, signer: &TicketSigner) -> Result<Vec<u8>, PrintError> {
        let first = sheet.tickets.first().ok_or(PrintError::NoTickets)?;
        let mut refs = (1..).map(Ref::new);
        let mut next = move || refs.next().unwrap_or(Ref::new(i32::MAX));
        let (catalog, info, tree) = (next(), next(), next());

        let mut fonts = Fonts {
            black: EmbeddedFont::new(&self.black, next()),
            medium: EmbeddedFont::new(&self.medium, next()),
        };
        let mut pdf = Pdf::new();
        // What all pages have in common is in the file once.
        let background = next();
        pdf.form_xobject(background, &compressed(&page::background()))
            .bbox(A6)
            .filter(Filter::FlateDecode);
        let mut pages = Vec::with_capacity(sheet.tickets.len());
        for ticket in &sheet.tickets {
            let qr = QrSymbol::encode(signer.sign(ticket.ticket_id).as_str())?;
            let content = next();
            let drawn = page::draw(&mut fonts, sheet, ticket, &qr);
            pdf.stream(content, &compressed(&drawn))
                .filter(Filter::FlateDecode);
            let page = next();
            let mut writer = pdf.page(page);
            writer.parent(tree).media_box(A6).contents(content);
            let mut resources = writer.resources();
            resources
                .x_objects()
                .pair(Name(page::BACKGROUND), background);
            let mut names = resources.fonts();
            for typeface in [Typeface::Black, Typeface::Medium] {
                names.pair(Name(typeface.resource()), fonts.get(typeface).id());
            }
            names.finish();
            resources.finish();
            writer.finish();
            pages.push(page);
        }
        fonts.black.write(&mut pdf, &mut next)?;
        fonts.medium.write(&mut pdf, &mut next)?;

        pdf.pages(tree)
            .count(i32::try_from(pages.len()).unwrap_or(i32::MAX))
            .kids(pages);
        pdf.document_info(info)
            .title(TextStr(&title(&first.event, sheet.tickets.len())))
            .creator(TextStr("FestFlow"));
        let mut root = pdf.catalog(catalog);
        root.pages(tree).lang(TextStr("en"));
        root.viewer_preferences().display_doc_title(true);
        root.finish();
        Ok(pdf.finish())
    }
}

fn title(event: &str, tickets: usize) -> String {
    match tickets {
        1 => format!("{event}: ticket"),
        _ => format!("{event}: {tickets} tickets"),
    }
}

fn compressed(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec_zlib(bytes, COMPRESSION)
}
