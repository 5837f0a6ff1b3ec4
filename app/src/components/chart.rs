//! Lines and areas over time, as paths in a box that is as wide as there are steps and [`HEIGHT`] high.

use std::fmt::Write;

/// The box's height.
pub(crate) const HEIGHT: f64 = 100.0;

/// The end of an axis on which `most` has its place: 1, 2 or 5 times a power of ten.
pub(crate) fn axis_end(most: f64) -> f64 {
    let power = 10_f64.powf(most.max(1.0).log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|times| times * power)
        .find(|end| *end >= most)
        .unwrap_or(most)
}

/// The box: a unit for each step between two values.
pub(crate) fn view_box(values: usize) -> String {
    format!("0 0 {} {HEIGHT}", values.saturating_sub(1).max(1))
}

/// A line through the values, on an axis up to `end`.
pub(crate) fn line(values: impl Iterator<Item = f64>, end: f64) -> String {
    let mut path = String::new();
    for (at, value) in values.enumerate() {
        let height = HEIGHT - (value / end).clamp(0.0, 1.0) * HEIGHT;
        let command = if at == 0 { 'M' } else { 'L' };
        // Writing to a string cannot fail.
        _ = write!(path, "{command}{at} {height:.1}");
    }
    path
}

/// What is below that line.
pub(crate) fn area(values: impl ExactSizeIterator<Item = f64>, end: f64) -> String {
    let last = values.len().saturating_sub(1);
    let line = line(values, end);
    format!("{line}L{last} {HEIGHT}L0 {HEIGHT}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (most, end) in [
            (0.0, 1.0),
            (1.0, 1.0),
            (1.2, 2.0),
            (37.0, 50.0),
            (51.0, 100.0),
            (4_912.0, 5_000.0),
        ] {
            assert!(
                (axis_end(most) - end).abs() < 1e-9,
                "{most}: {}",
                axis_end(most)
            );
        }
    }

    #[test]
    fn values_become_heights_from_the_top() {
        let values = [0.0, 5.0, 10.0, 99.0];
        assert_eq!(
            line(values.into_iter(), 10.0),
            "M0 100.0L1 50.0L2 0.0L3 0.0"
        );
        assert_eq!(
            area([10.0, 0.0].into_iter(), 10.0),
            "M0 0.0L1 100.0L1 100L0 100Z"
        );
        assert_eq!(view_box(4), "0 0 3 100");
    }
}
