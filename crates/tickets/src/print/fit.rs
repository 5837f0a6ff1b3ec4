//! Fitting a text of unknown length into its place: as large as possible, on several lines where there is room.

use super::face::{Face, Glyph, Line, width};
use std::ops::Range;

/// Characters of a text that are looked at; no name needs more, and the work stays bounded.
const LONGEST: usize = 300;
/// How much smaller the next try is.
const STEP: f32 = 0.95;

/// A place for text. Lengths in points.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub width: f32,
    /// From the top of the first line's capitals to the last baseline.
    pub height: f32,
    pub largest: f32,
    pub smallest: f32,
    pub most_lines: usize,
    /// From baseline to baseline, of the font size.
    pub leading: f32,
}

/// Text that fits.
#[derive(Debug)]
pub(super) struct Fitted {
    pub lines: Vec<Line>,
    pub size: f32,
    /// From baseline to baseline.
    pub leading: f32,
    /// From the first line's baseline to the top of its capitals.
    pub cap_height: f32,
}

impl Fitted {
    /// Of its longest line.
    pub fn width(&self) -> f32 {
        let widths = self.lines.iter().map(Line::width);
        widths.fold(0.0, f32::max) * self.size / 1000.0
    }

    /// From the top of the first line's capitals to the last baseline.
    pub fn height(&self) -> f32 {
        self.cap_height + self.leading * (self.lines.len().saturating_sub(1)) as f32
    }
}

/// Fits a text. When even the smallest size is too large, its end is cut off and an ellipsis says so.
///
/// Each word is shaped once and lines are put together from words, so what was measured is what is drawn.
pub(super) fn fit(face: &Face, text: &str, place: Place) -> Fitted {
    let words: Vec<Line> = words(text).map(|word| face.shape(word)).collect();
    let widths: Vec<f32> = words.iter().map(Line::width).collect();
    let space = face.shape(" ");
    let widest = widths.iter().copied().fold(0.0, f32::max);
    let mut size = place.largest;
    loop {
        let room = place.width * 1000.0 / size;
        let most_lines = place.lines_at(size, face);
        if widest <= room {
            let lines = break_lines(&widths, space.width(), room);
            if lines.len() <= most_lines {
                let lines = lines.into_iter().map(|line| joined(&words[line], &space));
                return place.fitted(face, size, lines.collect());
            }
        }
        if size <= place.smallest {
            let lines = cut(joined(&words, &space), &face.shape("…"), room, most_lines);
            return place.fitted(face, size, lines);
        }
        size = (size * STEP).max(place.smallest);
    }
}

impl Place {
    fn lines_at(&self, size: f32, face: &Face) -> usize {
        let rest = self.height - face.cap_height() * size / 1000.0;
        (1 + (rest / (size * self.leading)).max(0.0) as usize).min(self.most_lines)
    }

    fn fitted(&self, face: &Face, size: f32, lines: Vec<Line>) -> Fitted {
        Fitted {
            lines,
            size,
            leading: size * self.leading,
            cap_height: face.cap_height() * size / 1000.0,
        }
    }
}

/// The words. Control characters, which no font can show, part words like spaces.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let end = text
        .char_indices()
        .nth(LONGEST)
        .map_or(text.len(), |(at, _)| at);
    text[..end]
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
}

fn joined(words: &[Line], space: &Line) -> Line {
    let words: Vec<&[Glyph]> = words.iter().map(|word| &word.glyphs[..]).collect();
    Line {
        glyphs: words.join(&space.glyphs[..]),
    }
}

/// Puts as many words on each line as it has room for.
fn break_lines(widths: &[f32], space: f32, room: f32) -> Vec<Range<usize>> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let mut used = 0.0;
    for (index, width) in widths.iter().enumerate() {
        match lines.last_mut() {
            Some(last) if used + space + width <= room => {
                last.end = index + 1;
                used += space + width;
            }
            _ => {
                lines.push(index..index + 1);
                used = *width;
            }
        }
    }
    lines
}

/// Fills the lines letter by letter, breaking words where a line ends, and drops what is left.
fn cut(text: Line, ellipsis: &Line, room: f32, most_lines: usize) -> Vec<Line> {
    let mut lines = vec![Line::default()];
    let mut letters = text.letters().peekable();
    while let Some(letter) = letters.next() {
        let last = lines.len() == most_lines;
        let Some(line) = lines.last_mut() else { break };
        let ends = last && letters.peek().is_some();
        let reserved = if ends { ellipsis.width() } else { 0.0 };
        if line.width() + width(letter) <= room - reserved {
            line.glyphs.extend_from_slice(letter);
        } else if last {
            line.glyphs.extend_from_slice(&ellipsis.glyphs);
            break;
        } else {
            lines.push(Line {
                glyphs: letter.to_vec(),
            });
        }
    }
    lines
}

#[cfg(test)]
#[path = "fit_tests.rs"]
mod tests;
