//! How long to wait after which failure.

use std::time::Duration;

/// How mails are sent and tried again.
#[derive(Clone, Copy, Debug)]
pub struct SendLimits {
    /// Mails that are sent at the same time.
    pub concurrency: usize,
    /// How long a sender may take over a mail before another one takes it over. Longer than a try can take, and those that
    /// were claimed with it and come before.
    pub lease: Duration,
    /// The wait after the first failure; each further one is three times as long.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Tries after which a mail is given up.
    pub attempts: u32,
}

impl Default for SendLimits {
    /// Eighteen tries in about a day.
    fn default() -> SendLimits {
        SendLimits {
            concurrency: 8,
            lease: Duration::from_secs(150),
            first_wait: Duration::from_secs(10),
            longest_wait: Duration::from_secs(2 * 3600),
            attempts: 18,
        }
    }
}

impl SendLimits {
    /// The wait after the `attempts`th try has failed; `None`: it was the last.
    pub fn wait_after(&self, attempts: u32) -> Option<Duration> {
        let growth = 3_u32.saturating_pow(attempts.saturating_sub(1));
        (attempts < self.attempts).then(|| {
            self.first_wait
                .saturating_mul(growth)
                .min(self.longest_wait)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_tried_for_about_a_day() {
        let limits = SendLimits::default();
        let waits: Vec<Duration> = (1..100)
            .map_while(|tries| limits.wait_after(tries))
            .collect();
        let hours = waits.iter().sum::<Duration>().as_secs() / 3600;
        assert!((20..=28).contains(&hours), "{hours} hours");
        assert!(waits.is_sorted());
        assert_eq!(waits.first(), Some(&limits.first_wait));
        assert_eq!(waits.last(), Some(&limits.longest_wait));
    }
}
