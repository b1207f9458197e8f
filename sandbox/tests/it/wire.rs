//! A client that shows what comes over the wire, byte by byte.

use std::io::ErrorKind;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::world::World;

/// How the connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Closed,
    Reset,
}

/// What came, and how it ended.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

impl Heard {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// Headers with the blank line, and what came of the body.
    pub(crate) fn halves(&self) -> (String, String) {
        let text = self.text();
        let end = text.find("\r\n\r\n").unwrap_or_else(|| panic!("no whole head: {text}")) + 4;
        (text[..end].to_owned(), text[end..].to_owned())
    }

    pub(crate) fn content_length(&self) -> usize {
        let (head, _) = self.halves();
        let line = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        line.parse().unwrap()
    }
}

pub(crate) async fn connect(world: &World) -> TcpStream {
    TcpStream::connect(world.sandbox.base_url().strip_prefix("http://").unwrap()).await.unwrap()
}

/// A refresh request as bytes.
pub(crate) fn refresh_request(world: &World, token: &str) -> String {
    let fields = [world.credentials(), vec![("grant_type", "refresh_token"), ("refresh_token", token)]].concat();
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!(
        "POST /identity/v1/oauth/token HTTP/1.1\r\nhost: 127.0.0.1\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) async fn hear(mut stream: TcpStream) -> Heard {
    let mut bytes = Vec::new();
    let end = match stream.read_to_end(&mut bytes).await {
        Ok(_) => End::Closed,
        Err(failure) if failure.kind() == ErrorKind::ConnectionReset => End::Reset,
        Err(failure) => panic!("{failure}"),
    };
    Heard { bytes, end }
}

/// Sends a refresh on a connection of its own, and listens until the sandbox ends it.
pub(crate) async fn refresh(world: &World, token: &str) -> Heard {
    let mut stream = connect(world).await;
    stream.write_all(refresh_request(world, token).as_bytes()).await.unwrap();
    hear(stream).await
}
