//! As much of HTTP/1.1 as a wire needs that may break off anywhere: requests read whole, replies written
//! whole. Both know their length beforehand.

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// A connection with one of our clients.
pub(super) struct Client {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

/// A request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its method.
    pub method: String,
    /// Its path, with the query.
    pub path: String,
    /// Its headers, in order.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

/// A reply.
#[derive(Debug, Clone)]
pub struct Reply {
    /// Its status.
    pub status: u16,
    /// What its body is.
    pub content_type: String,
    /// When to ask again, if it says so.
    pub retry_after: Option<String>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Request {
    /// A header; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

impl Reply {
    /// A reply of this body.
    pub fn of(status: u16, content_type: &str, body: &str) -> Reply {
        Reply { status, content_type: content_type.to_owned(), retry_after: None, body: body.as_bytes().to_vec() }
    }
}

impl Client {
    pub(super) fn on(stream: TcpStream) -> Client {
        let (reader, writer) = stream.into_split();
        Client { reader: BufReader::new(reader), writer }
    }

    /// The next request; none once the client has gone.
    pub(super) async fn request(&mut self) -> Option<Request> {
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
    pub(super) async fn reply(&mut self, reply: &Reply) {
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
