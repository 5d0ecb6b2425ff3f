//! Files that hold no token, or hold it with something around it.

use std::{fs, path::PathBuf, process::Command, sync::mpsc, thread, time::Duration};

use coze_auth::TokenFile;
use coze_transport::{Authorize, Credentials};

/// A folder of this test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("coze-auth-{name}-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The header, or the failure with its cause; an error if the file is still waited for after a while.
fn read(path: PathBuf) -> Result<String, String> {
    let (done, result) = mpsc::channel();
    thread::spawn(move || {
        let file = TokenFile::new(path);
        let result = match file.authorize() {
            Authorize::Ready(result) => result,
            Authorize::Pending(_) => panic!("a file is read at once"),
        };
        let result = result.map(|token| token.header().to_str().unwrap().to_owned());
        let result = result.map_err(|error| format!("{error}: {}", error.source().unwrap()));
        done.send(result).unwrap();
    });
    let result = result.recv_timeout(Duration::from_secs(10));
    result.expect("the call is held up by its token file")
}

#[test]
fn what_an_editor_puts_around_a_token_is_ignored() {
    let folder = Folder::new("around");
    let path = folder.0.join("token");
    for text in [
        "\u{feff}pat_1",
        "\u{feff} pat_1\r\n",
        "\n pat_1 \n\n",
        "pat_1",
    ] {
        fs::write(&path, text).unwrap();
        assert_eq!(read(path.clone()).unwrap(), "Bearer pat_1", "{text:?}");
    }
    for text in ["", "\u{feff}", "pat_1\u{feff}", "pat_1\npat_2"] {
        fs::write(&path, text).unwrap();
        let error = read(path.clone()).unwrap_err();
        assert!(error.contains("no usable token"), "{text:?}: {error}");
    }
}

#[test]
fn what_is_no_regular_file_is_refused_at_once() {
    let folder = Folder::new("pipe");
    let pipe = folder.0.join("pipe");
    if cfg!(unix) {
        assert!(
            Command::new("mkfifo")
                .arg(&pipe)
                .status()
                .unwrap()
                .success()
        );
        // The one never begins, the other never ends.
        for path in [pipe, "/dev/zero".into()] {
            let error = read(path).unwrap_err();
            assert!(error.ends_with("it is not a regular file"), "{error}");
        }
    }
    assert!(
        read(folder.0.clone())
            .unwrap_err()
            .contains("cannot be read")
    );
    let large = folder.0.join("large");
    fs::write(&large, "x".repeat(64 * 1024 + 1)).unwrap();
    assert!(
        read(large)
            .unwrap_err()
            .ends_with("it is larger than 64 KiB")
    );
}

#[test]
#[cfg(unix)]
fn a_link_to_a_regular_file_is_one() {
    let folder = Folder::new("link");
    let (token, link) = (folder.0.join("token"), folder.0.join("link"));
    fs::write(&token, "pat_1").unwrap();
    std::os::unix::fs::symlink(&token, &link).unwrap();
    assert_eq!(read(link).unwrap(), "Bearer pat_1");
}
