//! On what it was measured.

use anyhow::Result;
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

/// Time that all cores spent, as /proc/stat counts it.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    total: u64,
    idle: u64,
    stolen: u64,
}

impl Cores {
    /// As of now.
    pub fn now() -> Result<Self> {
        let stat = fs::read_to_string("/proc/stat")?;
        let fields: Vec<u64> = stat.lines().next().unwrap_or_default().split_whitespace().skip(1).flat_map(str::parse).collect();
        let field = |n: usize| fields.get(n).copied().unwrap_or(0);
        // user nice system idle iowait irq softirq steal
        Ok(Self { total: (0..8).map(field).sum(), idle: field(3) + field(4), stolen: field(7) })
    }

    /// Idle and stolen (by other virtual machines) time since an earlier look, in percent of all cores.
    pub fn since(self, earlier: Self) -> (f64, f64) {
        let total = (self.total - earlier.total).max(1) as f64;
        let percent = |now: u64, then: u64| 100.0 * now.saturating_sub(then) as f64 / total;
        (percent(self.idle, earlier.idle), percent(self.stolen, earlier.stolen))
    }
}
