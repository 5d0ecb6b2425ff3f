//! Seeing the exchanges with the server: for `-vv` and for `coze doctor`.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use coze_workflow::{HttpStack, LogId, Request, Response};
use tokio::time::Instant;
use tower_layer::{Layer, layer_fn};

use crate::output;

/// An attempt that got a response.
#[derive(Clone, Debug)]
pub(crate) struct Exchange {
    /// How long the head of the response took.
    pub(crate) took: Duration,
    /// What the server's clock said.
    pub(crate) server_time: Option<SystemTime>,
    /// What this machine's clock said then.
    pub(crate) local_time: SystemTime,
}

/// Sees every attempt. Clones see the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observer {
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    /// Whether each attempt is told on standard error.
    tells: bool,
}

impl Observer {
    /// One that also tells each attempt on standard error, if so wanted.
    pub(crate) fn telling(tells: bool) -> Self {
        Self {
            tells,
            ..Self::default()
        }
    }

    /// The attempts that got a response.
    pub(crate) fn exchanges(&self) -> Vec<Exchange> {
        self.lock().clone()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Exchange>> {
        // Nothing panics while it is held.
        self.exchanges
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The layer to be put around each attempt.
    pub(crate) fn layer(
        &self,
    ) -> impl Layer<HttpStack, Service = HttpStack> + Send + Sync + 'static {
        let observer = self.clone();
        layer_fn(move |inner: HttpStack| {
            let observer = observer.clone();
            HttpStack::from_fn(move |request: Request| {
                let (observer, inner) = (observer.clone(), inner.clone());
                async move {
                    // The query may hold what nobody else should see; the path holds ids alone.
                    let call = format!("{} {}", request.method(), request.uri().path());
                    let begin = Instant::now();
                    let result = inner.send(request).await;
                    let took = begin.elapsed();
                    match &result {
                        Ok(response) => observer.responded(&call, response, took),
                        Err(error) => observer.tell(&call, &error.to_string(), took),
                    }
                    result
                }
            })
        })
    }

    fn responded(&self, call: &str, response: &Response, took: Duration) {
        let header = |name: &str| response.headers().get(name)?.to_str().ok();
        let server_time = header("date").and_then(|date| httpdate::parse_http_date(date).ok());
        self.lock().push(Exchange {
            took,
            server_time,
            local_time: SystemTime::now(),
        });
        let log_id = response.extensions().get::<LogId>();
        let log_id = log_id.map(|id| format!(", log id {id}"));
        let outcome = format!("{}{}", response.status(), log_id.unwrap_or_default());
        self.tell(call, &outcome, took);
    }

    fn tell(&self, call: &str, outcome: &str, took: Duration) {
        if self.tells {
            let told = format!("{call}: {outcome} ({:.3} s)", took.as_secs_f64());
            output::styled(&output::dim(), &told);
        }
    }
}
