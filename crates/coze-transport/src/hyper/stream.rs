//! Bytes to and from a server.

use std::{
    future::{Ready, ready},
    io,
    pin::Pin,
};

use http::Uri;
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tower::{Service, service_fn};

/// Bytes to and from a proxy, or a server that is reached directly.
pub(super) type Hop = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Bytes to and from a server. Through an https proxy, TLS within TLS.
pub(super) enum Stream {
    Plain(TokioIo<TcpStream>),
    Tls(TlsStream),
}

/// In a box, because it has two KiB.
pub(super) type TlsStream = Box<MaybeHttpsStream<Hop>>;

/// What the outermost layer of a stream reads and writes by.
pub(super) trait Bytes: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Bytes for T {}

/// The outermost layer, without the adapters around it: they cost a fiftieth of a small call.
pub(super) fn bytes(stream: &mut Stream) -> Pin<&mut dyn Bytes> {
    Pin::new(match stream {
        Stream::Plain(tcp) => tcp.inner_mut(),
        Stream::Tls(tls) => match &mut **tls {
            MaybeHttpsStream::Https(tls) => tls.inner_mut(),
            MaybeHttpsStream::Http(Hop::Https(tls)) => tls.inner_mut(),
            MaybeHttpsStream::Http(Hop::Http(tcp)) => tcp.inner_mut(),
        },
    })
}

/// The socket under a stream.
pub(super) fn socket(stream: &Stream) -> &TcpStream {
    fn below<T>(stream: &MaybeHttpsStream<T>) -> &T {
        match stream {
            MaybeHttpsStream::Http(plain) => plain,
            MaybeHttpsStream::Https(tls) => tls.inner().get_ref().0.inner(),
        }
    }
    match stream {
        Stream::Plain(tcp) => tcp.inner(),
        Stream::Tls(tls) => below(below(tls)).inner(),
    }
}

/// Host and port of an address, for errors.
pub(super) fn name(uri: &Uri) -> &str {
    uri.authority().map_or("", |authority| authority.as_str())
}

/// Whether several pieces are written at once.
pub(super) fn is_write_vectored(stream: &Stream) -> bool {
    match stream {
        Stream::Plain(tcp) => hyper::rt::Write::is_write_vectored(tcp),
        Stream::Tls(tls) => hyper::rt::Write::is_write_vectored(tls),
    }
}

/// What is connected already, as a connector for those that wrap one.
pub(super) fn connected<S>(
    stream: S,
) -> impl Service<Uri, Response = S, Error = io::Error, Future = Ready<io::Result<S>>> {
    let mut stream = Some(stream);
    service_fn(move |_| {
        let stream = stream.take();
        ready(stream.ok_or_else(|| io::ErrorKind::NotConnected.into()))
    })
}
