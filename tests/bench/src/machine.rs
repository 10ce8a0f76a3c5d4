//! On what it was measured.

use anyhow::{Result, ensure};
use std::fs;

/// Processor, cores, memory, kernel, and what else was going on: lines for people.
pub fn describe() -> Result<Vec<String>> {
    let cpus = fs::read_to_string("/proc/cpuinfo")?;
    let field = |name: &str| {
        let line = cpus.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("?").to_owned()
    };
    let cores = cpus.lines().filter(|line| line.starts_with("processor")).count();
    let virtual_machine = if cpus.contains(" hypervisor") { ", virtual machine" } else { "" };
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib: u64 = memory.split_whitespace().nth(1).unwrap_or("0").parse()?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let release = kernel.trim().split('-').next().unwrap_or_default().to_owned();
    Ok(vec![format!(
        "{} (family {}, model {}), {cores} cores{virtual_machine}, {} GiB, Linux {release}",
        field("model name"),
        field("cpu family"),
        field("model\t"),
        kib >> 20
    )])
}

/// Time that all cores have spent, in ticks: as /proc/stat counts it, and the part that was ours.
#[derive(Debug, Clone, Copy)]
pub struct Activity {
    total: u64,
    busy: u64,
    stolen: u64,
    ours: u64,
}

impl Activity {
    /// Until now; ours is what this process and its children spent, as far as these have ended.
    pub fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let numbers = |text: &str| -> Vec<u64> { text.split_whitespace().flat_map(str::parse).collect() };
        // user nice system idle iowait irq softirq steal
        let all = numbers(stat.lines().next().unwrap_or_default());
        ensure!(all.len() >= 8, "/proc/stat has an unknown shape");
        let own = fs::read_to_string("/proc/self/stat")?;
        // utime, stime, cutime and cstime are fields 14 to 17; what follows the name begins with field 3.
        let own: Vec<&str> = own.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ours = own.iter().skip(11).take(4).flat_map(|field| field.parse::<u64>()).sum();
        let total = all[..8].iter().sum();
        Ok(Self { total, busy: total - all[3] - all[4] - all[7], stolen: all[7], ours })
    }

    /// What others did since an earlier look, for people.
    pub fn others_since(self, earlier: Self) -> String {
        let total = self.total.saturating_sub(earlier.total).max(1) as f64;
        let percent = |now: u64, then: u64| 100.0 * now.saturating_sub(then) as f64 / total;
        let ours = percent(self.ours, earlier.ours);
        let others = (percent(self.busy, earlier.busy) - ours).max(0.0);
        let stolen = percent(self.stolen, earlier.stolen);
        format!(
            "meanwhile, of the time of all cores: {ours:.0} % servers and load, {others:.0} % other programs, {stolen:.1} % stolen by other machines"
        )
    }
}
