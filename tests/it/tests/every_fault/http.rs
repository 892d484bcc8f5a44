//! As much of HTTP/1.1 as a wire needs that may break off anywhere: requests read whole, replies written
//! whole. Both know their length beforehand.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A connection with one of our clients.
pub(crate) struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// A reply.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

impl Reply {
    pub(crate) fn of(status: u16, content_type: &str, body: &str) -> Reply {
        Reply { status, content_type: content_type.to_owned(), retry_after: None, body: body.as_bytes().to_vec() }
    }
}

impl Client {
    pub(crate) fn on(stream: TcpStream) -> Client {
        let (reader, writer) = stream.into_split();
        Client { reader: BufReader::new(reader), writer }
    }

    /// The next request; none once the client has gone.
    pub(crate) async fn request(&mut self) -> Option<Request> {
        let first = self.line().await?;
        let mut words = first.split_whitespace();
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let mut headers = Vec::new();
        loop {
            let line = self.line().await?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None => break,
            }
        }
        let mut request = Request { method, path, headers, body: Vec::new() };
        let length = request.header("content-length").parse().unwrap_or(0);
        request.body = vec![0; length];
        self.reader.read_exact(&mut request.body).await.ok()?;
        Some(request)
    }

    async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        let read = self.reader.read_line(&mut line).await.ok()?;
        (read > 0).then(|| line.trim_end().to_owned())
    }

    /// Sends a reply. A client that has gone is not told.
    pub(crate) async fn reply(&mut self, reply: &Reply) {
        let retry = reply.retry_after.as_ref().map_or_else(String::new, |after| format!("retry-after: {after}\r\n"));
        let head = format!(
            "HTTP/1.1 {} Told\r\ncontent-type: {}\r\ncontent-length: {}\r\n{retry}\r\n",
            reply.status,
            reply.content_type,
            reply.body.len()
        );
        let bytes = [head.as_bytes(), &reply.body].concat();
        if self.writer.write_all(&bytes).await.is_ok() {
            let _ = self.writer.flush().await;
        }
    }
}
