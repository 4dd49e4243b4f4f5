//! `chat-tui send`: one message from an argument or a pipe. The exit code says whether it was committed.

use std::io::{self, Read as _, Write as _};
use std::time::Duration;

use chat_shared::Event;
use tokio::time::{Instant, timeout_at};

use super::context::Context;
use super::plain_text::plain_text;
use crate::cli::Send;
use crate::failure::{Failure, FailureKind};
use crate::net::answer::Answer;
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
    let post = Post { api, room, person, key: &key, body: &body, reply_to: args.reply_to };
    let sent = insist(args.timeout, || post.no_answer(), async || post.attempt().await).await;
    let event = sent.map_err(|failure| Problem::request(WHAT, failure))?;
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
    async fn attempt(&self) -> Answer<Event> {
        let direct = match self.person {
            Some(person) => Some(self.api.open_dm(person).await?.id.to_string()),
            None => None,
        };
        self.api.post(direct.as_deref().unwrap_or(self.room), self.key, self.body, self.reply_to).await
    }

    fn no_answer(&self) -> Failure {
        Failure { kind: FailureKind::NoAnswer, message: words::no_answer(self.api.server()) }
    }
}

/// Tries until it is committed, refused for good, or `patience` is over.
async fn insist<T>(
    patience: Duration,
    no_answer: impl Fn() -> Failure,
    mut attempt: impl AsyncFnMut() -> Answer<T>,
) -> Result<T, Failure> {
    let deadline = Instant::now() + patience;
    let mut backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(5));
    // Set once an attempt went unanswered: from then on "refused, for now" does not say that nothing was posted.
    let mut unanswered: Option<Failure> = None;
    loop {
        let refusal = match timeout_at(deadline, attempt()).await {
            Ok(Ok(done)) => return Ok(done),
            Ok(Err(refusal)) => refusal,
            // Cut off by our own clock: what an earlier attempt has heard says more.
            Err(_) => return Err(unanswered.unwrap_or_else(no_answer)),
        };
        if !refusal.failure.is_transient() {
            return Err(refusal.failure);
        }
        if refusal.failure.kind == FailureKind::NoAnswer {
            unanswered = Some(refusal.failure.clone());
        }
        let wait = backoff.next(getrandom::u64().unwrap_or(u64::MAX), refusal.retry_after);
        if Instant::now() + wait >= deadline {
            return Err(unanswered.unwrap_or(refusal.failure));
        }
        tokio::time::sleep(wait).await;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use chat_shared::ErrorCode;

    use super::*;
    use crate::net::answer::Refusal;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn failure(kind: FailureKind, message: &str) -> Failure {
        Failure { kind, message: message.into() }
    }

    fn refused(code: ErrorCode) -> Failure {
        failure(FailureKind::Refused(code), "The server says no.")
    }

    /// What becomes of these answers, the last of which comes again and again (`None`: it never comes); and when.
    async fn ends(answers: impl IntoIterator<Item = Option<Answer<u8>>>) -> (Result<u8, Failure>, Duration) {
        let (mut answers, began): (VecDeque<_>, _) = (answers.into_iter().collect(), Instant::now());
        let attempt = async || {
            let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().cloned() };
            match answer.flatten() {
                Some(answer) => answer,
                None => std::future::pending().await,
            }
        };
        (insist(PATIENCE, || failure(FailureKind::NoAnswer, "silence"), attempt).await, began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_says_what_is_known() {
        let unreachable = failure(FailureKind::NoAnswer, "Nothing listens there.");
        let not_heard = || Some(Err(unreachable.clone().into()));
        let busy = || Some(Err(refused(ErrorCode::Unavailable).into()));
        // In the middle of the first attempt, of a later one, and between two.
        assert_eq!(ends([None]).await, (Err(failure(FailureKind::NoAnswer, "silence")), PATIENCE));
        assert_eq!(ends([not_heard(), None]).await, (Err(unreachable.clone()), PATIENCE));
        let (ended, after) = ends([not_heard()]).await;
        assert!(ended == Err(unreachable.clone()) && after <= PATIENCE);
        // It says that nothing was done; but not of the attempt before.
        assert_eq!(ends([busy()]).await.0, Err(refused(ErrorCode::Unavailable)));
        assert_eq!(ends([not_heard(), busy()]).await.0, Err(unreachable.clone()));
        assert_eq!(ends([busy(), None]).await.0.unwrap_err().kind, FailureKind::NoAnswer);
    }

    #[tokio::test(start_paused = true)]
    async fn what_can_change_is_tried_again_and_nothing_else() {
        let busy = |retry_after| Some(Err(Refusal { failure: refused(ErrorCode::RateLimited), retry_after }));
        let lost = Some(Err(failure(FailureKind::NoAnswer, "The connection broke.").into()));
        let five = Duration::from_secs(5);
        let (ended, after) = ends([lost.clone(), busy(Some(five)), Some(Ok(7))]).await;
        assert!(ended == Ok(7) && after >= five);
        // Who is to come back too late gives up now.
        assert_eq!(ends([busy(Some(PATIENCE))]).await, (Err(refused(ErrorCode::RateLimited)), Duration::ZERO));
        let never = refused(ErrorCode::TooLarge);
        assert_eq!(ends([lost, Some(Err(never.clone().into()))]).await.0, Err(never));
    }
}
