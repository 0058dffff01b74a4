//! Reads stdin.

use std::io::{self, Read};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::sync::mpsc;

const CHUNK_BYTES: usize = 64 * 1024;
// The number of chunks that the reader thread may read ahead: enough to overlap reading and parsing, with little
// memory.
const MAX_CHUNKS: usize = 4;

/// Stdin, which is read without blocking the runtime.
pub enum Input {
    /// A pipe, terminal or socket.
    #[cfg(unix)]
    Nonblocking { stream: super::nonblocking::Nonblocking, buffer: Box<[u8]> },
    /// A regular file, or a device that does not support polling; on systems other than Unix, everything.
    Thread { chunks: mpsc::Receiver<io::Result<Vec<u8>>>, chunk: io::Cursor<Vec<u8>> },
}

impl Input {
    pub fn stdin() -> io::Result<Self> {
        #[cfg(unix)]
        {
            let interest = tokio::io::Interest::READABLE;
            if let Some(stream) = super::nonblocking::Nonblocking::new(rustix::stdio::stdin(), interest)? {
                return Ok(Self::Nonblocking { stream, buffer: vec![0; CHUNK_BYTES].into() });
            }
        }
        Self::thread(io::stdin())
    }

    fn thread(mut stream: impl Read + Send + 'static) -> io::Result<Self> {
        let (sender, chunks) = mpsc::channel(MAX_CHUNKS);
        // The thread ends with its input, or with the process: a blocking read cannot be cancelled.
        std::thread::Builder::new().name("stdin".into()).spawn(move || {
            loop {
                let mut chunk = vec![0; CHUNK_BYTES];
                let read = stream.read(&mut chunk).map(|count| {
                    chunk.truncate(count);
                    chunk
                });
                let ended = !matches!(&read, Ok(chunk) if !chunk.is_empty());
                if sender.blocking_send(read).is_err() || ended {
                    return;
                }
            }
        })?;
        Ok(Self::Thread { chunks, chunk: io::Cursor::default() })
    }
}

impl AsyncRead for Input {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            #[cfg(unix)]
            Self::Nonblocking { stream, buffer } => loop {
                let mut guard = ready!(stream.watched().poll_read_ready(cx))?;
                let room = buffer.len().min(into.remaining());
                match guard.try_io(|_| stream.read(&mut buffer[..room])) {
                    Ok(Ok(count)) => {
                        // A short read has emptied the stream, so the next read waits without trying first. At the end
                        // of the input it must try, because there is no further wake-up.
                        if 0 < count && count < room && stream.short_read_empties() {
                            guard.clear_ready();
                        }
                        into.put_slice(&buffer[..count]);
                        return Poll::Ready(Ok(()));
                    }
                    Ok(Err(error)) if error.kind() == io::ErrorKind::Interrupted => {}
                    Ok(Err(error)) => return Poll::Ready(Err(error)),
                    Err(_would_block) => {}
                }
            },
            Self::Thread { chunks, chunk } => {
                if chunk.position() == chunk.get_ref().len() as u64 {
                    *chunk = match ready!(chunks.poll_recv(cx)) {
                        Some(next) => io::Cursor::new(next?),
                        None => return Poll::Ready(Ok(())),
                    };
                }
                let room = into.remaining();
                let count = chunk.read(into.initialize_unfilled_to(room))?;
                into.advance(count);
                Poll::Ready(Ok(()))
            }
        }
    }
}
