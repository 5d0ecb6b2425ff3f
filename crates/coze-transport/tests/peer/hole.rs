//! Where packets vanish.

use std::{
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use socket2::{Domain, Socket, Type};

/// An address whose connections are neither accepted nor refused.
pub struct BlackHole {
    pub address: SocketAddr,
    _held: (Socket, Vec<TcpStream>),
}

impl BlackHole {
    pub fn at(address: &str) -> Self {
        let address: SocketAddr = address.parse().unwrap();
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
        socket.bind(&address.into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let mut held = Vec::new();
        // Nobody accepts, so the queue of the kernel fills up and it stops replying.
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(150)) {
            held.push(stream);
        }
        Self {
            address,
            _held: (socket, held),
        }
    }
}
