//! JWTs, checked by a verifier that others wrote: PyJWT, where `python3` has it. `COZE_TEST_PYTHON` names another python.
#![cfg(any(feature = "ring", feature = "aws-lc-rs"))]

mod support;

use std::{
    env,
    io::Write,
    process::{Command, Stdio},
};

use support::{PUBLIC_KEY, app, scripted, token};

/// Reads a public key and a JWT, checks all that the service's documentation asks for, and prints the claims.
const CHECK: &str = r#"
import json, sys, jwt
given = json.load(sys.stdin)
options = {"require": ["iss", "aud", "iat", "exp", "jti"], "verify_iat": True}
claims = jwt.decode(given["jwt"], given["key"], algorithms=["RS256"], audience="api.coze.cn", issuer="app-1", options=options)
header = jwt.get_unverified_header(given["jwt"])
assert header == {"alg": "RS256", "typ": "JWT", "kid": "key-1"}, header
try:
    jwt.decode(given["jwt"][:-8] + "AAAAAAAA", given["key"], algorithms=["RS256"], audience="api.coze.cn")
    raise SystemExit("a changed signature passes")
except jwt.InvalidSignatureError:
    pass
print("checked=" + claims["session_name"])
"#;

#[tokio::test]
async fn another_verifier_takes_our_jwts() {
    let python = env::var_os("COZE_TEST_PYTHON").unwrap_or_else(|| "python3".into());
    let mut has = Command::new(&python);
    has.args(["-c", "import jwt, cryptography"])
        .stderr(Stdio::null());
    if !has.status().is_ok_and(|status| status.success()) {
        println!("skipped: python3 with PyJWT and cryptography is not here");
        return;
    }
    let pkcs1 = include_str!("keys/pkcs1.pem");
    let other = coze_auth::JwtApp::new("app-1", "key-1", pkcs1).unwrap();
    for app in [app(), other] {
        let (stack, seen) = scripted(&[(200, r#"{"access_token":"czs_1","expires_in":900}"#)]);
        let credentials = app.session_name("ada").credentials(stack, "api.coze.cn");
        token(&credentials).await.unwrap();
        let head = seen.lock().unwrap().remove(0).0;
        let jwt = head.headers["authorization"].to_str().unwrap()["Bearer ".len()..].to_owned();
        let mut child = Command::new(&python)
            .args(["-c", CHECK])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let given = serde_json::json!({"key": PUBLIC_KEY, "jwt": jwt}).to_string();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(given.as_bytes())
            .unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text.trim(), "checked=ada");
    }
}
