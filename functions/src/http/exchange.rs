//! Requests that a library made: each is sent once, as any other is, without following a redirect, and its answer is
//! read within bounds and handed back as it is.

use super::{Http, causes};
use reqwest::Request;
use reqwest::header::HeaderMap;

/// An answer, read whole.
pub(crate) struct Exchanged {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Http {
    /// Sends a request; an error says why there is no answer, without the address, whose query may hold a secret.
    pub(crate) async fn exchange(&self, mut request: Request, most_bytes: usize) -> Result<Exchanged, String> {
        if let Some(why) = self.distrust(request.url()) {
            return Err(why);
        }
        *request.timeout_mut() = Some(self.time_left());
        let told = |error: reqwest::Error| causes(&error.without_url());
        let mut answer = self.client.execute(request).await.map_err(told)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(told)? {
            if body.len() + chunk.len() > most_bytes {
                return Err(format!("the answer is larger than {most_bytes} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Exchanged { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}
