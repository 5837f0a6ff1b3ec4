//! The look: the colours, and the sun that rises over the upper half.

use super::canvas::{Canvas, Color};

pub(super) const NIGHT: Color = Color(0x1c, 0x0b, 0x40);
pub(super) const VIOLET: Color = Color(0x4a, 0x1a, 0xd8);
pub(super) const YELLOW: Color = Color(0xff, 0xd2, 0x3f);
pub(super) const ORANGE: Color = Color(0xff, 0x8c, 0x1f);
pub(super) const CORAL: Color = Color(0xff, 0x3d, 0x5e);
pub(super) const CREAM: Color = Color(0xff, 0xf6, 0xe6);
pub(super) const WHITE: Color = Color(0xff, 0xff, 0xff);
pub(super) const BLACK: Color = Color(0, 0, 0);

/// Rings of light around the sun, from outside to inside: radius in points and colour. The outer ones keep near the
/// ground's colour, so that white type stays easy to read on them.
const RINGS: [(f32, Color); 10] = [
    (330.0, Color(0x4f, 0x20, 0xdd)),
    (280.0, Color(0x56, 0x27, 0xe2)),
    (234.0, Color(0x5e, 0x2e, 0xe6)),
    (192.0, Color(0x68, 0x36, 0xea)),
    (150.0, Color(0x74, 0x3f, 0xee)),
    (112.0, Color(0x84, 0x4a, 0xf1)),
    (72.0, Color(0xd9, 0x3a, 0x9a)),
    (61.0, CORAL),
    (48.0, ORANGE),
    (35.0, YELLOW),
];

/// The coloured band, with the sun in its upper right corner.
pub(super) fn band(canvas: &mut Canvas, width: f32, height: f32) {
    canvas.clip([0.0, 0.0, width, height]);
    canvas.color(VIOLET);
    canvas.rectangle([0.0, 0.0, width, height]);
    for (radius, color) in RINGS {
        canvas.color(color);
        canvas.disc((width, 0.0), radius);
    }
    canvas.restore();
}

/// Where the stub is torn off: a dashed line between two notches.
pub(super) fn perforation(canvas: &mut Canvas, width: f32, y: f32) {
    const NOTCH: f32 = 9.0;
    canvas.color(WHITE);
    canvas.disc((0.0, y), NOTCH);
    canvas.disc((width, y), NOTCH);
    canvas.dashed_line((NOTCH + 6.0, y), (width - NOTCH - 6.0, y), 1.4, 4.0);
}
