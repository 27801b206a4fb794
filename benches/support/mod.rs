//! What the benchmarks share: medians, and a process's own bill.

#![allow(dead_code, reason = "each benchmark takes what it needs")]

/// The middle of what was measured: other work on the machine makes outliers, not medians.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// One ratio, with the smallest and the greatest of its rounds and the target.
pub fn verdict(what: &str, ratio: f64, rounds: &[f64], target: &str, met: bool) {
    let least = rounds.iter().copied().fold(f64::INFINITY, f64::min);
    let most = rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let met = if met { "met" } else { "MISSED" };
    println!("  {what:<34} {ratio:>6.2}   rounds {least:.2} … {most:.2}   target {target}: {met}");
}

/// CPU time of a process in microseconds (user and system, all threads), to a hundredth of a second: `/proc/<pid>/stat`.
pub fn cpu_us(pid: u32) -> std::io::Result<f64> {
    /// `USER_HZ`, which the kernel's interface fixes to 100 on every common machine.
    const TICK_US: f64 = 10_000.0;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // "pid (name) state …", and a name may hold anything: utime and stime are the 12th and 13th after it.
    let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks = after
        .split(' ')
        .skip(11)
        .take(2)
        .filter_map(|n| n.parse::<f64>().ok());
    Ok(ticks.sum::<f64>() * TICK_US)
}

/// Resident memory of a process in MB (10⁶ bytes), now or at its highest (`VmRSS`, `VmHWM`).
pub fn memory_mb(pid: u32, which: &str) -> std::io::Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status
        .lines()
        .find(|line| line.starts_with(which))
        .unwrap_or_default();
    let kib = line.split_whitespace().nth(1).and_then(|n| n.parse::<f64>().ok());
    Ok(kib.unwrap_or(f64::NAN) * 1.024e-3)
}
