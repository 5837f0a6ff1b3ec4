//! How long to wait after which failure.

use std::time::Duration;

/// How mails are sent and tried again.
#[derive(Clone, Copy, Debug)]
pub struct SendLimits {
    /// Mails that are sent at the same time.
    pub concurrency: usize,
    /// How long a sender's claim on a mail lasts unless it is renewed: so long a mail waits whose sender was killed.
    pub lease: Duration,
    /// How long it may take to write a mail.
    pub writing: Duration,
    /// How long the mail server may take, from connecting on, until it asks for a mail's content. Until then it has nothing,
    /// so that giving up costs nothing. Shorter than the lease.
    pub dialogue: Duration,
    /// How long it may take from then on, at the first try; each further try has twice as long. A mail that is given up here
    /// may have been taken, and arrives twice then.
    pub delivery: Duration,
    /// The longest that a try may take for that.
    pub longest_delivery: Duration,
    /// The wait after the first failure; each further one is three times as long.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
    /// Tries after which a mail is given up.
    pub attempts: u32,
}

/// How long a mail server may take over one try.
#[derive(Clone, Copy, Debug)]
pub struct SmtpTimeouts {
    /// Until it asks for the content.
    pub dialogue: Duration,
    /// Until it has taken the content.
    pub delivery: Duration,
}

impl Default for SendLimits {
    /// Eighteen tries in about a day. A server may think about a mail for up to ten minutes (RFC 5321, section 4.5.3.2.6).
    fn default() -> SendLimits {
        SendLimits {
            concurrency: 8,
            lease: Duration::from_secs(15),
            writing: Duration::from_secs(15),
            dialogue: Duration::from_secs(8),
            delivery: Duration::from_secs(60),
            longest_delivery: Duration::from_secs(600),
            first_wait: Duration::from_secs(10),
            longest_wait: Duration::from_secs(2 * 3600),
            attempts: 18,
        }
    }
}

impl SendLimits {
    /// How old a claim is when it is renewed.
    pub(super) fn renewal(&self) -> Duration {
        self.lease / 5
    }

    /// How long the mail server may take over the `attempts`th try.
    pub(super) fn smtp_timeouts(&self, attempts: u32) -> SmtpTimeouts {
        let growth = 2_u32.saturating_pow(attempts.saturating_sub(1));
        SmtpTimeouts {
            dialogue: self.dialogue,
            delivery: self
                .delivery
                .saturating_mul(growth)
                .min(self.longest_delivery),
        }
    }

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
    use crate::email::sender;

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

    /// Renewed in time, over before somebody notices, and long enough for a dialogue.
    #[test]
    fn a_killed_senders_mails_are_due_again_within_20_seconds() {
        let limits = SendLimits::default();
        assert!(limits.lease + sender::LOOK_AGAIN <= Duration::from_secs(20));
        assert!(limits.dialogue + sender::LOOK_AGAIN * 2 + limits.renewal() < limits.lease);
    }

    #[test]
    fn a_server_that_thinks_long_is_given_longer_each_time() {
        let limits = SendLimits::default();
        let seconds = |attempts| limits.smtp_timeouts(attempts).delivery.as_secs();
        assert_eq!([1, 2, 3, 18].map(seconds), [60, 120, 240, 600]);
    }
}
