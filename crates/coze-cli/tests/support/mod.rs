//! An emulator on a thread of its own, for the command to talk to.

use std::{sync::mpsc, thread, time::Duration};

use coze_emulator::{Emulator, EmulatorBuilder};
use tokio::sync::oneshot;

/// The emulator's clock begins here, so that dates repeat: 2027-01-15T08:00:00Z.
pub(crate) const BEGIN: u64 = 1_800_000_000;

/// A running emulator; it ends with this value.
pub(crate) struct Server {
    pub(crate) url: String,
    #[allow(dead_code, reason = "each test file uses its part")]
    pub(crate) emulator: Emulator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Server {
    /// Starts one whose ids and dates repeat, with the definitions of `tests/workflows`.
    pub(crate) fn start(settings: impl FnOnce(EmulatorBuilder) -> EmulatorBuilder) -> Self {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/workflows");
        let builder = Emulator::builder()
            .workflows_dir(folder)
            .seed(7)
            .unix_time(Duration::from_secs(BEGIN));
        let emulator = settings(builder).build().unwrap();
        let own = emulator.clone();
        let (stop, stopped) = oneshot::channel();
        let (tell, told) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let server = emulator.start().await.unwrap();
                tell.send(server.base_url().clone()).unwrap();
                let _ = stopped.await;
            });
        });
        Self {
            url: told.recv().unwrap(),
            emulator: own,
            stop: Some(stop),
            thread: Some(thread),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
