//! The client: connections that are kept, one task each, on a thread and a runtime of its own, in another process than
//! the server.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::figure::instant;
use crate::{Failure, Outcome};

/// How many clients ask at the same time.
const CLIENTS: usize = 8;

/// A kept connection to a server on this machine.
pub struct Connection {
    sender: SendRequest<Full<Bytes>>,
}

/// What a server answered.
pub struct Answer {
    pub status: StatusCode,
    pub body: Bytes,
}

impl Answer {
    /// Whether it is the data of a document, without an error.
    pub fn is_data(&self) -> bool {
        self.status == StatusCode::OK && self.body.starts_with(br#"{"data":{"#)
    }

    /// The answer as JSON, or what it is instead.
    pub fn data(&self) -> Outcome<serde_json::Value> {
        if self.is_data() { Ok(serde_json::from_slice(&self.body)?) } else { Err(self.refusal()) }
    }

    fn refusal(&self) -> Failure {
        let text = String::from_utf8_lossy(&self.body);
        format!("no data but {}: {}", self.status, text.chars().take(500).collect::<String>()).into()
    }
}

impl Connection {
    pub async fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender, which is also told what goes wrong.
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    pub async fn send(&mut self, request: Request<Full<Bytes>>) -> Outcome<Answer> {
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        Ok(Answer { status, body })
    }
}

/// A plain read.
pub fn get(path: &str) -> Outcome<Request<Full<Bytes>>> {
    Ok(Request::builder().uri(path).header(header::HOST, "localhost").body(Full::default())?)
}

/// What to ask of which server, again and again.
pub struct Target {
    pub port: u16,
    pub path: &'static str,
    /// With `Bearer `.
    pub authorization: String,
    /// Sent in turn.
    pub bodies: Vec<Bytes>,
}

impl Target {
    pub fn request(&self, index: usize) -> Outcome<Request<Full<Bytes>>> {
        let body = self.bodies.get(index % self.bodies.len().max(1)).cloned().unwrap_or_default();
        let request = Request::builder()
            .method(Method::POST)
            .uri(self.path)
            .header(header::HOST, "localhost")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, &self.authorization)
            .body(Full::new(body))?;
        Ok(request)
    }
}

/// How many requests a second a server answers when all clients ask as fast as they are answered. Answers within the
/// first `warm` are not counted.
pub async fn requests_per_second(target: Arc<Target>, warm: Duration, measured: Duration) -> Outcome<f64> {
    let load = move || -> Outcome<f64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(drive(target, warm, measured))
    };
    tokio::task::spawn_blocking(load).await?
}

async fn drive(target: Arc<Target>, warm: Duration, measured: Duration) -> Outcome<f64> {
    let from = instant() + warm;
    let span = (from, from + measured);
    let mut clients = JoinSet::new();
    for index in 0..CLIENTS {
        let connection = Connection::open(target.port).await?;
        clients.spawn(client(connection, target.clone(), index * 25, span));
    }
    let mut count = 0_u32;
    while let Some(client) = clients.join_next().await {
        count += client??;
    }
    Ok(f64::from(count) / measured.as_secs_f64())
}

async fn client(
    mut connection: Connection,
    target: Arc<Target>,
    first: usize,
    (from, to): (Instant, Instant),
) -> Outcome<u32> {
    let mut count = 0_u32;
    for index in first.. {
        let answer = connection.send(target.request(index)?).await?;
        if !answer.is_data() {
            return Err(answer.refusal());
        }
        let now = instant();
        if now >= to {
            break;
        }
        count += u32::from(now >= from);
    }
    Ok(count)
}
