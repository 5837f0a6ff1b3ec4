//! An event as a poster: its name in letters as wide as the sheet, over a picture of a few shapes.

use crate::format::{EventDate, weekday};
use domain::view::ShopEvent;
use leptos::prelude::*;

/// Widths that the typeface has, in percent.
const NARROWEST: f64 = 50.0;
const WIDEST: f64 = 150.0;
/// A line as short as this takes the next word along.
const SHORT_LINE: usize = 3;

/// How wide a capital letter is on average, in em, at a width of so many percent: measured on the typeface at its
/// heaviest weight, where it is linear.
fn letter(width: f64) -> f64 {
    0.013 + 0.00715 * width
}

/// How long a line is, in letters of average width.
fn length(line: &str) -> f64 {
    line.chars()
        .map(|letter| if letter == ' ' { 0.4 } else { 1.0 })
        .sum()
}

/// A name broken into lines, each with the width in tens of percent that makes it as long as the others; and that
/// length in halves of an em, rounded up.
fn typeset(name: &str) -> (Vec<(String, u32)>, u32) {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() <= SHORT_LINE => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    let lengths: Vec<f64> = lines.iter().map(|line| length(line)).collect();
    let shortest = lengths.iter().copied().fold(f64::INFINITY, f64::min);
    let longest = lengths.iter().copied().fold(1.0, f64::max);
    // As wide as the shortest line can be, but no wider than looks good for the longest, nor narrower than it can be.
    let measure = (shortest * letter(WIDEST))
        .min(longest * letter(100.0))
        .max(longest * letter(NARROWEST));
    let lines = lines
        .into_iter()
        .zip(lengths)
        .map(|(line, length)| {
            let width = ((measure / length - 0.013) / 0.00715).clamp(NARROWEST, WIDEST);
            (line, (width / 10.0).floor() as u32 * 10)
        })
        .collect();
    (lines, ((measure * 2.0).ceil() as u32).clamp(4, 24))
}

/// The head of an event. `index` varies colours and shapes, so that neighbours differ.
pub(crate) fn poster(event: &ShopEvent, index: usize) -> AnyView {
    let (lines, measure) = typeset(&event.name);
    let lines: Vec<_> = lines
        .into_iter()
        .map(|(line, width)| view! { <span class=format!("poster-line width-{width}")>{line} " "</span> })
        .collect();
    let date = match EventDate::parse(&event.date) {
        Some(date) => {
            let weekday = weekday(&event.date).unwrap_or_default();
            view! {
                <p class="poster-date">
                    <time datetime=event.date.clone()>
                        <span>{weekday}</span> " "
                        <span class="poster-day">{date.day} " " {date.month}</span> " "
                        <span>{date.year} ", " {date.time}</span>
                    </time>
                    // Filled in by boot.js where the reader's clock is another.
                    <span class="poster-elsewhere" data-elsewhere=event.date.clone() hidden></span>
                </p>
            }
            .into_any()
        }
        None => view! { <p class="poster-date">{event.date.clone()}</p> }.into_any(),
    };
    let variant = index % 3;
    view! {
        <header class=format!("poster poster-{variant}")>
            {shapes(variant)}
            {date}
            <h2 class=format!("poster-title measure-{measure}")>{lines}</h2>
            <p class="poster-venue">{event.venue.clone()}</p>
        </header>
    }
    .into_any()
}

fn shapes(variant: usize) -> AnyView {
    match variant {
        0 => sun().into_any(),
        1 => waves().into_any(),
        _ => bars().into_any(),
    }
}

/// A sun that sets into water.
fn sun() -> impl IntoView {
    let ripples: Vec<_> = [(4, 300, 12), (3, 330, 20), (2, 366, 28), (1, 410, 40)]
        .into_iter()
        .map(|(inset, y, height)| {
            view! { <rect x=60 + inset * 14 y=y width=480 - inset * 28 height=height class="shape-b" /> }
        })
        .collect();
    view! {
        <svg class="poster-art" viewBox="0 0 600 450" preserveAspectRatio="xMaxYMax meet" aria-hidden="true">
            <path class="shape-a" d="M90 280a210 210 0 0 1 420 0z" />
            {ripples}
        </svg>
    }
}

/// Sound that spreads.
fn waves() -> impl IntoView {
    let rings: Vec<_> = (1..=6)
        .map(|ring| view! { <circle cx="520" cy="400" r=ring * 72 class=if ring % 2 == 0 { "ring-a" } else { "ring-b" } /> })
        .collect();
    view! {
        <svg class="poster-art" viewBox="0 0 600 450" preserveAspectRatio="xMaxYMax meet" aria-hidden="true">
            {rings}
            <circle cx="520" cy="400" r="36" class="shape-a" />
        </svg>
    }
}

/// Loud and quiet.
fn bars() -> impl IntoView {
    let bars: Vec<_> = [90, 210, 150, 330, 260, 430, 300, 380, 190, 240, 110]
        .into_iter()
        .enumerate()
        .map(|(place, height)| {
            let class = if place % 3 == 1 { "shape-b" } else { "shape-a" };
            view! { <rect x=place * 54 + 10 y=450 - height width="34" height=height class=class /> }
        })
        .collect();
    view! {
        <svg class="poster-art" viewBox="0 0 600 450" preserveAspectRatio="xMaxYMax meet" aria-hidden="true">
            {bars}
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str) -> Vec<String> {
        typeset(name).0.into_iter().map(|(line, _)| line).collect()
    }

    #[test]
    fn short_words_share_a_line() {
        assert_eq!(lines("Lakeside Nights"), ["Lakeside", "Nights"]);
        assert_eq!(lines("The Big Bang"), ["The Big", "Bang"]);
        assert_eq!(lines(""), [""; 0]);
    }

    #[test]
    fn every_line_has_a_width_that_the_typeface_has() {
        for name in [
            "A",
            "Lakeside Nights",
            "Ha Donaudampfschifffahrt",
            "Rhythmusmaschinenfestspielhaus",
        ] {
            let (lines, measure) = typeset(name);
            assert!((4..=24).contains(&measure), "{name}: {measure}");
            for (line, width) in lines {
                assert!(
                    (50..=150).contains(&width) && width % 10 == 0,
                    "{line}: {width}"
                );
            }
        }
    }

    #[test]
    fn lines_of_unlike_words_come_out_alike() {
        let (lines, _) = typeset("Lakeside Nights");
        let length = |index: usize| lines[index].0.len() as f64 * letter(f64::from(lines[index].1));
        assert!((length(0) - length(1)).abs() < 0.6, "{lines:?}");
    }
}
