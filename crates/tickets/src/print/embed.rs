//! A font in the PDF: only the glyphs that are used, and for each the text that it stands for, so that a ticket's text
//! can be searched and copied.

use super::{
    PrintError, compressed,
    face::{Face, Glyph},
};
use pdf_writer::{
    Filter, Finish, Name, Pdf, Rect, Ref, Str,
    types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap},
};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use subsetter::GlyphRemapper;

/// Character codes are our own: one for each pair of glyph and text. So two characters that look the same, or that the
/// font lacks and shows as the same box, still copy as what they are.
const IDENTITY: SystemInfo = SystemInfo {
    registry: Str(b"Adobe"),
    ordering: Str(b"Identity"),
    supplement: 0,
};

/// A font being embedded: collects what the pages use.
pub(super) struct EmbeddedFont<'a> {
    face: &'a Face,
    id: Ref,
    codes: HashMap<(u16, String), u16>,
    used: Vec<(u16, String)>,
}

impl<'a> EmbeddedFont<'a> {
    pub fn new(face: &'a Face, id: Ref) -> EmbeddedFont<'a> {
        // The PDF's code 0 means "not defined", so it is kept for that.
        EmbeddedFont {
            face,
            id,
            codes: HashMap::from([((0, String::new()), 0)]),
            used: vec![(0, String::new())],
        }
    }

    pub fn id(&self) -> Ref {
        self.id
    }

    pub fn face(&self) -> &'a Face {
        self.face
    }

    /// The code that shows this glyph.
    pub fn code(&mut self, glyph: &Glyph) -> u16 {
        let key = (glyph.id, glyph.text.clone());
        if let Some(code) = self.codes.get(&key) {
            return *code;
        }
        // 65,535 different characters in one order: the rest shows as missing.
        let code = u16::try_from(self.used.len()).unwrap_or(0);
        if code > 0 {
            self.used.push(key.clone());
            self.codes.insert(key, code);
        }
        code
    }

    /// Writes the font and the objects that belong to it: a composite font (ISO 32000-1, 9.7) on TrueType outlines.
    pub fn write(self, pdf: &mut Pdf, next: &mut impl FnMut() -> Ref) -> Result<(), PrintError> {
        let mut glyphs = GlyphRemapper::new();
        let code_to_glyph: Vec<u8> = self
            .used
            .iter()
            .flat_map(|(glyph, _)| glyphs.remap(*glyph).to_be_bytes())
            .collect();
        let file =
            subsetter::subset(self.face.data, 0, &glyphs).map_err(|error| PrintError::Font {
                font: self.face.name,
                why: error.to_string(),
            })?;
        let name = subset_name(self.face.name, &file);
        let name = Name(name.as_bytes());
        let (cid_font, descriptor, font_file, cid_to_gid, to_unicode) =
            (next(), next(), next(), next(), next());

        pdf.type0_font(self.id)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(cid_font)
            .to_unicode(to_unicode);
        let mut writer = pdf.cid_font(cid_font);
        writer
            .subtype(CidFontType::Type2)
            .base_font(name)
            .system_info(IDENTITY)
            .font_descriptor(descriptor)
            .cid_to_gid_map_stream(cid_to_gid);
        let widths = self.used.iter().map(|(glyph, _)| self.face.advance(*glyph));
        writer.widths().consecutive(0, widths);
        writer.finish();
        let [left, bottom, right, top] = self.face.bounds();
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(left, bottom, right, top))
            .italic_angle(0.0)
            .ascent(top)
            .descent(bottom)
            .cap_height(self.face.cap_height())
            // Readers use it to imitate a font that is not there; ours is. 0 means unknown.
            .stem_v(0.0)
            .font_file2(font_file);
        let length = i32::try_from(file.len()).unwrap_or(i32::MAX);
        pdf.stream(font_file, &compressed(&file))
            .filter(Filter::FlateDecode)
            .pair(Name(b"Length1"), length);
        pdf.stream(cid_to_gid, &compressed(&code_to_glyph))
            .filter(Filter::FlateDecode);
        pdf.cmap(to_unicode, &compressed(&self.unicode_map()))
            .filter(Filter::FlateDecode);
        Ok(())
    }

    fn unicode_map(&self) -> Vec<u8> {
        let mut map = UnicodeCmap::new(Name(b"FestFlow"), IDENTITY);
        for (code, (_, text)) in (0..=u16::MAX).zip(&self.used) {
            if !text.is_empty() {
                map.pair_with_multiple(code, text.chars());
            }
        }
        map.finish().into_vec()
    }
}

/// A subset's name begins with six letters that tell it from other subsets of its font (ISO 32000-1, 9.6.4). From its
/// bytes, so that the same tickets give the same PDF.
fn subset_name(font: &str, file: &[u8]) -> String {
    let digest = Sha256::digest(file);
    let tag: String = digest[..6]
        .iter()
        .map(|byte| char::from(b'A' + byte % 26))
        .collect();
    format!("{tag}+{font}")
}
