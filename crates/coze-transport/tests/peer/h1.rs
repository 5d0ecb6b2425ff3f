//! The scripted server's HTTP/1.1.

use std::{io, sync::atomic::Ordering::SeqCst, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::sleep,
};

use super::{
    script::{Act, End, ScriptedResponse, ok, respond},
    server::{Recording, reset_on_close},
    tap::{Tap, Valve},
};

pub async fn serve<S>(
    mut io: Tap<S>,
    acts: &[Act],
    seen: &Recording,
    valve: &Valve,
    handle: &std::net::TcpStream,
) -> End
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut end = End::Keep;
    while end == End::Keep {
        end = match exchange(&mut io, acts, seen, valve).await {
            Ok(end) => end,
            // The client is gone.
            Err(_) => End::Fin,
        };
    }
    if end == End::Rst {
        reset_on_close(handle);
    } else {
        let _ = io.shutdown().await;
    }
    end
}

async fn exchange<S>(
    io: &mut Tap<S>,
    acts: &[Act],
    seen: &Recording,
    valve: &Valve,
) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let head = read_head(io).await?;
    let field = |name: &str| {
        head.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    };
    if let Some(value) = field("authorization") {
        seen.authorizations.lock().unwrap().push(value.to_owned());
    }
    let length = field("content-length").map_or(0, |value| value.parse().unwrap());
    let act = seen.next(acts);
    match act {
        Act::EndInRequest(end) => {
            io.read_exact(&mut vec![0; length / 2]).await?;
            return Ok(end);
        }
        Act::Early(response) => {
            send(io, seen, &response).await?;
            // Time for the response to arrive before the connection's end does.
            sleep(Duration::from_millis(50)).await;
            return Ok(response.end);
        }
        _ => {}
    }
    let mut body = vec![0; length];
    io.read_exact(&mut body).await?;
    seen.bodies.lock().unwrap().push(body);
    match act {
        Act::Respond(response) => {
            send(io, seen, &response).await?;
            Ok(response.end)
        }
        Act::End(end) => Ok(end),
        Act::EndInHead(end) => {
            valve.close_after(17);
            send(io, seen, &ok()).await?;
            // Over TLS the reset would overtake what is on its way.
            sleep(Duration::from_millis(20)).await;
            Ok(end)
        }
        Act::Drip(pause) => {
            valve.pace(pause);
            send(io, seen, &ok()).await?;
            Ok(End::Fin)
        }
        Act::Interim(status, count, last) => {
            for _ in 0..count {
                let head = format!("HTTP/1.1 {status} Interim\r\n\r\n");
                io.write_all(head.as_bytes()).await?;
                if last.is_none() {
                    io.flush().await?;
                    sleep(Duration::from_millis(1)).await;
                }
            }
            let last = last.unwrap_or_else(|| respond(500, ""));
            send(io, seen, &last).await?;
            Ok(last.end)
        }
        // Until the client closes.
        Act::Silent => {
            let _ = io.read(&mut [0]).await;
            seen.closed.fetch_add(1, SeqCst);
            Ok(End::Fin)
        }
        Act::Early(_) | Act::EndInRequest(_) => Ok(End::Fin),
    }
}

async fn read_head<S: AsyncRead + Unpin>(io: &mut S) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(io.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

async fn send<S>(io: &mut Tap<S>, seen: &Recording, response: &ScriptedResponse) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let result = try_send(io, response).await;
    if result.is_err() {
        seen.closed.fetch_add(1, SeqCst);
    }
    result
}

async fn try_send<S>(io: &mut Tap<S>, response: &ScriptedResponse) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut head = format!("HTTP/1.1 {:03} Status\r\n", response.status).into_bytes();
    for (name, value) in &response.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    let raw = response
        .headers
        .iter()
        .any(|(name, _)| *name == "content-length");
    let chunked = match response.content_length() {
        None if raw => false,
        Some(length) => {
            head.extend(format!("content-length: {length}\r\n").into_bytes());
            false
        }
        None => {
            head.extend_from_slice(b"transfer-encoding: chunked\r\n");
            true
        }
    };
    head.extend_from_slice(b"\r\n");
    io.write_all(&head).await?;
    io.flush().await?;
    for (n, (pause, piece)) in response.pieces.iter().enumerate() {
        let endless = response.endless && n + 1 == response.pieces.len();
        loop {
            wait(io, *pause).await?;
            if chunked {
                io.write_all(format!("{:x}\r\n", piece.len()).as_bytes())
                    .await?;
            }
            io.write_all(piece).await?;
            if chunked {
                io.write_all(b"\r\n").await?;
            }
            io.flush().await?;
            if !endless {
                break;
            }
        }
    }
    if response.stalls {
        return wait(io, Duration::from_secs(60)).await;
    }
    if chunked && response.end == End::Keep {
        io.write_all(b"0\r\n").await?;
        if response.trailer > 0 {
            let trailer = format!("x-trailer: {}\r\n", "t".repeat(response.trailer));
            io.write_all(trailer.as_bytes()).await?;
        }
        io.write_all(b"\r\n").await?;
    }
    io.flush().await?;
    if response.end == End::Rst {
        // What was sent must arrive before the reset.
        sleep(Duration::from_millis(50)).await;
    }
    Ok(())
}

/// A pause that ends with an error when the client closes.
async fn wait<S>(io: &mut Tap<S>, pause: Duration) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if pause.is_zero() {
        return Ok(());
    }
    tokio::select! {
        () = sleep(pause) => Ok(()),
        _ = io.read_u8() => Err(io::ErrorKind::ConnectionReset.into()),
    }
}
