//! The configuration file.

mod support;

use std::{fs, path::PathBuf};

use coze_emulator::{Emulator, EmulatorBuilder, StartError};
use serde_json::json;
use support::post;

fn file(name: &str, text: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("config")
        .join(name);
    fs::create_dir_all(folder.join("flows")).unwrap();
    let workflow = "name: told\nend: { text: told }\n";
    fs::write(folder.join("flows/told.yaml"), workflow).unwrap();
    let app = json!({"client_id": "of-a-file", "client_secret": "s"});
    fs::write(folder.join("coze_oauth_config.json"), app.to_string()).unwrap();
    let path = folder.join("emulator.yaml");
    fs::write(&path, text).unwrap();
    path
}

fn read(name: &str, text: &str) -> Result<EmulatorBuilder, StartError> {
    Emulator::builder().config_file(file(name, text))
}

/// The first block of YAML in the guide.
fn example() -> &'static str {
    let guide = include_str!("../../../docs/guide/emulator.md");
    let block = guide.split("```yaml\n").nth(1).unwrap();
    block.split("```").next().unwrap()
}

#[tokio::test]
async fn the_example_of_the_guide_sets_everything() {
    let emulator = read("example", example()).unwrap().build().unwrap();
    let service = emulator.service();
    let run = json!({"workflow_id": "told"});
    let limited = post(&service, "/v1/workflow/run", run).await;
    // Its fault, and no token of its list.
    assert_eq!(limited.status, 429, "{}", limited.text());
    let read = |path: &'static str| {
        let service = service.clone();
        async move {
            let request = http::Request::get(format!("http://localhost/_emulator/{path}"))
                .body(http_body_util::Full::default());
            support::send(&service, request.unwrap()).await.json()
        }
    };
    let tokens = read("tokens").await;
    assert_eq!(
        (&tokens["accepted"], &tokens["other_region"]),
        (&json!(1), &json!("com_"))
    );
    assert_eq!(read("clock").await["speed"], 60.0);
    assert_eq!(read("limits").await["gateway"], "10s");
    let apps = read("apps").await;
    assert_eq!(apps["apps"][0]["client_id"], "of-a-file");
    assert_eq!(apps["apps"][1]["client_id"], "written-out");
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    for (text, told) in [
        ("seed: 1\nspeed: 2\n", "unknown field `speed`"),
        (
            "limits: { gateway: soon }\n",
            "'soon' is not a time such as 90s",
        ),
        ("faults: [stutter]\n", "'stutter' is not a fault"),
        ("apps: [nowhere.json]\n", "nowhere.json"),
        ("listen: somewhere\n", "emulator.yaml: "),
    ] {
        let error = read("wrong", text).unwrap_err();
        assert!(matches!(error, StartError::Config { .. }));
        let message = error.to_string();
        assert!(message.contains(told), "{message}");
        assert!(message.contains("emulator.yaml: "), "{message}");
    }
    let missing = Emulator::builder().config_file("nowhere.yaml").unwrap_err();
    assert!(
        missing.to_string().starts_with("nowhere.yaml: "),
        "{missing}"
    );
}
