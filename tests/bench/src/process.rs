//! A process as the operating system sees it: CPU time, memory; and on which core this one runs.

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use std::{collections::BTreeMap, fs, time::Duration};

/// CPU time of a process, user and system, all threads.
#[derive(Debug, Clone)]
pub struct CpuTime {
    /// To the nanosecond, by thread; a thread that ends takes its share along.
    threads: BTreeMap<String, Duration>,
    /// In ticks of 10 ms, threads that have ended included.
    ticks: Duration,
}

/// `USER_HZ`, which Linux has fixed for what it shows in /proc.
const TICK: Duration = Duration::from_millis(10);

impl CpuTime {
    /// As of now.
    pub fn of(pid: u32) -> Result<Self> {
        let mut threads = BTreeMap::new();
        for entry in fs::read_dir(format!("/proc/{pid}/task")).context("the server has ended")? {
            let entry = entry?;
            // "nanoseconds on a core, nanoseconds waiting for one, slices"; a thread may end between two lines.
            if let Ok(line) = fs::read_to_string(entry.path().join("schedstat")) {
                let nanoseconds = line.split(' ').next().unwrap_or_default().parse().context("schedstat")?;
                threads.insert(entry.file_name().to_string_lossy().into_owned(), Duration::from_nanos(nanoseconds));
            }
        }
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name may have spaces and parentheses in it; fields are counted from behind it. utime is 14, stime 15.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let field = |n: usize| -> Result<u32> { fields.get(n - 3).context("a short stat line")?.parse().context("stat") };
        Ok(Self { threads, ticks: TICK * (field(14)? + field(15)?) })
    }

    /// Spent since an earlier look: to the nanosecond where no thread has ended meanwhile, else to the tick.
    pub fn since(&self, earlier: &Self) -> Duration {
        let precise = !self.threads.is_empty() && earlier.threads.keys().all(|thread| self.threads.contains_key(thread));
        if precise {
            self.threads.values().sum::<Duration>().saturating_sub(earlier.threads.values().sum())
        } else {
            self.ticks.saturating_sub(earlier.ticks)
        }
    }
}

/// Resident memory in bytes.
pub fn resident(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim_end().parse()?;
    Ok(kib << 10)
}

/// The cores that this process may use.
pub fn cores() -> Result<Vec<usize>> {
    let allowed = sched_getaffinity(None)?;
    Ok((0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core)).collect())
}

/// Pins the calling thread, and every process that it starts from now on, to one core.
pub fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("cannot run on core {core} alone"))
}

/// Raises the soft limit of open files to the hard one, for this process and those it starts; answers the limit.
pub fn raise_open_files() -> Result<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit)?;
    Ok(limit.maximum.unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_costs_cpu_time_by_both_ways_of_counting() {
        let pid = std::process::id();
        let before = CpuTime::of(pid).unwrap();
        let start = std::time::Instant::now();
        let mut sum = 0_u64;
        while CpuTime::of(pid).unwrap().ticks.saturating_sub(before.ticks) < 20 * TICK {
            sum = std::hint::black_box(sum + 1);
            assert!(start.elapsed() < Duration::from_secs(60), "no CPU time is counted");
        }
        let after = CpuTime::of(pid).unwrap();
        let threads_may_end = CpuTime { threads: BTreeMap::new(), ..after.clone() };
        assert!(threads_may_end.since(&before) >= 20 * TICK);
        let (precise, ticks) = (after.since(&before), after.ticks.saturating_sub(before.ticks));
        assert!(precise.abs_diff(ticks) < 10 * TICK, "{precise:?} and {ticks:?}");
    }

    #[test]
    fn memory_that_is_used_is_resident() {
        let before = resident(std::process::id()).unwrap();
        let held = std::hint::black_box(vec![1_u8; 64 << 20]);
        let after = resident(std::process::id()).unwrap();
        assert!(after >= before + (48 << 20), "{before} → {after}");
        drop(held);
    }
}
