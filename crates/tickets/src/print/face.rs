//! A font and the shaping of text in it: which glyphs, how far apart. By HarfBuzz' rules, so that kerning, accents put
//! together from two characters and the like are right.

use super::PrintError;
use harfrust::{
    Buffer, ClusterLevel, Direction, Font, GlyphId, Script, ShapeOptions, ShapePlan, ShaperFont,
    shape,
};

/// A parsed font. Measures are in thousandths of the font size, as PDF counts them.
pub(super) struct Face {
    pub name: &'static str,
    pub data: &'static [u8],
    font: Font,
    /// For the scripts that the font has, and for text of none (`14:00`): most of the work of shaping a short text.
    plans: Vec<ShapePlan>,
    /// Shown for a character that the font lacks.
    missing: u16,
}

/// A box as tall as a capital letter. The one that fonts bring for the purpose, glyph 0, is half as tall again and
/// runs into the lines above and below.
const MISSING: char = '▯';

/// A line of text, shaped.
#[derive(Clone, Debug, Default)]
pub(super) struct Line {
    pub glyphs: Vec<Glyph>,
}

#[derive(Clone, Debug)]
pub(super) struct Glyph {
    pub id: u16,
    /// The characters that it stands for; empty when the glyph before it stands for them too.
    pub text: String,
    /// How far the next glyph is.
    pub advance: f32,
    /// Where it is drawn, from where it stands: accents.
    pub offset: (f32, f32),
}

impl Line {
    pub fn width(&self) -> f32 {
        width(&self.glyphs)
    }

    /// The glyphs, those together that stand for the same characters.
    pub fn letters(&self) -> impl Iterator<Item = &[Glyph]> {
        self.glyphs.chunk_by(|_, next| next.text.is_empty())
    }
}

pub(super) fn width(glyphs: &[Glyph]) -> f32 {
    glyphs.iter().map(|glyph| glyph.advance).sum()
}

impl Face {
    pub fn parse(name: &'static str, data: &'static [u8]) -> Result<Face, PrintError> {
        let font = Font::new(data, 0).ok_or_else(|| PrintError::Font {
            font: name,
            why: "no font in the file".to_owned(),
        })?;
        let missing = font.charmap().map_unicode(MISSING);
        let missing = missing.map_or(0, |glyph| u16::try_from(glyph.to_u32()).unwrap_or(0));
        let scripts = [
            Some(Script::LATIN),
            Some(Script::GREEK),
            Some(Script::CYRILLIC),
            None,
        ];
        let plan = |script| ShapePlan::new(&font, Direction::LeftToRight, script, None, &[]);
        let plans = scripts.into_iter().map(plan).collect();
        let face = Face {
            name,
            data,
            font,
            plans,
            missing,
        };
        // Shapes once, so that a broken table shows at the start and its caches are filled.
        match face.shape("Ticket").glyphs.len() {
            6 => Ok(face),
            _ => Err(PrintError::Font {
                font: name,
                why: "text cannot be shaped".to_owned(),
            }),
        }
    }

    /// Shapes a line, left to right. A character that the font lacks becomes a box.
    pub fn shape(&self, text: &str) -> Line {
        let mut buffer = Buffer::new();
        buffer.push_str(text);
        buffer.set_direction(Direction::LeftToRight);
        // Each character keeps the glyphs that it caused: the PDF's text is taken from there.
        buffer.set_cluster_level(ClusterLevel::MonotoneCharacters);
        buffer.guess_segment_properties();
        let font = ShaperFont::new(&self.font);
        let script = buffer.script();
        let plan = self.plans.iter().find(|plan| plan.script() == script);
        if shape(&font, &mut buffer, ShapeOptions::new().plan(plan)).is_err() {
            // Only a buffer without direction, with glyphs in it or with another script's plan is refused.
            return Line::default();
        }
        let infos = buffer.glyph_infos();
        let glyphs = infos.iter().zip(buffer.glyph_positions()).enumerate();
        let glyphs = glyphs.map(|(index, (info, position))| {
            let start = info.cluster as usize;
            let continues = index > 0 && infos[index - 1].cluster == info.cluster;
            let end = infos[index..]
                .iter()
                .map(|info| info.cluster as usize)
                .find(|cluster| *cluster > start)
                .unwrap_or(text.len());
            let characters = text.get(start..end).filter(|_| !continues);
            let (id, advance) = match u16::try_from(info.glyph_id) {
                Ok(id @ 1..) => (id, self.thousandths(position.x_advance as f32)),
                _ => (self.missing, self.advance(self.missing)),
            };
            Glyph {
                id,
                text: characters.unwrap_or_default().to_owned(),
                advance,
                offset: (
                    self.thousandths(position.x_offset as f32),
                    self.thousandths(position.y_offset as f32),
                ),
            }
        });
        Line {
            glyphs: glyphs.collect(),
        }
    }

    /// The width that a glyph has by itself.
    pub fn advance(&self, glyph: u16) -> f32 {
        let metrics = self.font.glyph_metrics();
        self.thousandths(metrics.h_advance(GlyphId::from(glyph)))
    }

    /// Left, bottom, right and top of the box that holds every glyph.
    pub fn bounds(&self) -> [f32; 4] {
        let bounds = self.font.metrics().bounds;
        [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
            .map(|edge| self.thousandths(edge.to_f32()))
    }

    /// The height of a capital letter.
    pub fn cap_height(&self) -> f32 {
        let height = self.font.metrics().cap_height;
        height.map_or(700.0, |height| self.thousandths(height.to_f32()))
    }

    fn thousandths(&self, units: f32) -> f32 {
        units * 1000.0 / f32::from(self.font.units_per_em())
    }
}
