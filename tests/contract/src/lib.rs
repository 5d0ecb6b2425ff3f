//! What the client promises, as one suite that runs six times: over a socket, by the client's own connections
//! and by reqwest, and in process; against the cloud service and a self-hosted server as the emulator plays them.
//!
//! A case is a function of a [`Setup`]; [`contract!`] makes a test of it for each way. A case tells the
//! ways apart only where the promise does.

pub mod engines;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use coze_auth::{FreshToken, Refreshing};
use coze_emulator::{Definition, Emulator, EmulatorBuilder, RunningEmulator};
use coze_transport_reqwest::ReqwestTransport;
use coze_workflow::{Client, ClientBuilder, Dialect, HttpStack};

/// Ids are numbers, because a self-hosted server knows nothing else.
const WORKFLOWS: [&str; 5] = [
    r#"{id: "7400000000000000201", name: greet, inputs: {name: {type: string, required: true}},
        end: {variables: {greeting: "Hello, {{ name }}!"}}}"#,
    r#"{id: "7400000000000000202", name: exact, inputs: {n: {type: integer, required: true}},
        end: {variables: {n: "{{ n }}"}, types: {n: integer}}}"#,
    r#"{id: "7400000000000000203", name: trip, nodes: [{question: {id: place, text: "Where to?"}}],
        end: {text: "To {{ place.answer }}."}}"#,
    r#"{id: "7400000000000000204", name: talk, mode: chatflow, end: {text: "You said {{ USER_INPUT }}."}}"#,
    r#"{id: "7400000000000000205", name: fails, nodes: [{fail: {id: stop, code: 5000, message: "it is out of order"}}],
        end: {text: never}}"#,
];

/// Greets: input `name`, output `greeting`.
pub const GREET: &str = "7400000000000000201";
/// Returns its integer `n`.
pub const EXACT: &str = "7400000000000000202";
/// Asks where to go.
pub const TRIP: &str = "7400000000000000203";
/// A chatflow that repeats what was said.
pub const TALK: &str = "7400000000000000204";
/// Fails after it has begun.
pub const FAILS: &str = "7400000000000000205";
/// Takes a second.
pub const SLOW: &str = "7400000000000000103";

/// The token the emulator takes.
const TOKEN: &str = "pat_good";

/// How the server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Over a TCP connection.
    Socket,
    /// Over a TCP connection of reqwest's.
    Reqwest,
    /// As the bottom of the stack.
    InProcess,
}

/// A server and clients of it.
#[derive(Debug)]
pub struct Setup {
    /// Which server is played.
    pub dialect: Dialect,
    /// A client with a good token.
    pub coze: Client,
    /// Plays the server, and counts.
    pub emulator: Emulator,
    way: Way,
    running: Option<RunningEmulator>,
}

impl Setup {
    /// Starts a server and makes a client.
    ///
    /// # Panics
    ///
    /// Where that cannot be done; so do the other functions, since a test is all they serve.
    pub async fn new(dialect: Dialect, way: Way) -> Self {
        let emulator = server(match dialect {
            Dialect::Studio => coze_emulator::Dialect::Studio,
            _ => coze_emulator::Dialect::Cloud,
        });
        let (emulator, running) = match way {
            Way::Socket | Way::Reqwest => {
                let running = emulator.start().await.expect("a port is free");
                (running.emulator().clone(), Some(running))
            }
            Way::InProcess => (emulator.build().expect("the workflows are valid"), None),
        };
        let mut setup = Self {
            dialect,
            coze: Client::new(HttpStack::from_fn(|_| async {
                Err::<coze_workflow::Response, _>("not made yet")
            })),
            emulator,
            way,
            running,
        };
        setup.coze = setup.client(|builder| builder.token(TOKEN));
        setup
    }

    /// Another client of the same server.
    ///
    /// # Panics
    ///
    /// If the settings are no good.
    pub fn client(&self, set: impl FnOnce(ClientBuilder) -> ClientBuilder) -> Client {
        let builder = Client::builder().dialect(self.dialect);
        let builder = match (&self.running, self.way) {
            (Some(running), Way::Socket) => builder.base_url(running.base_url()),
            (Some(running), Way::Reqwest) => {
                let transport = ReqwestTransport::from_builder(reqwest::Client::builder());
                let transport = HttpStack::new(transport.expect("the settings are valid"));
                builder.base_url(running.base_url()).transport(transport)
            }
            _ => builder
                .base_url("http://emulator.test")
                .transport(HttpStack::new(self.emulator.service())),
        };
        set(builder).build().expect("the settings are valid")
    }

    /// A client whose first token is refused and whose next one is good; and how many it asked for.
    pub fn renewing(&self) -> (Client, Arc<AtomicU32>) {
        let fetched = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&fetched);
        let credentials = Refreshing::new(move || {
            let first = count.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                let token = if first { "pat_bad" } else { TOKEN };
                Ok(FreshToken::lasting(token, Duration::from_secs(3600)))
            }
        });
        (
            self.client(|builder| builder.credentials(credentials)),
            fetched,
        )
    }

    /// Lets something go wrong; the words are those of [`coze_emulator::Fault`].
    ///
    /// # Panics
    ///
    /// If `fault` is none.
    pub fn inject(&self, fault: &str) {
        self.emulator.inject(fault.parse().expect("it is a fault"));
    }

    /// How often a workflow really ran.
    ///
    /// # Panics
    ///
    /// If the server does not know it.
    pub fn ran(&self, workflow: &str) -> u64 {
        self.emulator.runs_started(workflow).expect("it is known")
    }
}

fn server(dialect: coze_emulator::Dialect) -> EmulatorBuilder {
    let mut builder = Emulator::builder().accept_token(TOKEN).known_tokens_only();
    builder = builder.dialect(dialect);
    for text in WORKFLOWS {
        let workflow: Definition = Definition::from_yaml(text).expect("the workflow is valid");
        builder = builder.workflow(workflow);
    }
    builder
}

/// Makes six tests of each case.
#[macro_export]
macro_rules! contract {
    ($($case:ident)*) => {
        $crate::contract! { @way cloud_over_a_socket Cloud Socket $($case)* }
        $crate::contract! { @way cloud_over_reqwest Cloud Reqwest $($case)* }
        $crate::contract! { @way cloud_in_process Cloud InProcess $($case)* }
        $crate::contract! { @way studio_over_a_socket Studio Socket $($case)* }
        $crate::contract! { @way studio_over_reqwest Studio Reqwest $($case)* }
        $crate::contract! { @way studio_in_process Studio InProcess $($case)* }
    };
    (@way $module:ident $dialect:ident $way:ident $($case:ident)*) => {
        mod $module {
            $(
                #[tokio::test]
                async fn $case() {
                    let dialect = coze_workflow::Dialect::$dialect;
                    super::$case($crate::Setup::new(dialect, $crate::Way::$way).await).await;
                }
            )*
        }
    };
}
