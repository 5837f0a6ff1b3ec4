//! One line per thing done, with the seconds it took.

use std::fmt::Display;
use std::time::Instant;

/// Says that something slow begins.
pub fn begin(what: impl Display) {
    eprintln!("           {what} …");
}

/// Says what is done, and how long it took since `since`.
pub fn done(since: Instant, what: impl Display) {
    eprintln!("{:>7.1} s  {what}", since.elapsed().as_secs_f64());
}

/// A remark.
pub fn note(what: impl Display) {
    eprintln!("           {what}");
}

/// A number of bytes as people read it, in decimal units.
pub fn size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}
