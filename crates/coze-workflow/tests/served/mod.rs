//! The emulator on a socket, in a thread of its own.

use std::{
    sync::mpsc,
    thread::{self, JoinHandle},
};

use coze_emulator::{Emulator, EmulatorBuilder};
use tokio::{runtime::Builder, sync::oneshot};

/// A server that ends with its test.
pub(crate) struct Served {
    pub(crate) url: String,
    pub(crate) emulator: Emulator,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) fn serve(builder: EmulatorBuilder) -> Served {
    let (ready, started) = mpsc::channel();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let running = builder.start().await.unwrap();
            ready
                .send((running.base_url(), running.emulator().clone()))
                .unwrap();
            let _ = stopped.await;
        });
    });
    let (url, emulator) = started.recv().unwrap();
    Served {
        url,
        emulator,
        stop: Some(stop),
        thread: Some(thread),
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
