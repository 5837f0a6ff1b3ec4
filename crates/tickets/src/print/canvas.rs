//! Drawing on a page, with the origin in its upper left corner. Lengths are in points, 1/72 inch.

use super::{embed::EmbeddedFont, face::Line};
use pdf_writer::{Content, Finish, Name, Str};

/// An RGB colour.
#[derive(Clone, Copy, Debug)]
pub(super) struct Color(pub u8, pub u8, pub u8);

/// The two weights on a ticket.
#[derive(Clone, Copy, Debug)]
pub(super) enum Typeface {
    Black,
    Medium,
}

impl Typeface {
    /// Its name in a page's resources.
    pub fn resource(self) -> &'static [u8] {
        match self {
            Typeface::Black => b"B",
            Typeface::Medium => b"M",
        }
    }
}

/// The fonts of the document.
pub(super) struct Fonts<'a> {
    pub black: EmbeddedFont<'a>,
    pub medium: EmbeddedFont<'a>,
}

impl<'a> Fonts<'a> {
    pub fn get(&self, typeface: Typeface) -> &EmbeddedFont<'a> {
        match typeface {
            Typeface::Black => &self.black,
            Typeface::Medium => &self.medium,
        }
    }

    fn get_mut(&mut self, typeface: Typeface) -> &mut EmbeddedFont<'a> {
        match typeface {
            Typeface::Black => &mut self.black,
            Typeface::Medium => &mut self.medium,
        }
    }
}

/// A page being drawn.
pub(super) struct Canvas {
    content: Content,
    /// PDF counts upwards from the lower left corner. Turns that around, and turned twice it is as before.
    flip: [f32; 6],
}

/// Control points of a Bézier curve that is a quarter of a circle lie this far out, of the radius.
const QUARTER: f32 = 0.552_284_8;

impl Canvas {
    pub fn new(page_height: f32) -> Canvas {
        let flip = [1.0, 0.0, 0.0, -1.0, 0.0, page_height];
        let mut content = Content::new();
        content.transform(flip);
        Canvas { content, flip }
    }

    pub fn finish(self) -> Vec<u8> {
        self.content.finish().into_vec()
    }

    /// Draws another canvas that is as large as this one, by its name in the page's resources.
    pub fn form(&mut self, name: &[u8]) {
        self.content
            .save_state()
            .transform(self.flip)
            .x_object(Name(name))
            .restore_state();
    }

    pub fn color(&mut self, color: Color) {
        let [red, green, blue] = [color.0, color.1, color.2].map(|part| f32::from(part) / 255.0);
        self.content.set_fill_rgb(red, green, blue);
        self.content.set_stroke_rgb(red, green, blue);
    }

    pub fn rectangle(&mut self, [x, y, width, height]: [f32; 4]) {
        self.content.rect(x, y, width, height).fill_nonzero();
    }

    pub fn rounded_rectangle(&mut self, [x, y, width, height]: [f32; 4], radius: f32) {
        let (right, bottom, handle) = (x + width, y + height, radius * (1.0 - QUARTER));
        self.content
            .move_to(x + radius, y)
            .line_to(right - radius, y)
            .cubic_to(right - handle, y, right, y + handle, right, y + radius)
            .line_to(right, bottom - radius)
            .cubic_to(
                right,
                bottom - handle,
                right - handle,
                bottom,
                right - radius,
                bottom,
            )
            .line_to(x + radius, bottom)
            .cubic_to(x + handle, bottom, x, bottom - handle, x, bottom - radius)
            .line_to(x, y + radius)
            .cubic_to(x, y + handle, x + handle, y, x + radius, y)
            .close_path()
            .fill_nonzero();
    }

    pub fn disc(&mut self, (x, y): (f32, f32), radius: f32) {
        self.rounded_rectangle([x - radius, y - radius, 2.0 * radius, 2.0 * radius], radius);
    }

    /// Draws only inside the rectangle, until `restore`.
    pub fn clip(&mut self, [x, y, width, height]: [f32; 4]) {
        self.content
            .save_state()
            .rect(x, y, width, height)
            .clip_nonzero()
            .end_path();
    }

    pub fn restore(&mut self) {
        self.content.restore_state();
    }

    pub fn dashed_line(&mut self, from: (f32, f32), to: (f32, f32), width: f32, dash: f32) {
        self.content
            .save_state()
            .set_line_width(width)
            .set_dash_pattern([dash, dash], 0.0)
            .move_to(from.0, from.1)
            .line_to(to.0, to.1)
            .stroke()
            .restore_state();
    }

    /// Fills all rectangles as one shape: no hairlines show where two of them meet. `unit` is one of theirs in points.
    pub fn mosaic(
        &mut self,
        (x, y): (f32, f32),
        unit: f32,
        rectangles: impl IntoIterator<Item = [f32; 4]>,
    ) {
        self.content
            .save_state()
            .transform([unit, 0.0, 0.0, unit, x, y]);
        for [x, y, width, height] in rectangles {
            self.content.rect(x, y, width, height);
        }
        self.content.fill_nonzero().restore_state();
    }

    /// Writes a line with its baseline's left end at `x`, `y`; `tracking` is extra space after each glyph.
    pub fn text(
        &mut self,
        fonts: &mut Fonts<'_>,
        (typeface, size, tracking): (Typeface, f32, f32),
        (x, y): (f32, f32),
        line: &Line,
    ) {
        let font = fonts.get_mut(typeface);
        self.content
            .begin_text()
            .set_font(Name(typeface.resource()), size)
            .set_char_spacing(tracking)
            .set_text_matrix([1.0, 0.0, 0.0, -1.0, x, y]);
        let mut rise = 0.0;
        let mut rest = &line.glyphs[..];
        while let Some(first) = rest.first() {
            // An accent above a tall letter: the height cannot change within one operator.
            if first.offset.1 != rise {
                rise = first.offset.1;
                self.content.set_rise(rise * size / 1000.0);
            }
            let same = rest.iter().take_while(|glyph| glyph.offset.1 == rise);
            let (now, later) = rest.split_at(same.count());
            let mut show = self.content.show_positioned();
            let mut items = show.items();
            let mut codes = Vec::new();
            for glyph in now {
                let before = glyph.offset.0;
                let after = glyph.advance - before - font.face().advance(glyph.id);
                if before != 0.0 {
                    flush(&mut items, &mut codes);
                    items.adjust(-before);
                }
                codes.extend(font.code(glyph).to_be_bytes());
                if after != 0.0 {
                    flush(&mut items, &mut codes);
                    items.adjust(-after);
                }
            }
            flush(&mut items, &mut codes);
            items.finish();
            show.finish();
            rest = later;
        }
        if rise != 0.0 {
            self.content.set_rise(0.0);
        }
        self.content.end_text();
    }
}

fn flush(items: &mut pdf_writer::writers::PositionedItems<'_>, codes: &mut Vec<u8>) {
    if !codes.is_empty() {
        items.show(Str(codes));
        codes.clear();
    }
}
