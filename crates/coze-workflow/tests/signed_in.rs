//! Clients that get their tokens themselves: one line each, over the caller's own stack.

mod registered;

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use coze_emulator::Emulator;
use coze_workflow::{
    Client, ClientBuilder, Error, ErrorKind, HttpStack, Request,
    auth::{JwtApp, OauthApp, SessionFile},
    json_reply,
    transport::{RequestBody, StackBuilder},
};
use registered::{KEY, Paths, TOKEN, app, emulator, folder, greet, over};
use tower::{layer::layer_fn, service_fn};

/// Notes the path of each request, on the way down.
fn noting(
    paths: &Paths,
) -> impl tower::Layer<HttpStack, Service = HttpStack> + Send + Sync + 'static {
    let paths = Arc::clone(paths);
    layer_fn(move |inner: HttpStack| {
        let paths = Arc::clone(&paths);
        HttpStack::new(service_fn(move |request: Request| {
            paths.lock().unwrap().push(request.uri().path().to_owned());
            let inner = inner.clone();
            async move { inner.send(request).await }
        }))
    })
}

#[tokio::test]
async fn an_app_in_a_file_is_a_client_whose_layers_see_the_requests_for_tokens() {
    let running = emulator().start().await.unwrap();
    let folder = folder("file");
    fs::create_dir(&folder).unwrap();
    let file = folder.join("coze_oauth_config.json");
    let pem = KEY.replace('\n', "\\n");
    let (url, calls, attempts) = (running.base_url(), Paths::default(), Paths::default());
    let text = format!(
        r#"{{"client_type":"jwt","client_id":"app-1","public_key_id":"key-1","private_key":"{pem}","coze_api_base":"{url}"}}"#
    );
    fs::write(&file, text).unwrap();
    let coze = Client::builder()
        .jwt(JwtApp::from_file(&file).unwrap())
        .call_layer(noting(&calls))
        .attempt_layer(noting(&attempts))
        .build()
        .unwrap();
    for _ in 0..2 {
        assert!(greet(&coze).await.unwrap().contains("Ada"));
    }
    let run = "/v1/workflow/run";
    assert_eq!(*calls.lock().unwrap(), [run, TOKEN, run]);
    assert_eq!(*attempts.lock().unwrap(), [run, TOKEN, run]);
    assert!(!format!("{coze:?} {:?}", Client::builder().jwt(app())).contains("MII"));
    fs::remove_dir_all(folder).unwrap();
}

/// The session names in the JWTs of the requests for tokens, on their way to the emulator.
fn sessions(emulator: &Emulator) -> (ClientBuilder, Paths) {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let seen = Paths::default();
    let names = Arc::clone(&seen);
    let inner = HttpStack::new(emulator.service());
    let leaf = HttpStack::from_fn(move |request: Request| {
        if request.uri().path() == TOKEN {
            let jwt = request.headers()["authorization"].to_str().unwrap();
            let claims = URL_SAFE_NO_PAD
                .decode(jwt.split('.').nth(1).unwrap())
                .unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            let name = claims["session_name"].as_str().unwrap_or("none");
            let issuer = claims["iss"].as_str().unwrap();
            names.lock().unwrap().push(format!("{issuer} {name}"));
        }
        let inner = inner.clone();
        async move { inner.send(request).await }
    });
    (
        Client::builder()
            .base_url("http://api.coze.cn.test")
            .transport(leaf),
        seen,
    )
}

#[tokio::test(start_paused = true)]
async fn users_and_tenants_have_tokens_of_their_own_in_one_client() {
    let emulator = emulator().build().unwrap();
    let (builder, seen) = sessions(&emulator);
    let coze = builder.jwt(app()).build().unwrap();
    let tenant = JwtApp::new("app-2", "key-2", KEY).unwrap();
    for _ in 0..2 {
        greet(&coze).await.unwrap();
        greet(&coze.for_user("ada").unwrap()).await.unwrap();
        greet(&coze.for_user("bob").unwrap()).await.unwrap();
        greet(&coze.for_app(&tenant).unwrap()).await.unwrap();
        let nested = coze.for_user("ada").unwrap().for_user("bob").unwrap();
        greet(&nested).await.unwrap();
    }
    let mut seen = std::mem::take(&mut *seen.lock().unwrap());
    assert_eq!(seen, ["app-1 none", "app-1 ada", "app-1 bob", "app-2 none"]);
    seen.dedup();

    // A user of no service app, and a client of a stack, cannot be another.
    let token = over(&emulator).token("pat_1").build().unwrap();
    assert_eq!(token.for_user("ada").unwrap_err().kind(), ErrorKind::Build);
    assert!(token.for_app(&tenant).is_ok());
    let bare = Client::new(HttpStack::from_fn(|_| async { json_reply("{}") }));
    assert_eq!(bare.for_app(&tenant).unwrap_err().kind(), ErrorKind::Build);
}

#[tokio::test(start_paused = true)]
async fn the_tokens_of_a_thousand_users_are_kept() {
    let emulator = emulator().build().unwrap();
    let coze = over(&emulator).jwt(app()).build().unwrap();
    let first = |coze: &Client| coze.for_user("first").unwrap();
    greet(&first(&coze)).await.unwrap();
    let users = |from: u32, to: u32| {
        for user in from..to {
            coze.for_user(format!("user-{user}")).unwrap();
        }
    };
    users(0, 999);
    greet(&first(&coze)).await.unwrap();
    users(1000, 1999);
    greet(&first(&coze)).await.unwrap();
    assert_eq!(
        emulator.calls(TOKEN),
        1,
        "it was used within the last thousand"
    );
    users(2000, 3000);
    greet(&first(&coze)).await.unwrap();
    assert_eq!(emulator.calls(TOKEN), 2);
}

#[tokio::test(start_paused = true)]
async fn a_device_signs_in_once_and_goes_on_from_its_file() {
    let emulator = emulator().build().unwrap();
    let folder = folder("device");
    let file = SessionFile::new(folder.join("session.json"));
    let app = || OauthApp::new("native-1");
    let show = deciding(&emulator, true);
    let coze = over(&emulator)
        .device(app(), file.clone(), show)
        .await
        .unwrap();
    greet(&coze).await.unwrap();
    let calls = emulator.calls(TOKEN);
    let nobody = |_: &coze_workflow::auth::DeviceFlow| panic!("nobody has to sign in");
    let again = over(&emulator)
        .device(app(), file.clone(), nobody)
        .await
        .unwrap();
    greet(&again).await.unwrap();
    assert_eq!(emulator.calls(TOKEN), calls);
    // The file knows where it is valid, and either client goes on when the token is over.
    let session = file.read().unwrap().unwrap();
    assert_eq!(session.app().base_url(), Some("http://api.coze.cn.test"));
    emulator.expire_tokens();
    greet(&again).await.unwrap();
    greet(&coze).await.unwrap();
    assert_eq!(
        emulator.calls(TOKEN),
        calls + 1,
        "one has renewed it for both"
    );
    let other = over(&emulator).session_file(file).build().unwrap();
    greet(&other).await.unwrap();
    fs::remove_dir_all(folder).unwrap();

    let refuse = deciding(&emulator, false);
    let file = SessionFile::new(folder_of("refused"));
    let error = over(&emulator)
        .device(app(), file.clone(), refuse)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Auth);
    let hint = error.hint().unwrap().into_owned();
    assert!(hint.contains("the user refused"), "{hint}");
    assert!(file.read().unwrap().is_none());
}

/// A device whose user decides at once.
fn deciding(
    emulator: &Emulator,
    grants: bool,
) -> impl FnOnce(&coze_workflow::auth::DeviceFlow) + use<> {
    let emulator = emulator.clone();
    move |device| assert!(emulator.decide_device(device.user_code(), grants))
}

#[tokio::test(start_paused = true)]
async fn a_session_stays_until_another_has_been_granted() {
    let emulator = emulator().build().unwrap();
    let file = SessionFile::new(folder_of("anew"));
    let app = || OauthApp::new("native-1");
    let show = deciding(&emulator, true);
    let coze = over(&emulator).device_anew(app(), file.clone(), show).await;
    greet(&coze.unwrap()).await.unwrap();
    let access = || {
        let session = file.read().unwrap().unwrap();
        session.tokens().access().secret().expose().to_owned()
    };
    let first = access();

    let show = deciding(&emulator, false);
    let refused = over(&emulator).device_anew(app(), file.clone(), show).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Auth);
    assert_eq!(access(), first);
    let coze = over(&emulator).session_file(file.clone()).build().unwrap();
    greet(&coze).await.unwrap();

    let show = deciding(&emulator, true);
    let other = over(&emulator).device_anew(app(), file.clone(), show).await;
    greet(&other.unwrap()).await.unwrap();
    assert_ne!(access(), first);
    // A damaged one is no hindrance either.
    fs::write(file.path(), "{").unwrap();
    let show = deciding(&emulator, true);
    let other = over(&emulator).device_anew(app(), file.clone(), show).await;
    greet(&other.unwrap()).await.unwrap();
    fs::remove_dir_all(file.path().parent().unwrap()).unwrap();
}

fn folder_of(name: &str) -> PathBuf {
    folder(name).join("session.json")
}

#[tokio::test(start_paused = true)]
async fn a_browser_brings_consent_back() {
    let emulator = emulator().build().unwrap();
    for app in [
        OauthApp::new("web-1").secret("s3cret"),
        OauthApp::new("native-1"),
    ] {
        let consent = over(&emulator)
            .consent(app, "http://127.0.0.1:8484/back")
            .unwrap();
        let path = consent
            .url()
            .strip_prefix("http://www.coze.cn.test")
            .unwrap();
        let service = StackBuilder::over(emulator.service())
            .base_uri("http://api.coze.cn.test".parse().unwrap())
            .build();
        let request = http::Request::get(path).body(RequestBody::empty()).unwrap();
        let response = service.send(request).await.unwrap();
        let back = response.headers()["location"].to_str().unwrap().to_owned();
        assert!(back.contains(consent.state()));
        let file = SessionFile::new(folder_of("consent"));
        let coze = consent.finish(&back, file.clone()).await.unwrap();
        greet(&coze).await.unwrap();
        assert!(file.remove().await.unwrap());
    }
    // A session of the program's own keeping.
    let app = OauthApp::new("native-1");
    let stack = StackBuilder::over(emulator.service())
        .base_uri("http://api.coze.cn.test".parse().unwrap())
        .build();
    let device = app.device(&stack).await.unwrap();
    assert!(emulator.decide_device(device.user_code(), true));
    let session = device.wait().await.unwrap();
    let saved = Paths::default();
    let pairs = Arc::clone(&saved);
    let coze = over(&emulator).session(session, move |pair| {
        pairs
            .lock()
            .unwrap()
            .push(pair.refresh().expose().to_owned());
        async { Ok(()) }
    });
    let coze = coze.build().unwrap();
    greet(&coze).await.unwrap();
    tokio::time::advance(Duration::from_secs(1000)).await;
    greet(&coze).await.unwrap();
    assert_eq!(saved.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn a_self_hosted_server_has_no_apps_to_sign_in_with() {
    let studio = || {
        let leaf = HttpStack::from_fn(|_: Request| async {
            panic!("nothing is sent") as Result<_, Error>
        });
        let builder = Client::builder()
            .base_url("http://studio.test")
            .transport(leaf);
        builder.dialect(coze_workflow::Dialect::Studio)
    };
    let file = SessionFile::new(folder_of("studio"));
    let native = || OauthApp::new("native-1");
    let show = |_: &coze_workflow::auth::DeviceFlow| {};
    for error in [
        studio().jwt(app()).build().unwrap_err(),
        studio().session_file(file.clone()).build().unwrap_err(),
        studio().device(native(), file, show).await.unwrap_err(),
        studio()
            .consent(native(), "http://127.0.0.1/back")
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Unsupported);
    }
}
