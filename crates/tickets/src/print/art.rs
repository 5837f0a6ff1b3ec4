//! The look, which is the shop's poster: its inks, and the sun that sets into water on the upper half. The colours are those
//! of `style/tokens.css`.

use super::canvas::{Canvas, Color};

pub(super) const INK: Color = Color(0x1b, 0x10, 0x30);
pub(super) const MUTED: Color = Color(0x5b, 0x4d, 0x66);
pub(super) const PAPER: Color = Color(0xff, 0xfa, 0xf0);
pub(super) const GLOW: Color = Color(0xff, 0xd9, 0x8a);
pub(super) const WHITE: Color = Color(0xff, 0xff, 0xff);
pub(super) const BLACK: Color = Color(0, 0, 0);
const FIRE: Color = Color(0xff, 0x4b, 0x1f);
const SUN: Color = Color(0xff, 0xb8, 0x1f);

/// Where the sun touches the water, and how large it is, in parts of the band's height.
const HORIZON: f32 = 0.58;
const RADIUS: f32 = 0.42;
/// Its light on the water, from the horizon on: upper edge and height in parts of the band's height, and how far it
/// reaches to either side, in radii.
const RIPPLES: [(f32, f32, f32); 4] = [
    (0.62, 0.025, 0.86),
    (0.69, 0.045, 0.93),
    (0.78, 0.065, 1.0),
    (0.89, 0.11, 1.08),
];

/// The coloured band with the sun in its right half. Ink is easy to read on all of its colours.
pub(super) fn band(canvas: &mut Canvas, width: f32, height: f32) {
    canvas.color(FIRE);
    canvas.rectangle([0.0, 0.0, width, height]);
    let (x, horizon, radius) = (width * 0.66, height * HORIZON, height * RADIUS);
    canvas.clip([0.0, 0.0, width, horizon]);
    canvas.color(SUN);
    canvas.disc((x, horizon), radius);
    canvas.restore();
    canvas.color(GLOW);
    for (top, thickness, reach) in RIPPLES {
        let reach = reach * radius;
        canvas.rectangle([x - reach, top * height, 2.0 * reach, thickness * height]);
    }
}

/// Where the stub is torn off: a dashed line between two notches.
pub(super) fn perforation(canvas: &mut Canvas, width: f32, y: f32) {
    const NOTCH: f32 = 9.0;
    canvas.color(WHITE);
    canvas.disc((0.0, y), NOTCH);
    canvas.disc((width, y), NOTCH);
    canvas.dashed_line((NOTCH + 6.0, y), (width - NOTCH - 6.0, y), 1.4, 4.0);
}
