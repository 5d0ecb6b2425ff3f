//! The loop that runs every client, so that they differ in nothing else, and what the kernel says of the process.

#![expect(
    clippy::unwrap_used,
    reason = "a measurement that went wrong must stop"
)]
#![expect(
    clippy::missing_panics_doc,
    reason = "not a library: shared by the binaries of this package"
)]

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use crate::Client;

/// As many calls are under way at once where calls are made at once.
const AT_ONCE: usize = 64;

/// Runs a client as the arguments say: `BASE STREAM unary|many|stream|open COUNT [one|task|main]`.
///
/// `one`: a task on a current-thread runtime. `task` and `main`: a multi-thread runtime, the caller
/// in a spawned task, or in the future of `main`.
///
/// Prints the processor time in microseconds, and for `open` the memory of a stream in bytes.
pub fn run<C: Client>() {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().unwrap_or_default();
    let (base, stream, mode, count, runtime) = (next(), next(), next(), next(), next());
    let count: u64 = count.parse().unwrap();
    let client = Arc::new(C::new(&base, &stream));
    let work = async move {
        match mode.as_str() {
            "unary" => {
                for _ in 0..count {
                    assert!(client.unary().await > 0);
                }
            }
            "many" => many(client, count).await,
            "stream" => assert_eq!(client.stream().await, count),
            _ => return open(&*client, count).await,
        }
        finished();
    };
    let built = match runtime.as_str() {
        "task" | "main" => tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build(),
        _ => tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build(),
    };
    let built = built.unwrap();
    if runtime == "main" {
        built.block_on(work);
    } else {
        built.block_on(async { tokio::spawn(work).await.unwrap() });
    }
}

async fn many<C: Client>(client: Arc<C>, count: u64) {
    let left = Arc::new(AtomicU64::new(count));
    let tasks: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let (client, left) = (Arc::clone(&client), Arc::clone(&left));
            tokio::spawn(async move {
                let take = |left: u64| left.checked_sub(1);
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take)
                    .is_ok()
                {
                    assert!(client.unary().await > 0);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

async fn open<C: Client>(client: &C, count: u64) {
    // What is made once is no stream's.
    drop(client.open().await);
    let before = resident();
    let mut streams = Vec::new();
    for _ in 0..count {
        streams.push(client.open().await);
    }
    println!("{}", (resident() - before) / count);
    drop(streams);
}

/// Prints the processor time of this process so far, in microseconds: what all its threads have run.
pub fn finished() {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let nanoseconds: u64 = threads
        .map(|thread| {
            let times = fs::read_to_string(thread.unwrap().path().join("schedstat")).unwrap();
            let own = times.split_whitespace().next().unwrap();
            own.parse::<u64>().unwrap()
        })
        .sum();
    println!("{}", nanoseconds / 1000);
}

/// The memory of this process, in bytes.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    kibibytes.unwrap().trim().parse::<u64>().unwrap() * 1024
}
