//! As much of an IRC server as it takes to flood one client: it greets, takes into one channel, and says the same texts at
//! the same pace as the chat's publishers do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::clock;
use crate::process::pause;

/// The channel.
pub(crate) const CHANNEL: &str = "#general";
/// Who writes there, in turn.
const WRITERS: u64 = 10;
/// How often the pace is kept.
const TICK: Duration = Duration::from_millis(2);

/// Waits for a client.
pub(crate) struct Irc {
    listener: TcpListener,
}

/// A client that is in the channel.
pub(crate) struct Joined {
    stream: TcpStream,
}

impl Irc {
    /// Listens on a free port.
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0")? })
    }

    pub(crate) fn port(&self) -> Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// Waits until a client has joined.
    pub(crate) fn accept(self) -> Result<Joined> {
        let (stream, _) = self.listener.accept()?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        let mut lines = BufReader::new(stream.try_clone()?).lines();
        let mut out = stream.try_clone()?;
        let mut nick = String::from("bob");
        loop {
            let Some(line) = lines.next() else { bail!("the client has left before it joined") };
            let line = line?;
            let (command, rest) = line.split_once(' ').unwrap_or((&line, ""));
            match command {
                "NICK" => nick = rest.trim_start_matches(':').to_owned(),
                "CAP" if rest.starts_with("LS") => out.write_all(b":bench CAP * LS :\r\n")?,
                "USER" => out.write_all(
                    format!(":bench 001 {nick} :Welcome\r\n:bench 422 {nick} :No message of the day\r\n").as_bytes(),
                )?,
                "PING" => out.write_all(format!(":bench PONG bench {rest}\r\n").as_bytes())?,
                "JOIN" => {
                    let names: Vec<String> = (0..WRITERS).map(writer).collect();
                    let names = names.join(" ");
                    out.write_all(
                        format!(
                            ":{nick}!u@bench JOIN {CHANNEL}\r\n:bench 353 {nick} = {CHANNEL} :{nick} {names}\r\n\
                             :bench 366 {nick} {CHANNEL} :End\r\n"
                        )
                        .as_bytes(),
                    )?;
                    // From here on nobody listens to what it says; it is little.
                    return Ok(Joined { stream });
                }
                _ => {}
            }
        }
    }
}

impl Joined {
    /// Says so many messages a second, for so long; gives how many it said. Where the client reads slowly it becomes slower.
    ///
    /// It hangs up when this is dropped; what the client has not read by then is lost, since it has said things that nobody read.
    pub(crate) fn flood(&self, per_second: f64, time: Duration, mut text: impl FnMut(u64) -> String) -> Result<u64> {
        let total = (per_second * time.as_secs_f64()) as u64;
        let began = clock::now();
        let mut said = 0;
        while said < total {
            let due = ((clock::now() - began) as f64 / 1e9 * per_second) as u64;
            let mut out = Vec::new();
            while said < due.min(total) {
                let writer = writer(said % WRITERS);
                // Writing to a vector does not fail.
                let _ = write!(out, ":{writer}!u@bench PRIVMSG {CHANNEL} :{}\r\n", text(said));
                said += 1;
            }
            (&self.stream).write_all(&out)?;
            pause(TICK);
        }
        Ok(said)
    }
}

/// As in [`crate::dataset`].
fn writer(number: u64) -> String {
    format!("user{number:05}")
}
