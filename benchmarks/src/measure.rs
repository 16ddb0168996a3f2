//! Figures from timed calls, and how they are printed.

use std::time::{Duration, Instant};

use crate::Result;

/// The times of several runs of one thing.
pub struct Times(Vec<Duration>);

impl Times {
    /// Runs something some times, one after the other, after one run that does not count.
    pub async fn of<F: Future<Output = Result<()>>>(runs: usize, mut run: impl FnMut(usize) -> F) -> Result<Times> {
        run(runs).await?;
        let mut times = Times(Vec::with_capacity(runs));
        for number in 0..runs {
            let start = Instant::now();
            run(number).await?;
            times.add(start.elapsed());
        }
        Ok(times)
    }

    /// Times of runs that are yet to come.
    pub const fn none() -> Times {
        Times(Vec::new())
    }

    /// Takes a run into account.
    pub fn add(&mut self, time: Duration) {
        let place = self.0.partition_point(|other| *other < time);
        self.0.insert(place, time);
    }

    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }

    /// The time that this share of the runs stayed within: 0.5 is the median.
    pub fn quantile(&self, share: f64) -> Duration {
        let last = self.0.len() - 1;
        self.0[((last as f64) * share).round() as usize]
    }

    /// `p50 1.2 ms, p99 3.4 ms`.
    pub fn shown(&self) -> String {
        format!("p50 {}, p99 {}", milliseconds(self.quantile(0.5)), milliseconds(self.quantile(0.99)))
    }
}

/// How long something takes that succeeds.
pub async fn timed<T, E>(work: impl Future<Output = std::result::Result<T, E>>) -> std::result::Result<Duration, E> {
    let started = Instant::now();
    work.await?;
    Ok(started.elapsed())
}

pub fn milliseconds(time: Duration) -> String {
    let milliseconds = time.as_secs_f64() * 1_000.0;
    if milliseconds < 10.0 { format!("{milliseconds:.2} ms") } else { format!("{milliseconds:.0} ms") }
}

/// One line of the report.
pub fn report(name: &str, figures: &str) {
    println!("{name:<58} {figures}");
}

/// Lines of the report: what metagate needed, and what others needed for the same, with the ratio of the two.
pub fn compare(name: &str, ours: Duration, others: &[(&str, Duration)]) {
    report(&format!("{name}, metagate"), &milliseconds(ours));
    for (other, theirs) in others {
        let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
        report(&format!("{name}, {other}"), &format!("{}; we take {ratio:.2} times as long", milliseconds(*theirs)));
    }
}

/// The memory that a process holds at the moment, and the most that it ever held, in MiB (`VmRSS`, `VmHWM`).
pub fn memory_mib(process: u32) -> Result<(u64, u64)> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let field = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).ok_or("no such field")?;
        let kib: u64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
        Result::Ok(kib / 1024)
    };
    Ok((field("VmRSS:")?, field("VmHWM:")?))
}
