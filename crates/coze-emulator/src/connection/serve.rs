//! Answers the calls of one connection, HTTP/1 or HTTP/2, whichever the client speaks.

use std::{
    pin::pin,
    sync::atomic::{AtomicU32, Ordering},
};

use axum::Router;
use http::{Request, Version};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
};
use tokio::{net::TcpStream, sync::watch};
use tower_service::Service;

use super::{
    control::{Call, Control, Refused},
    io::Connection,
};

/// Serves until the client goes, a call ends the connection, or the server stops and all responses are out.
pub(crate) async fn serve(socket: TcpStream, router: Router, mut stopping: watch::Receiver<bool>) {
    // Small events must not wait for more; a socket that cannot do this still works.
    let _ = socket.set_nodelay(true);
    let control = Control::default();
    let io = TokioIo::new(Connection::new(socket, control.clone()));
    let calls = AtomicU32::new(0);
    let service = service_fn(|mut request: Request<Incoming>| {
        let is_http2 = request.version() == Version::HTTP_2;
        request.extensions_mut().insert(Call {
            control: control.clone(),
            number: calls.fetch_add(1, Ordering::Relaxed) + 1,
            is_http2,
        });
        let response = router.clone().call(request);
        async move {
            let Ok(response) = response.await;
            match response.extensions().get::<Refused>() {
                // The server resets a stream with the reason of such an error.
                Some(Refused) => Err(h2::Error::from(h2::Reason::REFUSED_STREAM)),
                None => Ok(response),
            }
        }
    });
    let builder = Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(io, service));
    tokio::select! {
        // What goes wrong on a connection concerns its client alone.
        _ = connection.as_mut() => return,
        () = control.left() => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
