//! Which token is used, and where: variables and profiles, each in a process of its own.
#![cfg(unix)]

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use coze_auth::{Profile, ProfileFile, Settings, TokenSource};

/// A folder of this test alone.
fn folder(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("coze-settings-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    folder
}

/// What is found in a process with these variables: `URL from PLACE, TOKEN from PLACE, profile`.
fn found(folder: &Path, variables: &[(&str, &str)], profile: Option<&str>) -> String {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "process_of_its_own", "--ignored", "--nocapture"])
        .env_remove("COZE_API_TOKEN")
        .env_remove("COZE_API_BASE")
        .env_remove("COZE_PROFILE")
        .env("COZE_CONFIG_DIR", folder)
        .env("COZE_TEST_ASKS", profile.unwrap_or_default());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let found = text
        .lines()
        .find_map(|line| Some(line.split_once("found=")?.1.to_owned()));
    found.expect("the process ended before it said so")
}

#[test]
#[ignore = "it is what other tests start"]
fn process_of_its_own() {
    let asked = env::var("COZE_TEST_ASKS").unwrap_or_default();
    let settings = Settings::find(Some(&*asked).filter(|name| !name.is_empty()));
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return println!("found={}", support::chain(&error)),
    };
    let (url, at) = settings.base_url.unwrap_or_default();
    let token = match &settings.token {
        Ok(TokenSource::Text { token, place }) => format!("{} from {place}", token.expose()),
        Ok(other) => format!("one from {other}"),
        Err(missing) => missing.to_string(),
    };
    println!("found={url} from {at}, {token}, {:?}", settings.profile);
}

#[test]
fn each_place_that_was_looked_at_is_named() {
    let folder = folder("none");
    let file = folder.join("config.json");
    let file = file.display();
    let nothing = found(&folder, &[], None);
    assert!(
        nothing.contains(&format!(
            "no access token: COZE_API_TOKEN is not set; there is no {file}"
        )),
        "{nothing}"
    );
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("config.json"),
        r#"{"profiles":{"a":{"region":"cn"}}}"#,
    )
    .unwrap();
    let nothing = found(&folder, &[], None);
    assert!(
        nothing.contains(&format!("; {file} names no default profile")),
        "{nothing}"
    );
    let nothing = found(&folder, &[], Some("a"));
    assert!(
        nothing.contains("the profile a names no place of a token"),
        "{nothing}"
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_named_profile_counts_as_a_whole_then_the_variables_then_the_default() {
    let folder = folder("order");
    let file = ProfileFile::in_folder(&folder);
    let mut work = Profile::default();
    work.region = Some("cn".into());
    work.token_env = Some("WORK_TOKEN".into());
    let mut lab = Profile::default();
    lab.base_url = Some("http://localhost:8888".into());
    lab.token_file = Some("lab.token".into());
    file.set("work", work).unwrap();
    file.set("lab", lab).unwrap();
    assert_eq!(
        file.names().unwrap(),
        [("lab".into(), false), ("work".into(), true)]
    );

    let work = ("WORK_TOKEN", "pat_work");
    let variables = [
        ("COZE_API_TOKEN", "pat_env"),
        ("COZE_API_BASE", "https://env"),
        work,
    ];
    let at = |name: &str| folder.join(name).display().to_string();
    let lab = format!(
        r#"http://localhost:8888 from the profile lab, one from the file {}, Some("lab")"#,
        at("lab.token")
    );
    for (variables, profile, expected) in [
        (
            &variables[..],
            None,
            "https://env from COZE_API_BASE, pat_env from COZE_API_TOKEN, None",
        ),
        (
            &[work],
            None,
            r#"https://api.coze.cn from the profile work, pat_work from WORK_TOKEN, Some("work")"#,
        ),
        (&variables, Some("lab"), &lab),
        (&[("COZE_PROFILE", "lab"), variables[0]], None, &lab),
        (&[("COZE_PROFILE", "work"), work], Some("lab"), &lab),
        (&[], None, "WORK_TOKEN, which is not set"),
        (&variables, Some("other"), "there is no profile 'other'"),
        (
            &[("COZE_PROFILE", "other"), variables[0]],
            None,
            "there is no profile 'other'",
        ),
    ] {
        let found = found(&folder, variables, profile);
        assert!(found.contains(expected), "{found} is not {expected}");
    }
    assert!(file.remove("work").unwrap().is_some());
    assert!(file.remove("work").unwrap().is_none());
    assert!(found(&folder, &[], None).contains("names no default profile"));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_place_of_a_token_can_be_named_and_one_of_them() {
    let folder = folder("places");
    fs::create_dir(&folder).unwrap();
    let file =
        r#"{"client_type":"jwt","client_id":"1","public_key_id":"k","private_key_file":"app.pem"}"#;
    fs::write(folder.join("app.json"), file).unwrap();
    fs::write(folder.join("app.pem"), support::KEY).unwrap();
    fs::write(
        folder.join("device.json"),
        r#"{"client_type":"device","client_id":"1"}"#,
    )
    .unwrap();
    let text = r#"{"profiles":{
        "command":{"token_command":["pass","show"]},"app":{"app_file":"app.json"},
        "session":{"session_file":"s.json"},"kept":{"session_keyring":{"service":"coze","user":"kept"}},
        "entry":{"token_keyring":{"service":"coze","user":"me"}},"device":{"app_file":"device.json"},
        "none":{"app_file":"none.json"},"empty":{"token_command":[]},
        "two":{"token_env":"A","token_file":"b"},"mars":{"region":"mars","token_env":"A"}}}"#;
    fs::write(folder.join("config.json"), text).unwrap();
    let signs = cfg!(any(feature = "ring", feature = "aws-lc-rs"));
    let app = |expected| {
        if signs {
            expected
        } else {
            "needs the feature `ring`"
        }
    };
    for (profile, expected) in [
        ("command", "the command `pass`"),
        ("app", app("the service app in ")),
        ("session", "the session in "),
        ("kept", "the session in the keychain's entry coze/kept"),
        ("entry", "the keychain's entry coze/me"),
        ("device", app("is not that of a service app")),
        ("none", app("cannot be read")),
        ("empty", "its token_command is empty"),
        ("two", "more than one place"),
        ("mars", "neither com nor cn"),
    ] {
        let found = found(&folder, &[("A", "a")], Some(profile));
        assert!(found.contains(expected), "{found} lacks {expected}");
    }
    for text in [
        "",
        "{",
        "[]",
        r#"{"profiles":{"a":{"tokn_file":"x"}}}"#,
        r#"{"profiles":{"a":{"token_keyring":{"service":"coze"}}}}"#,
    ] {
        fs::write(folder.join("config.json"), text).unwrap();
        let found = found(&folder, &[], None);
        assert!(found.contains("config.json cannot be used"), "{found}");
    }
    fs::remove_dir_all(folder).unwrap();
}
