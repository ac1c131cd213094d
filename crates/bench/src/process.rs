//! Servers as processes of their own: started, waited for, and gone with their handle.

use std::ffi::OsStr;
use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use tokio::time::sleep;

use crate::Outcome;
use crate::figure::instant;
use crate::load::{Answer, Connection};

const LOOK_EVERY: Duration = Duration::from_millis(2);
const STOPS_WITHIN: Duration = Duration::from_secs(30);

/// A server on loopback; killed when it is dropped.
pub struct Process {
    child: Child,
    pub port: u16,
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only when it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    pub fn spawn(mut command: Command, port: u16) -> Outcome<Self> {
        let program = command.get_program().to_owned();
        let child =
            command.spawn().map_err(|error| format!("{} cannot be started: {error}", program.display()))?;
        Ok(Self { child, port })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks again and again, as soon as the server listens, until the answer is right.
    pub async fn until(
        &mut self,
        patience: Duration,
        request: impl Fn() -> Outcome<Request<Full<Bytes>>>,
        is_right: impl Fn(&Answer) -> bool,
    ) -> Outcome {
        let until = instant() + patience;
        loop {
            let answer = ask(self.port, request()?).await;
            if answer.as_ref().is_ok_and(&is_right) {
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                return Err(format!("the server ended before it answered: {status}").into());
            }
            if instant() >= until {
                let said: String = match answer {
                    Ok(answer) => String::from_utf8_lossy(&answer.body).chars().take(500).collect(),
                    Err(error) => error.to_string(),
                };
                return Err(format!("no right answer within {patience:?}, but: {said}").into());
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// Asks it to stop, as an operator would, and waits until it has.
    pub async fn stop(mut self) -> Outcome {
        let id = self.id().to_string();
        let asked = Command::new("sh").args(["-c", "kill -TERM \"$1\"", "sh", &id]).status()?;
        let until = instant() + STOPS_WITHIN;
        while asked.success() && instant() < until {
            if let Some(status) = self.child.try_wait()? {
                return if status.success() {
                    Ok(())
                } else {
                    Err(format!("a server stopped with {status}").into())
                };
            }
            sleep(Duration::from_millis(10)).await;
        }
        Err(format!("a server did not stop within {STOPS_WITHIN:?} of SIGTERM").into())
    }
}

async fn ask(port: u16, request: Request<Full<Bytes>>) -> Outcome<Answer> {
    let mut connection = Connection::open(port).await?;
    connection.send(request).await
}

/// A command that sees no setting of ours by accident; what it has to say goes to standard error.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DENSACH_") {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    command
}

/// A port that was free a moment ago.
pub fn free_port() -> Outcome<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
