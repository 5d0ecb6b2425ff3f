//! Uploads: the form on the wire, what is sent twice, and how an upload can fail.

use std::{
    fs, io,
    path::PathBuf,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use coze_emulator::Emulator;
use coze_transport::{Outcome, TransportError};
use coze_workflow::{
    Client, ErrorKind, FileInput, FileSource, HttpStack, Request, json_reply, models,
};
use http_body::Body as _;
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncRead, AsyncReadExt, ReadBuf},
    time::Instant,
};

const STORED: &str = r#"{"data":{"id":"7369","bytes":3,"file_name":"a"}}"#;

#[derive(Clone, Debug)]
struct Sent {
    target: String,
    content_type: String,
    announced: Option<u64>,
    body: Bytes,
}

type Seen = Arc<Mutex<Vec<Sent>>>;

/// A stack that reads each body to its end and answers by the number of the call.
fn reading(answer: fn(usize) -> Result<&'static str, TransportError>) -> (HttpStack, Seen) {
    let seen = Seen::default();
    let notes = Arc::clone(&seen);
    let stack = HttpStack::from_fn(move |request: Request| {
        let notes = Arc::clone(&notes);
        async move {
            let (head, body) = request.into_parts();
            let announced = body.size_hint().exact();
            let body = body.collect().await?.to_bytes();
            let content_type = head.headers["content-type"].to_str().unwrap().to_owned();
            let count = {
                let mut notes = notes.lock().unwrap();
                notes.push(Sent {
                    target: format!("{} {}", head.method, head.uri),
                    content_type,
                    announced,
                    body,
                });
                notes.len()
            };
            json_reply(answer(count)?)
        }
    });
    (stack, seen)
}

/// The same below the layers of the library, which try again.
fn retrying(answer: fn(usize) -> Result<&'static str, TransportError>) -> (Client, Seen) {
    let (stack, seen) = reading(answer);
    let coze = Client::builder().base_url("https://h").transport(stack);
    (coze.build().unwrap(), seen)
}

fn lost() -> TransportError {
    TransportError::new(
        coze_transport::ErrorKind::Closed,
        Outcome::Unknown,
        "the connection broke",
    )
}

fn on_disk(name: &str, content: &[u8]) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("uploads");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    path
}

/// The form of `content`, whose boundary is taken from the content type.
fn form(sent: &Sent, name: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    let boundary = sent
        .content_type
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: {kind}\r\n\r\n"
    );
    [
        head.as_bytes(),
        content,
        format!("\r\n--{boundary}--\r\n").as_bytes(),
    ]
    .concat()
}

#[tokio::test]
async fn the_form_is_the_same_from_disk_from_memory_and_from_a_reader() {
    let content: Vec<u8> = (0..400_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let path = on_disk("report.pdf", &content);
    let memory = || FileSource::bytes("report.pdf", content.clone());
    let reader = || FileSource::reader("report.pdf", io::Cursor::new(content.clone()));
    let sources = [
        (FileSource::path(&path), true),
        (memory(), true),
        (reader().length(content.len() as u64), true),
        (reader(), false),
    ];
    for (source, announced) in sources {
        let (stack, seen) = reading(|_| Ok(STORED));
        let steps = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&steps);
        let file = Client::new(stack)
            .upload(source)
            .on_progress(move |now| noted.lock().unwrap().push((now.sent, now.total)))
            .await
            .unwrap();
        assert_eq!(file.get_ref().id.as_ref().unwrap(), &"7369");
        let seen = seen.lock().unwrap();
        let sent = &seen[0];
        assert_eq!(sent.target, "POST /v1/files/upload");
        assert!(sent.body == form(sent, "report.pdf", "application/pdf", &content));
        let length = sent.body.len() as u64;
        assert_eq!(sent.announced, announced.then_some(length));
        let steps = steps.lock().unwrap();
        let total = announced.then_some(content.len() as u64);
        assert!(steps.iter().all(|step| step.1 == total));
        assert!(steps.is_sorted() && steps.last().unwrap().0 == content.len() as u64);
    }
}

#[tokio::test]
async fn names_and_content_types_are_written_so_that_they_stay_what_they_are() {
    let (stack, seen) = reading(|_| Ok(STORED));
    let coze = Client::new(stack);
    let evil = "a\"\r\nX-Evil: 1\r\n\r\n.png";
    coze.upload(FileSource::bytes(evil, "abc")).await.unwrap();
    let named = FileSource::bytes("x", "abc");
    let named = coze.upload(named).file_name("报告 é.bin");
    named.content_type("image/x-own").await.unwrap();
    let seen = seen.lock().unwrap();
    let quoted = "a\\\"%0D%0AX-Evil: 1%0D%0A%0D%0A.png";
    assert!(seen[0].body == form(&seen[0], quoted, "image/png", b"abc"));
    assert!(seen[1].body == form(&seen[1], "报告 é.bin", "image/x-own", b"abc"));
}

#[tokio::test]
async fn what_cannot_be_stored_is_told_before_anything_is_sent() {
    let (stack, seen) = reading(|_| Ok(STORED));
    let coze = Client::new(stack);
    let large = on_disk("large.bin", b"");
    let file = fs::File::options().write(true).open(&large).unwrap();
    file.set_len(512 * 1024 * 1024 + 1).unwrap();
    let folder = large.parent().unwrap().to_owned();
    let long = FileSource::reader("a", tokio::io::empty()).length(u64::MAX);
    let header = http::HeaderName::from_static("content-length");
    let bytes = || FileSource::bytes("a.txt", "abc");
    for (upload, say) in [
        (coze.upload(large), "512 MB"),
        (coze.upload(long), "512 MB"),
        (coze.upload(folder), "directory"),
        (
            coze.upload(PathBuf::from("/no/such/file")),
            "cannot be read",
        ),
        (coze.upload(FileSource::bytes("", "abc")), "file_name()"),
        (coze.upload(bytes()).content_type("png"), "image/png"),
        (
            coze.upload(bytes()).header(header, "1".parse().unwrap()),
            "header",
        ),
    ] {
        let error = upload.await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Build);
        assert_eq!(error.operation(), "upload_file");
        let mut text = error.to_string();
        if let Some(source) = error.cause() {
            text.push_str(&source.to_string());
        }
        assert!(text.contains(say), "{text}");
    }
    let raw = coze.call(models::UploadFile::new()).await.unwrap_err();
    assert!(raw.to_string().contains("upload()"), "{raw}");
    assert!(seen.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_file_is_sent_once_more_where_it_can_be_read_again() {
    let path = on_disk("again.txt", b"abc");
    for source in [
        FileSource::path(path),
        FileSource::bytes("again.txt", "abc"),
    ] {
        let (coze, seen) = retrying(|call| if call == 1 { Err(lost()) } else { Ok(STORED) });
        let file = coze.upload(source).await.unwrap();
        assert_eq!(file.attempts().len(), 2);
        let seen = seen.lock().unwrap();
        assert_eq!(seen[0].body, seen[1].body);
        assert!(seen[1].body == form(&seen[1], "again.txt", "text/plain", b"abc"));
    }
    let (coze, seen) = retrying(|_| Err(lost()));
    let error = coze
        .upload(FileSource::bytes("a", "abc"))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);
    assert!(!error.may_have_run());
    assert_eq!(seen.lock().unwrap().len(), 2);
    // A reader is read once.
    let (coze, seen) = retrying(|_| Err(lost()));
    let reader = FileSource::reader("a", io::Cursor::new("abc"));
    coze.upload(reader).await.unwrap_err();
    assert_eq!(seen.lock().unwrap().len(), 1);
}

/// Gives some bytes and then an end, an error or a long pause.
struct Broken(usize, Option<io::ErrorKind>);

impl AsyncRead for Broken {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match (self.0, self.1) {
            (0, Some(kind)) => return Poll::Ready(Err(kind.into())),
            (0, None) => {}
            (left, _) => {
                let now = left.min(buf.remaining());
                buf.put_slice(&vec![b'x'; now]);
                self.0 -= now;
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_is_no_success() {
    let broken = FileSource::reader("a", Broken(300_000, Some(io::ErrorKind::TimedOut)));
    let short = FileSource::reader("a", Broken(300_000, None)).length(300_001);
    let endless = FileSource::reader("a", tokio::io::repeat(7));
    for (source, say) in [
        (broken, "timed out"),
        (short, "300000 of 300001"),
        (endless, "512 MB"),
    ] {
        let (stack, seen) = reading(|_| Ok(STORED));
        let error = Client::new(stack).upload(source).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert_eq!(error.outcome(), Outcome::Unknown);
        let source = error.cause().unwrap().to_string();
        assert!(source.contains(say), "{source}");
        assert!(seen.lock().unwrap().is_empty());
    }
    // A reader that gives more than it said is read as far as it said.
    let (stack, seen) = reading(|_| Ok(STORED));
    let long = FileSource::reader("a.txt", Broken(500, None)).length(3);
    Client::new(stack).upload(long).await.unwrap();
    let seen = seen.lock().unwrap();
    assert!(seen[0].body == form(&seen[0], "a.txt", "text/plain", b"xxx"));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_takes_nothing_more_ends_the_upload() {
    let frames = Arc::new(AtomicUsize::new(0));
    let taken = Arc::clone(&frames);
    let stack = HttpStack::from_fn(move |request: Request| {
        let taken = Arc::clone(&taken);
        async move {
            let mut body = request.into_body();
            for _ in 0..3 {
                body.frame().await.unwrap()?;
                taken.fetch_add(1, Ordering::Relaxed);
            }
            std::future::pending::<()>().await;
            drop(body);
            json_reply(STORED)
        }
    });
    let begin = Instant::now();
    let file = FileSource::bytes("a", vec![0; 1024 * 1024]);
    let error = Client::new(stack.clone()).upload(file).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(begin.elapsed(), Duration::from_secs(60));
    assert_eq!(frames.load(Ordering::Relaxed), 3);
    let begin = Instant::now();
    let file = FileSource::bytes("a", vec![0; 1024 * 1024]);
    let upload = Client::new(stack).upload(file);
    let limit = Duration::from_secs(7);
    assert!(upload.stall_timeout(limit).await.unwrap_err().is_timeout());
    assert_eq!(begin.elapsed(), limit);
}

#[tokio::test(start_paused = true)]
async fn a_slow_reader_is_no_stalled_connection() {
    let (mut writer, reader) = tokio::io::duplex(64);
    let (stack, seen) = reading(|_| Ok(STORED));
    let feed = async move {
        use tokio::io::AsyncWriteExt;
        for _ in 0..5 {
            tokio::time::sleep_until(Instant::now() + Duration::from_secs(200)).await;
            writer.write_all(b"abc").await.unwrap();
        }
    };
    let upload = Client::new(stack).upload(FileSource::reader("a", reader));
    let (file, ()) = tokio::join!(upload.into_future(), feed);
    file.unwrap();
    assert!(seen.lock().unwrap()[0].body.len() > 15);
}

#[tokio::test]
async fn a_file_is_passed_to_a_workflow_as_json_within_a_text() {
    let (stack, seen) = reading(|call| {
        Ok(if call == 1 {
            STORED
        } else {
            r#"{"data":"ok"}"#
        })
    });
    let coze = Client::new(stack);
    let photo = coze.upload(FileSource::bytes("a", "abc")).await.unwrap();
    coze.workflow("7366")
        .file_parameter("photo", &photo)
        .file_parameter("web", FileInput::url("https://h/a.png"))
        .file_parameters("all", [FileInput::from(&photo), FileInput::id("75")])
        .run()
        .await
        .unwrap();
    let body = serde_json::from_slice::<serde_json::Value>(&seen.lock().unwrap()[1].body).unwrap();
    assert_eq!(
        body["parameters"],
        serde_json::json!({
            "photo": "{\"file_id\":\"7369\"}",
            "web": "https://h/a.png",
            "all": ["{\"file_id\":\"7369\"}", "{\"file_id\":\"75\"}"],
        })
    );
    let nothing = models::UploadedFile::default();
    let run = coze.workflow("7366").file_parameter("photo", &nothing);
    let error = run.run().await.unwrap_err();
    assert!(error.to_string().contains("`photo`"), "{error}");
}

#[tokio::test]
async fn the_emulator_stores_what_was_sent_over_a_socket() {
    let running = Emulator::builder().start().await.unwrap();
    let coze = Client::builder()
        .base_url(running.base_url())
        .token("pat_1")
        .build()
        .unwrap();
    let content: Vec<u8> = (0..900_000_u32).map(|n| n.to_le_bytes()[0]).collect();
    let path = on_disk("bericht.pdf", &content);
    let reader = || FileSource::reader("x", io::Cursor::new(content.clone()).take(u64::MAX));
    for (source, name) in [
        (FileSource::path(path), "bericht.pdf"),
        (FileSource::bytes("x", content.clone()), "报告 \"é\".pdf"),
        (reader().length(content.len() as u64), "a;b=c.pdf"),
        (reader(), "chunked.pdf"),
    ] {
        let stored = coze.upload(source).file_name(name).await.unwrap();
        let id = stored.get_ref().id.clone().unwrap();
        assert!(running.emulator().file(&id).unwrap() == content);
        assert_eq!(stored.get_ref().file_name.as_deref(), Some(name));
        let file = coze.file(&id).await.unwrap();
        assert_eq!(file.get_ref().bytes, Some(900_000));
        assert_eq!(file.get_ref().id, stored.get_ref().id);
        assert!(file.log_id().is_some());
    }
    let unknown = coze.file("7399").await.unwrap_err();
    assert_eq!(unknown.code(), Some(4200));
    running.shutdown().await;
}
