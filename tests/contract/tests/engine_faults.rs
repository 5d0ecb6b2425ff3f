//! The same fault is the same kind of error, whatever engine is built or called.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use coze_adapter_dify::Dify;
use coze_adapter_runs::Runs;
use coze_workflow::{
    Client, Dialect, HttpStack,
    engine::{Engine, EngineError, ErrorKind, RunId, RunRequest},
    json_reply,
    transport::{Authorize, Credentials, Generation},
};

/// What an engine is built with.
#[derive(Default)]
struct Settings<'s> {
    base_url: &'s str,
    token: Option<&'s str>,
    transport: Option<HttpStack>,
    credentials: Option<NoToken>,
}

/// Credentials that have no token to give.
#[derive(Clone, Copy, Debug)]
struct NoToken;

impl Credentials for NoToken {
    fn authorize(&self) -> Authorize {
        Authorize::Ready(Err("the vault is closed".into()))
    }

    fn rejected(&self, _: Generation) -> bool {
        false
    }
}

/// The same settings for every engine that has a builder; what the settings do not name is not set.
macro_rules! set {
    ($builder:expr, $settings:ident) => {{
        let mut builder = $builder.base_url($settings.base_url);
        if let Some(token) = $settings.token {
            builder = builder.token(token);
        }
        if let Some(transport) = &$settings.transport {
            builder = builder.transport(transport.clone());
        }
        if let Some(credentials) = $settings.credentials {
            builder = builder.credentials(credentials);
        }
        builder.build()
    }};
}

/// An engine, or the kind and the text of the error.
type Built = Result<Arc<dyn Engine>, (ErrorKind, String)>;

/// Each engine with these settings.
fn engines(settings: &Settings<'_>) -> Vec<(&'static str, Built)> {
    fn made<E: Engine, F: std::fmt::Display>(
        built: Result<E, F>,
        kind: impl Fn(&F) -> ErrorKind,
    ) -> Built {
        match built {
            Ok(engine) => Ok(Arc::new(engine)),
            Err(error) => Err((kind(&error), error.to_string())),
        }
    }
    let studio = Client::builder().dialect(Dialect::Studio);
    vec![
        (
            "cloud",
            made(
                set!(Client::builder(), settings),
                coze_workflow::Error::kind,
            ),
        ),
        (
            "studio",
            made(set!(studio, settings), coze_workflow::Error::kind),
        ),
        (
            "dify",
            made(set!(Dify::builder(), settings), EngineError::kind),
        ),
        (
            "runs",
            made(set!(Runs::builder(), settings), EngineError::kind),
        ),
    ]
}

#[test]
fn a_setting_that_cannot_be_used_is_the_same_error_for_every_builder() {
    let url = "https://gateway.example";
    for (base_url, token, kind, says) in [
        (url, None, ErrorKind::Auth, "pass one to the builder"),
        (url, Some(""), ErrorKind::Auth, "cannot be used"),
        (url, Some("to\nken"), ErrorKind::Auth, "cannot be used"),
        ("gateway", Some("token"), ErrorKind::Build, "the base URL "),
        (
            "https://u:p@gateway.example",
            Some("token"),
            ErrorKind::Build,
            "the base URL ",
        ),
        (
            "ftp://gateway.example",
            Some("token"),
            ErrorKind::Build,
            "the base URL ",
        ),
    ] {
        let settings = Settings {
            base_url,
            token,
            ..Settings::default()
        };
        for (name, built) in engines(&settings) {
            let (found, text) = built.expect_err(name);
            assert_eq!(found, kind, "{name}: {base_url} {token:?}: {text}");
            assert!(text.contains(says), "{name}: {base_url} {token:?}: {text}");
        }
    }
}

#[tokio::test]
async fn a_token_is_not_sent_in_the_clear_to_another_machine() {
    let settings = Settings {
        base_url: "http://gateway.example",
        token: Some("token"),
        ..Settings::default()
    };
    for (name, engine) in engines(&settings) {
        let error = engine
            .unwrap()
            .run(RunRequest::new("7366"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build, "{name}: {error:?}");
        assert!(
            !error.may_have_run() && !error.is_retryable(),
            "{name}: {error:?}"
        );
        assert!(
            error.to_string().contains("allow_plaintext"),
            "{name}: {error}"
        );
    }
}

#[tokio::test]
async fn an_id_that_leads_elsewhere_is_not_sent() {
    let sent = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&sent);
    let transport = HttpStack::from_fn(move |_| {
        count.fetch_add(1, Ordering::Relaxed);
        async { json_reply("{}") }
    });
    let settings = Settings {
        base_url: "http://gateway.example",
        transport: Some(transport),
        ..Settings::default()
    };
    for (name, engine) in engines(&settings) {
        let engine = engine.unwrap();
        for id in ["", ".", "../7413", "a b", "74?13", "7413\r\nx: y"] {
            let error = engine.status(&RunId::new("7366", id)).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Build, "{name}: {id:?}: {error:?}");
            assert_eq!(
                (error.attempts(), error.may_have_run()),
                (0, false),
                "{name}: {id:?}"
            );
        }
        assert_eq!(sent.load(Ordering::Relaxed), 0, "{name}");
    }
}

#[tokio::test]
async fn credentials_without_a_token_are_an_auth_error_and_nothing_is_sent() {
    let settings = Settings {
        base_url: "https://gateway.example",
        // The credentials go before it.
        token: Some("token"),
        credentials: Some(NoToken),
        ..Settings::default()
    };
    for (name, engine) in engines(&settings) {
        let error = engine.unwrap().run(RunRequest::new("7366")).await;
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Auth, "{name}: {error:?}");
        assert!(!error.may_have_run(), "{name}: {error:?}");
        assert!(
            format!("{error:?}").contains("the vault is closed"),
            "{name}: {error:?}"
        );
    }
}
