//! Time as messages carry it.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::{fmt, time::Duration};

/// A moment: microseconds since the Unix epoch. In JSON it is seconds as a float, which holds microseconds exactly
/// until the year 2106.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

const MICROS: f64 = 1_000_000.0;
/// The year 2106: from here on a float no longer holds every microsecond.
const LATEST: i64 = (1 << 32) * 1_000_000;

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Timestamp {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Seconds since the epoch.
    pub fn seconds(self) -> f64 {
        self.0 as f64 / MICROS
    }

    /// Now, by the system's clock. Not for the browser, whose clock is asked through JavaScript.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn now() -> Timestamp {
        let since_epoch = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap_or_default();
        Timestamp(i64::try_from(since_epoch.as_micros()).unwrap_or(i64::MAX))
    }

    /// This moment and `duration` more.
    pub fn plus(self, duration: Duration) -> Timestamp {
        Timestamp(
            self.0
                .saturating_add(i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)),
        )
    }

    /// How long after `earlier` this moment is; zero when it is before.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC, as CloudEvents' `time` wants it.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map(|moment| moment.to_string())
            .unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
    }

    /// From RFC 3339, with any offset.
    ///
    /// # Errors
    /// Says what is expected when the text is not such a moment.
    pub fn parse(text: &str) -> Result<Timestamp, String> {
        text.parse::<jiff::Timestamp>()
            .map(|moment| Timestamp(moment.as_microsecond()))
            .map_err(|_| {
                format!("must be a date and time such as 2027-06-18T16:00:00+02:00, not {text:?}")
            })
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.seconds())
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let seconds = f64::deserialize(deserializer)?;
        let micros = (seconds * MICROS).round();
        if micros.is_finite() && micros.abs() <= LATEST as f64 {
            Ok(Timestamp(micros as i64))
        } else {
            // Without the number: telling a float brings 10 kB of code to each page.
            Err(D::Error::custom(
                "must be seconds since the epoch, before the year 2106",
            ))
        }
    }
}
