#![allow(clippy::unwrap_used)]
use super::*;
use crate::print::BLACK;
use proptest::prelude::*;

fn face() -> Face {
    Face::parse("FiraSansExtraCondensed-Black", BLACK).unwrap()
}

const TITLE: Place = Place {
    width: 250.0,
    height: 92.0,
    largest: 76.0,
    smallest: 17.0,
    most_lines: 4,
    leading: 0.98,
};

fn texts(fitted: &Fitted) -> Vec<String> {
    let text = |line: &Line| {
        line.glyphs
            .iter()
            .map(|glyph| glyph.text.as_str())
            .collect()
    };
    fitted.lines.iter().map(text).collect()
}

#[test]
fn a_short_name_is_large_and_a_long_one_takes_more_lines() {
    let short = fit(&face(), "OK", TITLE);
    assert_eq!((short.size, short.lines.len()), (76.0, 1));
    let long = fit(
        &face(),
        "The Annual Festival of Very Long Names by the River",
        TITLE,
    );
    assert!(
        long.lines.len() > 1 && long.size < 50.0 && long.size > TITLE.smallest,
        "{long:?}"
    );
    assert_eq!(
        texts(&long).join(" "),
        "The Annual Festival of Very Long Names by the River"
    );
}

#[test]
fn nothing_is_no_lines() {
    assert!(fit(&face(), " \n ", TITLE).lines.is_empty());
}

/// Kerning: the pair stands closer than its letters alone. Without shaping, large type looks like bad typesetting.
#[test]
fn letters_are_kerned() {
    let face = face();
    let alone = face.shape("A").width() + face.shape("V").width();
    assert!(face.shape("AV").width() < alone - 10.0);
}

proptest! {
    /// Whatever the text, it stays in its place, and unless it ends with an ellipsis nothing of it is missing.
    #[test]
    fn text_stays_in_its_place(text in "(\\PC{0,40}( |\n)?){0,8}", width in 60.0f32..260.0) {
        let place = Place { width, ..TITLE };
        let fitted = fit(&face(), &text, place);
        prop_assert!(fitted.lines.len() <= place.most_lines);
        prop_assert!(fitted.size >= place.smallest && fitted.size <= place.largest);
        if !fitted.lines.is_empty() {
            prop_assert!(fitted.height() <= place.height + 0.01);
        }
        for line in &fitted.lines {
            prop_assert!(line.width() * fitted.size / 1000.0 <= width + 0.01);
        }
        let seen: String = texts(&fitted).concat();
        if !seen.ends_with('…') {
            let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect::<String>();
            prop_assert_eq!(visible(&seen), visible(&text));
        }
    }
}
