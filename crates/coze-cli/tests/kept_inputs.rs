//! What a workflow takes is asked for once, unless it matters what it takes now.

#[path = "support/shell.rs"]
#[allow(dead_code, reason = "each test file uses its part")]
mod shell;
mod support;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use support::Server;

struct Setup {
    server: Server,
    folder: PathBuf,
}

impl Setup {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("kept-{name}"));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self {
            server: Server::start(|builder| builder),
            folder,
        }
    }

    /// Runs the workflow: what is printed, how often it is asked what the workflow takes, how often the workflow is run.
    fn run(&self, inputs: &[&str]) -> (String, u64, u64) {
        let calls = |path| self.server.emulator.calls(path);
        let (asked, run) = ("/v1/workflows/weather", "/v1/workflow/run");
        let before = [calls(asked), calls(run)];
        let mut command = shell::coze(
            Some(&self.server.url),
            &[&["run", "weather"], inputs].concat(),
        );
        command.env("COZE_CONFIG_DIR", &self.folder);
        let (_, out, err) = shell::outcome(command.output().unwrap());
        (out + &err, calls(asked) - before[0], calls(run) - before[1])
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.folder.join("cache/inputs")).into_iter();
        files.flatten().map(|file| file.unwrap().path()).collect()
    }
}

#[test]
fn a_run_whose_inputs_fit_what_is_kept_asks_nothing() {
    let setup = Setup::new("fits");
    for asked in [1, 0, 0] {
        let (said, questions, runs) = setup.run(&["-p", "city=Lyon"]);
        assert_eq!((questions, runs), (asked, 1), "{said}");
        assert!(said.contains("Lyon"), "{said}");
    }
    assert_eq!(setup.files().len(), 1);
    // Only the type of the input tells what `1` is.
    assert_eq!(setup.run(&["-p", "city=1"]).1, 1);
    // What does not fit may fit by now.
    let (said, questions, _) = setup.run(&["-p", "town=Lyon"]);
    assert!(said.contains("there is no input `town`"), "{said}");
    assert_eq!(questions, 1);
    assert_eq!(setup.run(&["-p", "city=Lyon"]).1, 0);
}

#[test]
fn what_is_old_or_cannot_be_read_is_asked_for_again() {
    let setup = Setup::new("old");
    setup.run(&["-p", "city=Lyon"]);
    let file = setup.files().remove(0);
    let old = SystemTime::now() - Duration::from_secs(25 * 60 * 60);
    File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(old)
        .unwrap();
    assert_eq!(setup.run(&["-p", "city=Lyon"]).1, 1);
    for wrong in [
        "",
        "{",
        r#"{"server":"","workflow":"","schema":{"fields":[]}}"#,
    ] {
        fs::write(&file, wrong).unwrap();
        assert_eq!(setup.run(&["-p", "city=Lyon"]).1, 1, "{wrong}");
        assert_eq!(setup.run(&["-p", "city=Lyon"]).1, 0, "{wrong}");
    }
}

#[test]
fn where_nothing_can_be_kept_the_workflow_is_run_all_the_same() {
    let setup = Setup::new("none");
    // A file, where a folder would be made.
    fs::write(setup.folder.join("cache"), "").unwrap();
    for _ in 0..2 {
        let (said, questions, runs) = setup.run(&["-p", "city=Lyon"]);
        assert_eq!((questions, runs), (1, 1), "{said}");
    }
}
