//! The largest uploads, in constant memory. A process of its own, because its peak is looked at.

mod support;

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use coze_emulator::{Emulator, EmulatorService};
use http::Request;
use http_body::Frame;
use http_body_util::BodyExt;
use support::get;
use tower_service::Service;

/// An upload of so many bytes that are made as they are read.
struct Long {
    head: Option<Bytes>,
    left: usize,
    piece: Bytes,
    tail: Option<Bytes>,
}

impl http_body::Body for Long {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let next = if let Some(head) = self.head.take() {
            Some(head)
        } else if self.left > 0 {
            let count = self.left.min(self.piece.len());
            self.left -= count;
            Some(self.piece.slice(..count))
        } else {
            self.tail.take()
        };
        Poll::Ready(next.map(|bytes| Ok(Frame::data(bytes))))
    }
}

async fn upload_long(service: &EmulatorService, size: usize) -> serde_json::Value {
    let body = Long {
        head: Some(Bytes::from(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"../a.bin\"\r\n\r\n",
        )),
        left: size,
        piece: Bytes::from(vec![b'x'; 64 * 1024]),
        tail: Some(Bytes::from("\r\n--b--\r\n")),
    };
    let request = Request::post("http://coze.test/v1/files/upload")
        .header("authorization", "Bearer t")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body)
        .unwrap();
    let response = service.clone().call(request).await.unwrap();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// The most memory that this process ever held, in bytes, where the system tells it.
fn peak() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

const LARGEST: usize = 512 * 1024 * 1024;

#[tokio::test]
async fn the_largest_file_takes_no_memory_when_it_is_discarded_or_goes_to_a_folder() {
    let folder = std::env::temp_dir().join(format!("coze-emulator-{}", std::process::id()));
    let discarding = Emulator::builder().discard_files().build().unwrap();
    let storing = Emulator::builder().files_dir(&folder).build().unwrap();
    for emulator in [&discarding, &storing] {
        // The form around the file counts too.
        let size = LARGEST - 1024;
        let response = upload_long(&emulator.service(), size).await;
        assert_eq!(response["data"]["bytes"], size, "{response}");
    }
    if let Some(peak) = peak() {
        assert!(peak < 128 * 1024 * 1024, "{peak} bytes");
    }
    let stored = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap());
    let stored: Vec<_> = stored
        .map(|entry| entry.metadata().unwrap().len())
        .collect();
    assert_eq!(stored, [LARGEST as u64 - 1024]);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_file_in_a_folder_is_read_from_there_and_a_discarded_one_is_gone() {
    let folder = std::env::temp_dir().join(format!("coze-emulator-{}-few", std::process::id()));
    let storing = Emulator::builder().files_dir(&folder).build().unwrap();
    let discarding = Emulator::builder().discard_files().build().unwrap();
    for (emulator, kept) in [(&storing, Some(vec![b'x'; 10])), (&discarding, None)] {
        let service = emulator.service();
        let response = upload_long(&service, 10).await;
        let id = response["data"]["id"].as_str().unwrap();
        assert_eq!(emulator.file(id).map(Vec::from), kept);
        let known = get(&service, &format!("/v1/files/retrieve?file_id={id}"))
            .await
            .json();
        assert_eq!(known["data"], response["data"]);
    }
    // The name in the form leads nowhere: there is the one file, under its id.
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn a_file_above_the_limit_is_refused() {
    let service = Emulator::builder()
        .discard_files()
        .build()
        .unwrap()
        .service();
    assert_eq!(upload_long(&service, LARGEST).await["code"], 4302);
}
