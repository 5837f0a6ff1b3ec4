//! The sale over time. Whatever its length, a few thousand rows tell it: what happened is counted by periods of several
//! lengths, and each span reads the longest that its steps are made of.

use super::ReadModel;
use domain::Timestamp;
use domain::view::{HistorySpan, HistoryView};
use sqlx::{SqlitePool, query_as, query_scalar};

/// Steps of a span. The whole sale has as many at the most.
const STEPS: i64 = 90;
/// How long the periods are by which what happens is counted, in seconds.
pub(super) const PERIODS: [i64; 4] = [1, 60, 3_600, 86_400];
/// Facts need a moment to arrive: what is younger is not complete, and would look like a slump.
const ARRIVING: i64 = 1;

/// So many steps of so many seconds, from a second since the epoch on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from: i64,
    step: i64,
    steps: i64,
}

impl Window {
    /// The last steps that are over at `end`. All steps begin at multiples of their length, so that a step stays the same
    /// while the window moves.
    fn before(end: i64, step: i64, steps: i64) -> Window {
        let end = end.div_euclid(step) * step;
        Window {
            from: end - step * steps,
            step,
            steps,
        }
    }

    /// A span that ends at `end`, of a sale that began at `began`.
    fn of(span: HistorySpan, end: i64, began: Option<i64>) -> Window {
        match span {
            HistorySpan::Minute => Window::before(end, 1, 60),
            HistorySpan::Quarter => Window::before(end, 10, STEPS),
            HistorySpan::Hours => Window::before(end, 120, STEPS),
            HistorySpan::Whole => {
                let length = began.map_or(0, |began| end - began).max(60);
                let step = (length + STEPS - 1) / STEPS;
                let period = longest_period(|period| period <= step);
                let step = (step + period - 1) / period * period;
                let steps = (length + step - 1) / step + 1;
                Window::before(end, step, steps)
            }
        }
    }
}

/// The longest of those that `fits`.
fn longest_period(fits: impl Fn(i64) -> bool) -> i64 {
    let fitting = PERIODS.into_iter().rev().find(|period| fits(*period));
    fitting.unwrap_or(PERIODS[0])
}

impl ReadModel {
    /// The sale over time at `now`, in each span.
    ///
    /// # Errors
    /// The file cannot be read.
    pub async fn history(&self, now: Timestamp) -> Result<Vec<HistoryView>, sqlx::Error> {
        let end = now.micros().div_euclid(1_000_000) - ARRIVING;
        let began: Option<i64> = query_scalar("SELECT min(start) FROM periods WHERE length = 1")
            .fetch_one(&self.readers)
            .await?;
        let mut spans = Vec::with_capacity(HistorySpan::ALL.len());
        for span in HistorySpan::ALL {
            spans.push(view(&self.readers, span, Window::of(span, end, began)).await?);
        }
        Ok(spans)
    }
}

/// What happened in each step: from, length and number of steps, length of the periods.
const ROWS: &str = "SELECT (start - $1) / $2 AS step, sum(placed), sum(sold) FROM periods
     WHERE length = $4 AND start >= $1 AND start < $1 + $2 * $3 GROUP BY step";

async fn view(
    readers: &SqlitePool,
    span: HistorySpan,
    window: Window,
) -> Result<HistoryView, sqlx::Error> {
    let rows: Vec<(i64, i64, i64)> = query_as(ROWS)
        .bind(window.from)
        .bind(window.step)
        .bind(window.steps)
        .bind(longest_period(|period| window.step % period == 0))
        .fetch_all(readers)
        .await?;
    let steps = usize::try_from(window.steps).unwrap_or(0);
    let (mut placed, mut sold) = (vec![0; steps], vec![0; steps]);
    for (step, came, went) in rows {
        if let Ok(step) = usize::try_from(step) {
            placed[step] = count(came);
            sold[step] = count(went);
        }
    }
    Ok(HistoryView {
        span,
        from: Timestamp::from_micros(window.from * 1_000_000),
        step: u32::try_from(window.step).unwrap_or(u32::MAX),
        placed,
        sold,
    })
}

fn count(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const END: i64 = 1_800_000_005;

    #[test]
    fn steps_are_over_and_begin_at_multiples_of_their_length() {
        for span in HistorySpan::ALL {
            for began in [
                None,
                Some(END),
                Some(END - 7),
                Some(END - 100),
                Some(END - 987_654),
            ] {
                let window = Window::of(span, END, began);
                assert_eq!(window.from % window.step, 0, "{span:?} {began:?}");
                let end = window.from + window.step * window.steps;
                assert!(
                    end <= END && end > END - window.step,
                    "{span:?} {began:?}: {window:?}"
                );
                assert!(window.steps <= STEPS + 1, "{span:?} {began:?}: {window:?}");
            }
        }
    }

    /// However long the sale has been: a year of seconds is 31 million rows, and a step of them 350,000.
    #[test]
    fn few_rows_tell_a_sale_of_any_length() {
        for ago in (0..25).map(|doublings| 1 << doublings) {
            for span in HistorySpan::ALL {
                let window = Window::of(span, END, Some(END - ago));
                let period = longest_period(|period| window.step % period == 0);
                let rows = window.step / period * window.steps;
                assert!(rows <= 60 * (STEPS + 1), "{span:?} {ago}: {window:?}");
            }
        }
    }

    /// A million seconds in which something happened, counted as the writer counts them.
    #[tokio::test]
    async fn a_long_sale_is_found_by_its_index_and_adds_up() {
        const SECONDS: i64 = 1_000_000;
        let pool = sqlx::sqlite::SqlitePoolOptions::new()
            .max_connections(1)
            .connect("sqlite::memory:")
            .await
            .unwrap();
        sqlx::raw_sql(include_str!("schema.sql"))
            .execute(&pool)
            .await
            .unwrap();
        for period in PERIODS {
            let rows = "WITH RECURSIVE ago (seconds) AS (SELECT 1 UNION ALL SELECT seconds + 1 FROM ago WHERE seconds < $2)
                INSERT INTO periods SELECT $1, ($3 - seconds) / $1 * $1 AS start, count(*), 2 * count(*)
                FROM ago GROUP BY start";
            let rows = sqlx::query(rows).bind(period).bind(SECONDS).bind(END);
            rows.execute(&pool).await.unwrap();
        }
        let plan: Vec<(i64, i64, i64, String)> =
            query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {ROWS}")))
                .fetch_all(&pool)
                .await
                .unwrap();
        assert!(
            plan[0].3.starts_with("SEARCH periods USING PRIMARY KEY"),
            "{plan:?}"
        );
        for span in HistorySpan::ALL {
            let window = Window::of(span, END, Some(END - SECONDS));
            let told = view(&pool, span, window).await.unwrap();
            let sum = |counts: &[u32]| counts.iter().map(|it| i64::from(*it)).sum::<i64>();
            let end = window.from + window.step * window.steps;
            let seconds = end - window.from.max(END - SECONDS);
            assert_eq!(
                (sum(&told.placed), sum(&told.sold)),
                (seconds, 2 * seconds),
                "{span:?}"
            );
        }
    }

    #[test]
    fn the_whole_sale_begins_where_it_began() {
        for ago in [1, 59, 60, 61, 5_000, 987_654] {
            let window = Window::of(HistorySpan::Whole, END, Some(END - ago));
            assert!(window.from <= END - ago, "{ago}: {window:?}");
        }
    }
}
