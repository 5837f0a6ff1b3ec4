//! A QR code (ISO/IEC 18004) as a square of modules, and as SVG.

use qrcode::{Color, EcLevel, QrCode};
use std::fmt::Write;

/// The light frame that a scanner needs around the code, in modules (ISO/IEC 18004, 6.3.8).
pub(crate) const QUIET_ZONE: usize = 4;

/// A QR code, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrSymbol {
    width: usize,
    dark: Vec<bool>,
}

/// The text does not fit into a QR code: more than some thousand characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the text is too long for a QR code")]
pub struct TooLong;

/// Dark modules side by side: drawn as one rectangle, one module high. In modules from the symbol's upper left corner,
/// without the quiet zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DarkRun {
    pub x: usize,
    pub y: usize,
    pub width: usize,
}

impl QrSymbol {
    /// Encodes `text` with level Q: readable with up to a quarter of it dirty, creased or under a phone's reflection.
    ///
    /// # Errors
    /// It is too long.
    pub fn encode(text: &str) -> Result<QrSymbol, TooLong> {
        let symbol = QrCode::with_error_correction_level(text, EcLevel::Q).map_err(|_| TooLong)?;
        Ok(QrSymbol {
            width: symbol.width(),
            dark: symbol
                .into_colors()
                .into_iter()
                .map(|color| color == Color::Dark)
                .collect(),
        })
    }

    /// Modules per side, without the quiet zone.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Whether the module at column `x` and row `y` is dark. Outside of the symbol all is light.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        x < self.width && y < self.width && self.dark[y * self.width + x]
    }

    /// An SVG picture of it, with its quiet zone and no size of its own. `label` says to a screen reader what it is. All
    /// colours are presentation attributes, so a content security policy without inline styles shows it.
    pub fn svg(&self, label: &str) -> String {
        let side = self.width + 2 * QUIET_ZONE;
        let label = escaped(label);
        let mut svg = format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" role="img" aria-label="{label}" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{side}v{side}H0z"/><path fill="#000" d=""##
        );
        for DarkRun { x, y, width } in self.dark_runs() {
            let (x, y) = (x + QUIET_ZONE, y + QUIET_ZONE);
            // Writing to a string cannot fail.
            let _ = write!(svg, "M{x} {y}h{width}v1h-{width}z");
        }
        svg.push_str(r#""/></svg>"#);
        svg
    }

    pub(crate) fn dark_runs(&self) -> Vec<DarkRun> {
        let mut runs = Vec::new();
        for y in 0..self.width {
            let mut x = 0;
            while x < self.width {
                let start = x;
                while self.is_dark(x, y) {
                    x += 1;
                }
                if x > start {
                    runs.push(DarkRun {
                        x: start,
                        y,
                        width: x - start,
                    });
                }
                x += 1;
            }
        }
        runs
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
