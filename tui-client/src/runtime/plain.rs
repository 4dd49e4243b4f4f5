//! The loop of linear mode: lines in, lines out, and the same interface in between. Nothing is redrawn.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};
use std::ops::ControlFlow;
use std::time::Duration;

use chat_shared::{ErrorCode, Timestamp};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;
use uuid::Uuid;

use super::finished::Finished;
use super::perform::{Performer, Progress};
use super::timers::Timers;
use super::{LAST_WORDS, at, journal};
use crate::account::{Account, Accounts};
use crate::app::effect::PageFrom;
use crate::app::kept::Kept;
use crate::app::linear::Narrator;
use crate::app::linear::gather::END;
use crate::app::linear::words::ERROR;
use crate::app::{self, Done, Effect, Event, LinkEvent, Moment, State};
use crate::cache::Places;
use crate::config::{ConfigFile, Profiles};
use crate::failure::{Failure, FailureKind};
use crate::hangup::stopped;
use crate::net::api::Api;
use crate::report::Problem;

/// Lines that may wait; what is beyond waits in the pipe.
const LINES: usize = 64;
/// A longer line is taken as several. More than any server takes as one message.
const LINE_BYTES: u64 = 1024 * 1024;
/// How long what was written before the end of the input may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What linear mode needs of the world.
pub struct Setup {
    /// The state to begin with.
    pub state: State,
    /// Calls to the server, as nobody.
    pub api: Api,
    /// Where logins are kept.
    pub accounts: Accounts,
    /// Where the settings are, and the servers that they had at the start.
    pub config: (ConfigFile, Profiles),
    /// Who is logged in.
    pub account: Account,
    /// Where it is kept what the server has not heard of reading; `None`: nowhere.
    pub places: Option<Places>,
}

/// Runs until the input ends, the user quits, a signal ends it, or nobody reads the output any more.
///
/// # Errors
/// Where the login is not accepted, or something that was written was not sent in the end; in a pipe, also where something was
/// refused.
pub async fn run(setup: Setup) -> Result<(), Problem> {
    let failed = |error| Problem::Local { what: "watch for signals", error };
    let stopped = stopped().map_err(failed)?;
    // Lines that were written are here, or in somebody's scrollback: nothing else is kept on disk.
    let places = setup.places.map(Places::for_words);
    let mut performer = Performer::new(setup.api, setup.accounts, places, setup.config);
    performer.log_in(&setup.account);
    let (lines, input) = mpsc::channel(LINES);
    // Nobody waits for this thread: it sits in a read that nothing but the input can end.
    let reader = std::thread::Builder::new().name("lines".to_owned()).spawn(move || read(&lines));
    reader.map_err(|error| Problem::Local { what: "read standard input", error })?;
    let mut talk = Talk {
        state: setup.state,
        narrator: Narrator::default(),
        performer,
        timers: Timers::default(),
        input,
        ends_at: None,
        due: 0,
        is_pipe: !io::stdin().is_terminal(),
        refused: false,
        began: Instant::now(),
    };
    let end = tokio::select! {
        biased;
        () = stopped => Ok(()),
        end = talk.run() => end,
    };
    talk.state.ends(Timestamp::now()).into_iter().for_each(|effect| talk.performer.perform(effect));
    talk.performer.finish(LAST_WORDS).await;
    match end {
        Err(Problem::Local { error, .. }) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        end => end,
    }
}

fn read(lines: &mpsc::Sender<String>) {
    let mut input = io::stdin().lock();
    loop {
        let mut bytes = Vec::new();
        let is_over = matches!((&mut input).take(LINE_BYTES).read_until(b'\n', &mut bytes), Ok(0) | Err(_));
        if is_over || lines.blocking_send(String::from_utf8_lossy(&bytes).into_owned()).is_err() {
            return;
        }
    }
}

struct Talk {
    state: State,
    narrator: Narrator,
    performer: Performer,
    timers: Timers,
    input: mpsc::Receiver<String>,
    /// The input has ended, or the user quits: when we end, whatever is still under way.
    ends_at: Option<Instant>,
    /// Answers that the next line may depend on.
    due: usize,
    /// Nobody sees what is told in time to write something else.
    is_pipe: bool,
    /// An error was told.
    refused: bool,
    began: Instant,
}

impl Talk {
    async fn run(&mut self) -> Result<(), Problem> {
        loop {
            let is_idle = self.due == 0 && !self.state.is_sending() && !self.narrator.owes();
            if self.ends_at.is_some() && is_idle && self.state.takes_lines() {
                return if self.is_pipe && self.refused { Err(refused()) } else { Ok(()) };
            }
            let takes_lines = self.ends_at.is_none() && self.due == 0 && self.state.takes_lines();
            let (timer_at, ends_at) = (self.timers.next(), self.ends_at);
            let event = tokio::select! {
                progress = self.performer.next(true) => self.progress(progress),
                () = at(timer_at) => self.timers.take_due(Instant::now()).map(Event::Timer),
                // Before there is a room to say it in, a line waits.
                line = self.input.recv(), if takes_lines => match line {
                    Some(line) => Some(Event::Line(line)),
                    None => {
                        self.ends_at = Some(Instant::now() + PATIENCE);
                        // A message of several lines ends with the input, too.
                        self.state.is_gathering().then(|| Event::Line(END.to_owned()))
                    }
                },
                () = at(ends_at) => return Err(unfinished()),
            };
            if let Some(event) = event
                && self.handle(event).await?.is_break()
            {
                self.ends_at.get_or_insert(Instant::now() + PATIENCE);
            }
        }
    }

    fn progress(&mut self, progress: Progress) -> Option<Event> {
        match progress {
            Progress::Link(event) => {
                if let LinkEvent::Unauthorized { .. } = event {
                    self.performer.token_refused();
                }
                Some(Event::Link(event))
            }
            Progress::Finished(Finished::Done(done)) => {
                self.answered(&done);
                Some(Event::Done(done))
            }
            Progress::Finished(Finished::Kept(number, kept)) => {
                self.due = self.due.saturating_sub(usize::from(matches!(kept, Kept::Found { .. })));
                self.performer.kept(number, kept).map(Event::Kept)
            }
            Progress::Finished(Finished::LoggedIn { .. } | Finished::Notified(_)) | Progress::Reaped => None,
        }
    }

    /// What the next line may have waited for.
    fn answered(&mut self, done: &Done) {
        let is_elsewhere = match done {
            Done::Entered { result, .. } | Done::Direct { result, .. } => result.is_err(),
            Done::Found { .. }
            | Done::RoomList(_)
            | Done::Page { from: PageFrom::Around(_), .. }
            | Done::Members { .. }
            | Done::Thread { .. }
            | Done::History { .. } => false,
            _ => return,
        };
        self.due = self.due.saturating_sub(1);
        if is_elsewhere && self.is_pipe {
            // What follows is meant for the room that we could not enter.
            self.ends_at.get_or_insert(Instant::now() + PATIENCE);
        }
    }

    async fn handle(&mut self, event: Event) -> Result<ControlFlow<()>, Problem> {
        if let Event::Link(LinkEvent::Unauthorized { reason }) = &event {
            let kind = FailureKind::Refused(ErrorCode::Unauthorized);
            return Err(Problem::request("go on", Failure { kind, message: reason.clone() }));
        }
        let mut lines = self.narrator.before(&self.state, &event);
        let mono_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let moment = Moment { at: Timestamp::now(), mono_us, fresh: Uuid::now_v7() };
        journal::event(&event);
        let effects = app::update(&mut self.state, event, moment);
        effects.iter().for_each(journal::effect);
        lines.extend(self.narrator.after(&mut self.state));
        self.refused |= lines.iter().any(|line| line.starts_with(ERROR));
        self.print(&lines).await?;
        let mut flow = ControlFlow::Continue(());
        for effect in effects {
            if self.perform(effect).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        Ok(flow)
    }

    async fn print(&self, lines: &[String]) -> Result<(), Problem> {
        if lines.is_empty() {
            return Ok(());
        }
        let failed = |error| Problem::Local { what: "write the output", error };
        let mut out = tokio::io::stdout();
        out.write_all((lines.join("\n") + "\n").as_bytes()).await.map_err(failed)?;
        out.flush().await.map_err(failed)
    }

    fn perform(&mut self, effect: Effect) -> ControlFlow<()> {
        match effect {
            Effect::Quit => return ControlFlow::Break(()),
            Effect::Logout => {
                self.performer.perform(effect);
                return ControlFlow::Break(());
            }
            Effect::StartTimer { id, after_ms } => {
                self.timers.start(id, Instant::now() + Duration::from_millis(after_ms));
            }
            // What concerns a screen. A notification would only say what the line has said.
            Effect::Colour(_)
            | Effect::EditOutside { .. }
            | Effect::Suspend
            | Effect::Redraw
            | Effect::Copy(_)
            | Effect::SetTitle(_)
            | Effect::Mouse(_)
            | Effect::Notify { .. } => {}
            other => {
                let is_due = matches!(
                    other,
                    Effect::Join { .. }
                        | Effect::Create { .. }
                        | Effect::OpenDm { .. }
                        | Effect::Search { .. }
                        | Effect::SearchKept { .. }
                        | Effect::ListRooms
                        | Effect::LoadPage { from: PageFrom::Around(_), .. }
                        | Effect::LoadMembers { .. }
                        | Effect::LoadThread { .. }
                        | Effect::LoadHistory { .. }
                );
                self.due += usize::from(is_due);
                self.performer.perform(other);
            }
        }
        ControlFlow::Continue(())
    }
}

fn refused() -> Problem {
    Problem::Local { what: "do all that was written", error: io::Error::other("the errors are told above") }
}

fn unfinished() -> Problem {
    let message = "There was no connection in time for all that was written.".into();
    Problem::request("send everything", Failure { kind: FailureKind::NoAnswer, message })
}
