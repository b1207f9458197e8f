//! Connections that can be made to break at a chosen byte.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// How a connection ends at the chosen byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// As a process that exits in order: the client reads an end of file.
    Close,
    /// As a host that lost the connection: the client's read fails (RST).
    Reset,
}

/// Where in the answer the connection ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CutAt {
    /// After so many bytes, the status line and the headers counted.
    Byte(u64),
    /// After the headers and so many bytes of the body.
    BodyByte(u64),
}

#[derive(Debug)]
struct Cut {
    ending: Ending,
    left: u64,
    /// How much of the blank line that ends the headers has passed by; `None` while every byte counts.
    head: Option<usize>,
    has_ended: bool,
}

const END_OF_HEAD: &[u8] = b"\r\n\r\n";

impl Cut {
    /// How many of these bytes may still go out, and where that leaves the cut.
    fn allows(&self, bytes: &[u8]) -> (usize, u64, Option<usize>) {
        let mut matched = self.head;
        let mut left = self.left;
        for (position, byte) in bytes.iter().enumerate() {
            match matched {
                Some(count) if count < END_OF_HEAD.len() => {
                    let begins_again = usize::from(*byte == END_OF_HEAD[0]);
                    matched = Some(if *byte == END_OF_HEAD[count] { count + 1 } else { begins_again });
                }
                _ if left == 0 => return (position, left, matched),
                _ => left -= 1,
            }
        }
        (bytes.len(), left, matched)
    }
}

/// The handle by which an answer's maker reaches its connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    order: Arc<Mutex<Option<Cut>>>,
    /// Who is at the other end.
    peer: Option<IpAddr>,
}

impl Wire {
    /// Ends the connection while the next answer is written; an answer that is shorter arrives whole.
    pub(crate) fn cut(&self, at: CutAt, ending: Ending) {
        let (left, head) = match at {
            CutAt::Byte(left) => (left, None),
            CutAt::BodyByte(left) => (left, Some(0)),
        };
        *self.lock() = Some(Cut { ending, left, head, has_ended: false });
    }

    /// A connection that is used again starts without an order.
    pub(crate) fn mend(&self) {
        *self.lock() = None;
    }

    /// The address at the other end.
    pub(crate) fn peer(&self) -> String {
        self.peer.map(|address| address.to_string()).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Cut>> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection with its handle.
#[derive(Debug)]
pub(crate) struct WiredStream {
    stream: TcpStream,
    wire: Wire,
}

impl AsyncRead for WiredStream {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for WiredStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = self.wire.clone();
        let mut order = wire.lock();
        let Some(cut) = order.as_mut() else {
            return Pin::new(&mut self.stream).poll_write(context, bytes);
        };
        let (allowed, _, _) = cut.allows(bytes);
        if allowed == 0 && !bytes.is_empty() {
            cut.has_ended = true;
            if cut.ending == Ending::Reset {
                // Where it can't be set, the connection is closed in order: less hostile, and the client still fails.
                let _ = self.stream.set_zero_linger();
            }
            // The server gives the connection up at this, and closing it does the rest.
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(context, &bytes[..allowed]);
        if let Poll::Ready(Ok(count)) = written {
            // The kernel may take less than it was given.
            (_, cut.left, cut.head) = cut.allows(&bytes[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // A goodbye in order would come before the reset.
        let has_ended = self.wire.lock().as_ref().is_some_and(|cut| cut.has_ended);
        if has_ended { Poll::Ready(Ok(())) } else { Pin::new(&mut self.stream).poll_shutdown(context) }
    }
}

/// Accepts connections with their handles.
#[derive(Debug)]
pub(crate) struct WiredListener(pub(crate) TcpListener);

impl Listener for WiredListener {
    type Io = WiredStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (WiredStream, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.0).await;
        // Half an answer must go out before its connection ends. Failing that, it still goes out with the next bytes.
        let _ = stream.set_nodelay(true);
        (WiredStream { stream, wire: Wire { peer: Some(address.ip()), ..Wire::default() } }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.0.local_addr()
    }
}

impl Connected<IncomingStream<'_, WiredListener>> for Wire {
    fn connect_info(stream: IncomingStream<'_, WiredListener>) -> Wire {
        stream.io().wire.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(at: CutAt) -> Cut {
        let wire = Wire::default();
        wire.cut(at, Ending::Close);
        wire.order.lock().unwrap().take().unwrap()
    }

    /// Writes the pieces one after another; returns how many bytes went out.
    fn sent(mut cut: Cut, pieces: &[&str]) -> usize {
        let mut total = 0;
        for piece in pieces {
            let (allowed, left, head) = cut.allows(piece.as_bytes());
            (cut.left, cut.head) = (left, head);
            total += allowed;
            if allowed < piece.len() {
                break;
            }
        }
        total
    }

    #[test]
    fn the_body_begins_after_the_blank_line_however_the_answer_is_cut_into_writes() {
        let answer = "HTTP/1.1 200 OK\r\na: b\r\n\r\nbody";
        let head = answer.len() - 4;
        for split in 0..answer.len() {
            let pieces = [&answer[..split], &answer[split..]];
            assert_eq!(sent(cut(CutAt::BodyByte(0)), &pieces), head, "{split}");
            assert_eq!(sent(cut(CutAt::BodyByte(3)), &pieces), head + 3, "{split}");
            assert_eq!(sent(cut(CutAt::BodyByte(9)), &pieces), answer.len(), "{split}");
            assert_eq!(sent(cut(CutAt::Byte(7)), &pieces), 7, "{split}");
        }
    }

    #[test]
    fn a_broken_start_of_a_blank_line_is_looked_at_again() {
        assert_eq!(sent(cut(CutAt::BodyByte(1)), &["a\r\n\r\r\n\r\nbody"]), 9);
    }
}
