//! `chat-tui send`: one message from an argument or a pipe. The exit code says whether it was committed.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use chat_shared::Event;
use tokio::time::{Instant, timeout_at};

use super::context::Context;
use super::plain_text::plain_text;
use crate::cli::Send;
use crate::failure::{Failure, FailureKind};
use crate::net::answer::{Answer, Refusal};
use crate::net::api::Api;
use crate::net::backoff::Backoff;
use crate::net::words;
use crate::report::Problem;

/// More than any server's limit that makes sense; the server's own limit decides below.
const INPUT_BYTES: u64 = 1024 * 1024;
const WHAT: &str = "send the message";

/// Sends one message.
///
/// # Errors
/// Why it was not committed, or that nobody knows.
pub async fn run(context: &Context, args: Send) -> Result<(), Problem> {
    let api = context.authorised().await?;
    let text = match args.text {
        Some(text) if text != "-" => text,
        _ => read_input().map_err(|error| Problem::Local { what: "read standard input", error })?,
    };
    if u64::try_from(text.len()).is_ok_and(|bytes| bytes > INPUT_BYTES) {
        return Err(Problem::Usage("This is more than a message can hold (1 MiB is read at most).".into()));
    }
    let body = plain_text(&text);
    if body.trim().is_empty() {
        return Err(Problem::Usage("There is nothing to send: the text is empty.".into()));
    }
    let key = args.key.unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let room = args.room.strip_prefix('#').unwrap_or(&args.room);
    let person = room.strip_prefix('@');
    let event =
        Post { api, room, person, key: &key, body: &body, reply_to: args.reply_to }.commit(args.timeout).await?;
    if args.verbose {
        // The message is committed: a closed pipe does not make that untrue.
        let _ = writeln!(io::stdout(), "{room}/{}", event.seq);
    }
    Ok(())
}

fn read_input() -> io::Result<String> {
    let mut bytes = Vec::new();
    io::stdin().lock().take(INPUT_BYTES + 1).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// One message, with the one key that all attempts share.
struct Post<'a> {
    api: Api,
    room: &'a str,
    /// Whose direct conversation with us is meant, rather than a room.
    person: Option<&'a str>,
    key: &'a str,
    body: &'a str,
    reply_to: Option<u64>,
}

impl Post<'_> {
    /// Tries until it is committed, refused for good, or `patience` is over.
    async fn commit(&self, patience: Duration) -> Result<Event, Problem> {
        let deadline = Instant::now() + patience;
        let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));
        // Set once an attempt went unanswered: from then on "refused, for now" does not say that nothing was posted.
        let mut unanswered: Option<Failure> = None;
        loop {
            let refusal = match timeout_at(deadline, self.attempt()).await {
                Ok(Ok(event)) => return Ok(event),
                Ok(Err(refusal)) => refusal,
                // Cut off by our own clock: what an earlier attempt has heard says more.
                Err(_) => unanswered.take().map_or_else(|| self.no_answer(), Refusal::from),
            };
            if !refusal.failure.is_transient() {
                return Err(Problem::request(WHAT, refusal));
            }
            if refusal.failure.kind == FailureKind::NoAnswer {
                unanswered = Some(refusal.failure.clone());
            }
            let wait = backoff.next(getrandom::u64().unwrap_or(u64::MAX), refusal.retry_after);
            if Instant::now() + wait >= deadline {
                return Err(Problem::request(WHAT, unanswered.unwrap_or(refusal.failure)));
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn attempt(&self) -> Answer<Event> {
        let direct = match self.person {
            Some(person) => Some(self.api.open_dm(person).await?.id.to_string()),
            None => None,
        };
        self.api.post(direct.as_deref().unwrap_or(self.room), self.key, self.body, self.reply_to).await
    }

    fn no_answer(&self) -> Refusal {
        Failure { kind: FailureKind::NoAnswer, message: words::no_answer(self.api.server()) }.into()
    }
}
