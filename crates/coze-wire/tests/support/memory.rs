//! The memory that a piece of work takes, in a process of its own.

use std::{env, fs, process::Command};

pub(crate) const MIB: usize = 1024 * 1024;

/// Runs a case of the test `name` alone, in a process whose allocator gives back each large block at once,
/// so that what is resident is what is in use: `true` there, and `false` in the process that waits for it.
pub(crate) fn alone(name: &str, case: &str) -> bool {
    const MARK: &str = "COZE_MEASURED";
    if let Some(measured) = env::var_os(MARK) {
        return measured == case;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([name, "--exact", "--nocapture"])
        .env(MARK, case)
        .env("MALLOC_MMAP_THRESHOLD_", "65536")
        .env("MALLOC_ARENA_MAX", "1")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for line in text.lines().filter(|line| line.starts_with(case)) {
        println!("{line}");
    }
    false
}

/// A line of the status of this process, in bytes.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.unwrap().trim_matches([':', '\t', ' ']);
    kib.trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

/// The most memory that `work` took at a time, in bytes, beyond what was in use before.
pub(crate) fn peak_of(work: impl FnOnce()) -> usize {
    // Sets the peak back to what is in use.
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = status("VmRSS");
    work();
    status("VmHWM").saturating_sub(before)
}
