//! The clock that the stack waits on, and its timers.
//!
//! It is tokio's, which a test can pause. On `wasm32-unknown-unknown`, where the clock of the standard library panics, it is
//! that of the JavaScript host, in the same words.

#[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
pub use tokio::time::{Instant, Sleep, sleep, sleep_until, timeout, timeout_at};
#[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
pub use wasmtimer::{
    std::Instant,
    tokio::{Sleep, sleep, sleep_until, timeout, timeout_at},
};

/// The time of day, by which the dates of a server are judged.
pub fn time_of_day() -> std::time::SystemTime {
    #[cfg(not(all(target_arch = "wasm32", target_os = "unknown")))]
    return std::time::SystemTime::now();
    #[cfg(all(target_arch = "wasm32", target_os = "unknown"))]
    return std::time::UNIX_EPOCH + std::time::Duration::from_secs_f64(js_sys::Date::now() / 1000.);
}
