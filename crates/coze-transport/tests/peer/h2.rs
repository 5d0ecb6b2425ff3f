//! The scripted server's HTTP/2.

use std::{
    future::poll_fn,
    sync::{Arc, atomic::Ordering::SeqCst},
    time::Duration,
};

use bytes::Bytes;
use h2::{RecvStream, SendStream, server::SendResponse};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{sleep, timeout},
};

use super::{
    script::{Act, End, Length, ScriptedResponse, ok},
    server::{Recording, reset_on_close},
    tap::{Tap, Valve},
};

/// A stream that is to end with its connection: to drop it would reset it.
type Held = Option<SendResponse<Bytes>>;

/// The client is gone, or has reset the stream.
struct Gone;

impl From<h2::Error> for Gone {
    fn from(_: h2::Error) -> Self {
        Self
    }
}

pub async fn serve<S>(
    io: Tap<S>,
    acts: &[Act],
    seen: &Arc<Recording>,
    valve: &Arc<Valve>,
    handle: &std::net::TcpStream,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Ok(mut connection) = h2::server::handshake(io).await else {
        return End::Fin;
    };
    let (ends, mut ended) = mpsc::unbounded_channel();
    loop {
        tokio::select! {
            request = connection.accept() => {
                let Some(Ok((request, respond))) = request else { return End::Fin };
                let (seen, valve, ends) = (Arc::clone(seen), Arc::clone(valve), ends.clone());
                let act = seen.next(acts);
                tokio::spawn(async move {
                    match exchange(request, respond, act, &seen, &valve).await {
                        Ok((End::Keep, _)) => {}
                        Ok((end, held)) => { let _ = ends.send((end, held)); }
                        Err(Gone) => { seen.closed.fetch_add(1, SeqCst); }
                    }
                });
            }
            Some((end, held)) = ended.recv() => {
                if held.is_none() {
                    // What was said before goes out first.
                    let _ = timeout(Duration::from_millis(40), connection.accept()).await;
                }
                if end == End::Rst {
                    reset_on_close(handle);
                }
                drop(connection);
                return end;
            }
        }
    }
}

async fn exchange(
    request: Request<RecvStream>,
    mut respond: SendResponse<Bytes>,
    act: Act,
    seen: &Recording,
    valve: &Valve,
) -> Result<(End, Held), Gone> {
    if let Some(value) = request.headers().get("authorization") {
        let value = value.to_str().unwrap().to_owned();
        seen.authorizations.lock().unwrap().push(value);
    }
    let mut stream = request.into_body();
    match act {
        Act::EndInRequest(end) => {
            let _ = stream.data().await;
            return Ok((end, Some(respond)));
        }
        Act::Early(response) => {
            send(&mut respond, &response).await?;
            return Ok((response.end, None));
        }
        _ => {}
    }
    let mut body = Vec::new();
    while let Some(data) = stream.data().await {
        let data = data?;
        stream.flow_control().release_capacity(data.len())?;
        body.extend_from_slice(&data);
    }
    seen.bodies.lock().unwrap().push(body);
    match act {
        Act::Respond(response) => {
            send(&mut respond, &response).await?;
            Ok((response.end, None))
        }
        Act::End(end) => Ok((end, Some(respond))),
        Act::EndInHead(end) => {
            valve.close_after(5);
            send(&mut respond, &ok()).await?;
            sleep(Duration::from_millis(20)).await;
            Ok((end, None))
        }
        Act::Drip(pause) => {
            valve.pace(pause);
            send(&mut respond, &ok()).await?;
            Ok((End::Keep, None))
        }
        Act::Interim(status, count, last) => {
            for _ in 0..count {
                let mut head = Response::new(());
                *head.status_mut() = status.try_into().unwrap();
                respond.send_informational(head)?;
                if last.is_none() {
                    sleep(Duration::from_millis(1)).await;
                }
            }
            if let Some(last) = last {
                send(&mut respond, &last).await?;
            }
            Ok((End::Keep, None))
        }
        Act::Silent => {
            let _ = poll_fn(|cx| respond.poll_reset(cx)).await;
            Err(Gone)
        }
        Act::Early(_) | Act::EndInRequest(_) => Ok((End::Fin, None)),
    }
}

async fn send(respond: &mut SendResponse<Bytes>, response: &ScriptedResponse) -> Result<(), Gone> {
    let mut head = Response::new(());
    *head.status_mut() = response.status.try_into().unwrap();
    let length = response
        .content_length()
        .map(|length| ("content-length", length.to_string().into_bytes()));
    for (name, value) in response.headers.iter().cloned().chain(length) {
        head.headers_mut().append(
            HeaderName::from_static(name),
            HeaderValue::from_bytes(&value).unwrap(),
        );
    }
    // With its true length told it is whole, however its connection ends.
    let whole = matches!(response.length, Length::Told);
    let last = !response.stalls && (whole || response.end == End::Keep);
    let bodiless = response.pieces.is_empty() && response.trailer == 0;
    let mut body = respond.send_response(head, last && bodiless)?;
    for (n, (pause, piece)) in response.pieces.iter().enumerate() {
        let final_one = n + 1 == response.pieces.len();
        let endless = response.endless && final_one;
        let ends = last && final_one && response.trailer == 0 && !endless;
        loop {
            wait(&mut body, *pause).await?;
            push(&mut body, piece.clone(), ends).await?;
            if !endless {
                break;
            }
        }
    }
    if response.stalls {
        return wait(&mut body, Duration::from_secs(60)).await;
    }
    if response.trailer > 0 {
        let mut trailers = HeaderMap::new();
        trailers.insert("x-trailer", "t".repeat(response.trailer).parse().unwrap());
        body.send_trailers(trailers)?;
    }
    if !last {
        // The stream stays open until the connection ends.
        tokio::spawn(async move { poll_fn(|cx| body.poll_reset(cx)).await });
    }
    Ok(())
}

async fn push(body: &mut SendStream<Bytes>, mut data: Bytes, last: bool) -> Result<(), Gone> {
    while !data.is_empty() {
        body.reserve_capacity(data.len());
        let room = poll_fn(|cx| body.poll_capacity(cx)).await.ok_or(Gone)??;
        let piece = data.split_to(room.min(data.len()));
        body.send_data(piece, last && data.is_empty())?;
    }
    Ok(())
}

/// A pause that ends with an error when the client resets the stream.
async fn wait(body: &mut SendStream<Bytes>, pause: Duration) -> Result<(), Gone> {
    if pause.is_zero() {
        return Ok(());
    }
    tokio::select! {
        () = sleep(pause) => Ok(()),
        _ = poll_fn(|cx| body.poll_reset(cx)) => Err(Gone),
    }
}
