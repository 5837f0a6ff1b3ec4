//! Figures, and the page that they are written into.

use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// The page's marks, between which figures are written.
const BEGIN: &str = "<!-- figures: written by `cargo xtask bench` -->\n";
const END: &str = "<!-- end of figures -->";

/// The figures of a place.
pub struct Table {
    title: &'static str,
    reference: &'static str,
    /// What the bare loop does in a second.
    bare: f64,
    rates: Vec<(String, f64)>,
    waits: Vec<(String, Waits)>,
    ratios: Vec<(String, f64, &'static str)>,
}

/// How long some of many waited.
pub struct Waits {
    /// Half of them at most so long.
    p50: Duration,
    /// Of a hundred, all but one.
    p99: Duration,
}

impl Waits {
    /// Of all these.
    pub fn of(mut waits: Vec<Duration>) -> Waits {
        waits.sort();
        let at = |share: f64| {
            let index = (waits.len() as f64 * share) as usize;
            waits
                .get(index)
                .or(waits.last())
                .copied()
                .unwrap_or_default()
        };
        Waits {
            p50: at(0.50),
            p99: at(0.99),
        }
    }
}

/// The one in the middle of some.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

impl Table {
    /// An empty one.
    pub fn new(embedded: bool, bare: f64) -> Table {
        let (title, reference) = if embedded {
            (
                "Embedded: one process on SQLite",
                "SQLite alone, one writer, batches of 100 rows",
            )
        } else {
            (
                "On RabbitMQ, Kafka and Postgres, a process for each service",
                "lapin alone, one channel, 1,000 confirms in flight",
            )
        };
        eprintln!("\n{title}\n{bare:>9.0}/s  bare: {reference}");
        Table {
            title,
            reference,
            bare,
            rates: Vec::new(),
            waits: Vec::new(),
            ratios: Vec::new(),
        }
    }

    /// Adds so many a second.
    pub fn rate(&mut self, what: &str, per_second: f64) {
        eprintln!("{per_second:>9.0}/s  {what}");
        self.rates.push((what.to_owned(), per_second));
    }

    /// Adds waits.
    pub fn waits(&mut self, what: &str, waits: Waits) {
        eprintln!("{:>8.1?} {:>8.1?}  {what}", waits.p50, waits.p99);
        self.waits.push((what.to_owned(), waits));
    }

    /// Adds how two figures of this run compare, and what is aimed at.
    pub fn ratio(&mut self, what: &str, ratio: f64, aim: &'static str) {
        eprintln!("{ratio:>9.2}    {what} ({aim})");
        self.ratios.push((what.to_owned(), ratio, aim));
    }

    fn render(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "### {}\n", self.title)?;
        writeln!(out, "| rate | per second | of bare |\n|---|---:|---:|")?;
        writeln!(out, "| bare: {} | {:.0} | 1 |", self.reference, self.bare)?;
        for (what, rate) in &self.rates {
            writeln!(out, "| {what} | {rate:.0} | {:.2} |", rate / self.bare)?;
        }
        writeln!(out, "\n| wait | p50 | p99 |\n|---|---:|---:|")?;
        for (what, Waits { p50, p99 }) in &self.waits {
            let ms = |wait: &Duration| wait.as_secs_f64() * 1e3;
            writeln!(out, "| {what} | {:.1} ms | {:.1} ms |", ms(p50), ms(p99))?;
        }
        writeln!(out, "\n| comparison | ratio | aim |\n|---|---:|---|")?;
        for (what, ratio, aim) in &self.ratios {
            writeln!(out, "| {what} | {ratio:.2} | {aim} |")?;
        }
        writeln!(out)
    }
}

/// All tables as Markdown, below the machine that they were made on.
pub fn render(tables: &[Table]) -> String {
    let mut out = format!("{}\n\n", machine());
    for table in tables {
        // Writing to a text does not fail.
        let _ = table.render(&mut out);
    }
    out
}

/// Puts the figures between the page's marks.
///
/// # Errors
/// The page has no marks, or cannot be read or written.
pub fn write(file: &Path, figures: &str) -> Result<()> {
    let named = || format!("{}", file.display());
    let page = std::fs::read_to_string(file).with_context(named)?;
    let (before, rest) = page.split_once(BEGIN).with_context(named)?;
    let (_, after) = rest.split_once(END).with_context(named)?;
    std::fs::write(file, format!("{before}{BEGIN}\n{figures}{END}{after}")).with_context(named)
}

fn machine() -> String {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = field(&cpus, "model name").unwrap_or_else(|| "unknown processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let memory = field(&read("/proc/meminfo"), "MemTotal")
        .and_then(|kib| kib.split(' ').next()?.parse::<u64>().ok())
        .map_or(0, |kib| kib / 1_048_576);
    let today = domain::Timestamp::now().to_string();
    let day = today.split('T').next().unwrap_or_default();
    format!(
        "Measured on {day} with {cores} cores of {model}, {memory} GiB; brokers, programs and buyers all on these cores."
    )
}
