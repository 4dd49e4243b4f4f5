//! The one loop of the full screen (linear mode has its own in [`plain`]): whatever happens (a key, the server, the end of a call, a timer, a signal) becomes an
//! event; `update` answers with effects; they are started, never waited for; what changed is drawn at once.
//!
//! With nothing happening nothing runs: there is no tick.

mod arrival;
mod attention;
mod browser;
mod finished;
mod input;
mod journal;
mod keeping;
mod lane;
mod logins;
mod notified;
mod outside;
mod pace;
mod perform;
pub mod plain;
mod sieve;
mod timers;
mod watch;

use std::io;
use std::ops::ControlFlow;
use std::time::Duration;

use chat_shared::{RoomId, Timestamp};
use tokio::time::{Instant, timeout};
use uuid::Uuid;

use self::arrival::Arrival;
use self::attention::Attention;
use self::finished::Finished;
use self::input::{Input, input_event};
use self::pace::{Due, Pace};
use self::perform::{Performer, Progress};
use self::timers::Timers;
use self::watch::{News, Watch};
use crate::account::{Account, Accounts};
use crate::app::{self, Done, Effect, Event, LinkEvent, Moment, State};
use crate::cache::Places;
use crate::clipboard::Clipboard;
use crate::config::{ConfigFile, Profiles};
use crate::net::api::Api;
use crate::notifier::Method;
use crate::report::Problem;
use crate::terminal::Screen;
use crate::view;

/// Events that are handled before the next frame at most: somebody who pastes a book still sees it grow.
const BATCH: usize = 512;
/// How long the messages that are on their way when the user quits may take.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// How long the first frame waits for what is on disk.
const FIRST_LOOK: Duration = Duration::from_millis(300);
/// How long the news of a closed terminal may take, once something has failed.
const HANG_UP: Duration = Duration::from_millis(100);

/// What the full screen needs of the world.
pub struct Setup {
    /// The terminal, taken.
    pub screen: Screen,
    /// The state to begin with.
    pub state: State,
    /// How the user is notified, where the command line says it.
    pub notify: Option<Method>,
    /// How text gets to the user's clipboard.
    pub clipboard: Clipboard,
    /// Calls to the server, as nobody.
    pub api: Api,
    /// Where logins are kept.
    pub accounts: Accounts,
    /// Where the settings are, and the servers that they had at the start.
    pub config: (ConfigFile, Profiles),
    /// Who is logged in.
    pub account: Option<Account>,
    /// Where what outlives the program is kept; `None`: nowhere.
    pub places: Option<Places>,
}

/// Runs until the user quits, a signal ends it, or the terminal is gone.
///
/// # Errors
/// Where the terminal cannot be used, or a defect ended it.
pub async fn run(setup: Setup) -> Result<(), Problem> {
    let failed = |error| Problem::Local { what: "use the terminal", error };
    let mut watch = Watch::start().map_err(failed)?;
    let mut input = Input::start(setup.screen.was_asked()).map_err(failed)?;
    let mut performer = Performer::new(setup.api, setup.accounts, setup.places, setup.config);
    if let Some(account) = setup.account {
        performer.log_in(&account);
    }
    let mut shell = Shell {
        screen: setup.screen,
        attention: Attention::new(setup.notify, setup.state.settings.notify),
        clipboard: setup.clipboard,
        state: setup.state,
        performer,
        timers: Timers::default(),
        pace: Pace::default(),
        is_dirty: true,
        is_awaited: false,
        is_early: false,
        outside: None,
        began: Instant::now(),
    };
    // The first frame shows the last known state. A disk that is slow may come later.
    let mut end = timeout(FIRST_LOOK, shell.recall()).await.unwrap_or(Ok(()));
    if end.is_ok() {
        end = shell.run(&mut watch, &mut input).await;
    }
    // A terminal that was closed fails in many ways before its hang-up is heard. Then there is nobody to tell.
    if end.is_err() && watch.ends_within(HANG_UP).await {
        end = Ok(());
    }
    let Shell { screen, mut performer, mut state, .. } = shell;
    state.ends(Timestamp::now()).into_iter().for_each(|effect| performer.perform(effect));
    // The shell's prompt comes back at once; what is on its way gets its chance behind it.
    drop(screen);
    performer.finish(LAST_WORDS).await;
    end.map_err(failed)
}

struct Shell {
    screen: Screen,
    attention: Attention,
    clipboard: Clipboard,
    state: State,
    performer: Performer,
    timers: Timers,
    pace: Pace,
    /// What is on the screen is not what `state` says.
    is_dirty: bool,
    /// The user has done something since the last frame.
    is_awaited: bool,
    /// A frame waits for its time, and the news with it.
    is_early: bool,
    /// A text that waits to be edited outside, and whose it is.
    outside: Option<(RoomId, String)>,
    began: Instant,
}

impl Shell {
    /// Waits until the disk has said what there was.
    async fn recall(&mut self) -> io::Result<()> {
        while self.performer.is_restoring() {
            match self.performer.next(true).await {
                Progress::Link(event) => drop(self.handle(Arrival::Link(event))?),
                Progress::Finished(finished) => drop(self.handle(Arrival::Finished(finished))?),
                Progress::Reaped => {}
            }
        }
        Ok(())
    }

    async fn run(&mut self, watch: &mut Watch, input: &mut Input) -> io::Result<()> {
        // What is there already (keys that were typed ahead, the terminal's background) is in the first frame.
        for _ in 0..BATCH {
            let Some(event) = input.ready() else { break };
            if self.handle(event.map_or(Arrival::End, Arrival::Input))?.is_break() {
                return Ok(());
            }
        }
        loop {
            if let Some((room, text)) = self.outside.take()
                && self.edit_outside(room, &text, watch, input).await?.is_break()
            {
                return Ok(());
            }
            let mut arrival = Some(self.next(watch, input).await?);
            for _ in 0..BATCH {
                let Some(current) = arrival else { break };
                if self.handle(current)?.is_break() {
                    return Ok(());
                }
                // The keys behind it are the editor's.
                arrival = if self.outside.is_some() { None } else { self.ready(input) };
            }
            if let Some(last) = arrival
                && self.handle(last)?.is_break()
            {
                return Ok(());
            }
            if !self.screen.is_ours() {
                return Err(io::Error::other("a part of it failed"));
            }
        }
    }

    /// Draws what there is to draw, or waits for the first thing that happens.
    async fn next(&mut self, watch: &mut Watch, input: &mut Input) -> io::Result<Arrival> {
        let frame_at = if self.is_dirty { self.draw_if_due()? } else { None };
        self.is_early = self.performer.rests_until(frame_at);
        let timer_at = self.timers.next();
        let arrival = tokio::select! {
            biased;
            news = watch.next() => match news {
                News::End => Arrival::End,
                News::Continued => Arrival::Continued,
                News::Resized => Arrival::Resized,
            },
            event = input.next() => match event {
                Some(event) => Arrival::Input(event?),
                None => Arrival::End,
            },
            // While a frame waits for its time, so do the news: they become one event, and one frame.
            progress = self.performer.next(!self.is_early) => progress.into(),
            () = at(timer_at) => self.timers.take_due(Instant::now()).map_or(Arrival::Nothing, Arrival::Timer),
            () = at(frame_at) => Arrival::Nothing,
        };
        Ok(arrival)
    }

    /// What has happened already, without waiting.
    fn ready(&mut self, input: &mut Input) -> Option<Arrival> {
        if let Some(event) = input.ready() {
            return Some(event.map_or(Arrival::End, Arrival::Input));
        }
        // An answer to what the last news led to must not let in the next ones: each would lead to another.
        if !self.is_early
            && let Some(event) = self.performer.ready_link_event()
        {
            return Some(Arrival::Link(event));
        }
        self.performer.ready_finished().map(Arrival::Finished)
    }

    /// The first frame after a quiet while is drawn at once; otherwise says when it will be.
    fn draw_if_due(&mut self) -> io::Result<Option<Instant>> {
        let began = Instant::now();
        match self.pace.due(began, self.is_awaited) {
            Due::At(at) => Ok(Some(at)),
            Due::Now => {
                self.screen.scrolls(view::scrolls(&self.state));
                self.screen.draw(|frame, links| view::draw(&self.state, frame, links))?;
                (self.is_dirty, self.is_awaited) = (false, false);
                self.pace.drawn(began, Instant::now());
                Ok(None)
            }
        }
    }

    fn handle(&mut self, arrival: Arrival) -> io::Result<ControlFlow<()>> {
        let event = match arrival {
            Arrival::End => return Ok(ControlFlow::Break(())),
            Arrival::Nothing => return Ok(ControlFlow::Continue(())),
            Arrival::Continued => {
                // Whatever it waited for may be long over.
                self.performer.perform(Effect::ReconnectNow);
                return self.come_back();
            }
            Arrival::Resized => return self.resized(),
            Arrival::Input(event) => match input_event(event) {
                Some(event) => {
                    self.is_awaited = true;
                    event
                }
                None => return Ok(ControlFlow::Continue(())),
            },
            Arrival::Link(LinkEvent::Room(first)) => Event::Rooms(self.performer.ready_room_events(first)),
            Arrival::Link(event) => {
                if let LinkEvent::Unauthorized { .. } = event {
                    self.performer.token_refused();
                }
                Event::Link(event)
            }
            Arrival::Timer(id) => Event::Timer(id),
            Arrival::Finished(finished) => match finished {
                Finished::Done(done) => {
                    if let Done::Configured(Ok(reread)) = &done {
                        self.attention.configured(reread.settings.notify);
                    }
                    Event::Done(done)
                }
                Finished::Notified(news) => return self.notified(news),
                Finished::Kept(number, kept) => match self.performer.kept(number, kept) {
                    Some(kept) => Event::Kept(kept),
                    None => return Ok(ControlFlow::Continue(())),
                },
                Finished::LoggedIn { account, unsaved } => return self.logged_in(account, unsaved),
            },
        };
        self.update(event)
    }

    fn logged_in(&mut self, account: Account, unsaved: Option<String>) -> io::Result<ControlFlow<()>> {
        self.performer.log_in(&account);
        let flow = self.update(Event::Done(Done::Authenticated(Ok(Box::new(account.user)))))?;
        match unsaved {
            Some(text) if flow.is_continue() => self.update(Event::Done(Done::Aside(text))),
            _ => Ok(flow),
        }
    }

    /// Whatever size it has now, what it showed may be gone: it is painted anew.
    fn resized(&mut self) -> io::Result<ControlFlow<()>> {
        self.is_awaited = true;
        let (width, height) = self.repaint()?;
        self.update(Event::Resize { width, height })
    }

    fn repaint(&mut self) -> io::Result<(u16, u16)> {
        let (width, height) = self.screen.size()?;
        self.is_dirty = true;
        self.screen.resize(width, height)?;
        Ok((width, height))
    }

    fn update(&mut self, event: Event) -> io::Result<ControlFlow<()>> {
        let moment = self.moment();
        journal::event(&event);
        let effects = app::update(&mut self.state, event, moment);
        effects.iter().for_each(journal::effect);
        self.is_dirty |= self.state.take_dirty();
        let mut flow = ControlFlow::Continue(());
        for effect in effects {
            // What is to be kept may come after the end.
            if self.perform(effect)?.is_break() {
                flow = ControlFlow::Break(());
            }
        }
        Ok(flow)
    }

    fn moment(&self) -> Moment {
        let mono_us = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        Moment { at: Timestamp::now(), mono_us, fresh: Uuid::now_v7() }
    }

    /// What concerns the terminal is done here; everything else is started elsewhere.
    fn perform(&mut self, effect: Effect) -> io::Result<ControlFlow<()>> {
        match effect {
            Effect::Quit => return Ok(ControlFlow::Break(())),
            Effect::Suspend => return self.suspend(),
            Effect::Redraw => drop(self.repaint()?),
            Effect::EditOutside { room, text } => self.outside = Some((room, text)),
            Effect::SetTitle(title) => self.screen.set_title(&title)?,
            Effect::Mouse(is_ours) => self.screen.set_mouse(is_ours)?,
            Effect::Notify { title, body } => self.draw_attention(title, body)?,
            // While another program has the terminal, there is nothing to be said to it.
            Effect::Copy(_) if !self.screen.is_ours() => {}
            Effect::Copy(text) => match self.clipboard.sequence(&text) {
                Some(sequence) => self.screen.send(&sequence)?,
                None => return self.update(Event::Done(Done::NotCopied)),
            },
            Effect::StartTimer { id, after_ms } => {
                self.timers.start(id, Instant::now() + Duration::from_millis(after_ms));
            }
            other => self.performer.perform(other),
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Hands the terminal to the shell, and stops until somebody continues us.
    fn suspend(&mut self) -> io::Result<ControlFlow<()>> {
        self.screen.leave()?;
        // To the whole group, as the terminal's own Ctrl+z does it: a script or a pipeline around us stops with us. Where nobody
        // could continue us (an orphaned group) the kernel passes over it.
        let stopped = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        let flow = self.come_back()?;
        stopped.map_err(io::Error::from)?;
        Ok(flow)
    }

    /// Takes the terminal again, whatever was done to it meanwhile.
    fn come_back(&mut self) -> io::Result<ControlFlow<()>> {
        self.screen.enter()?;
        self.is_dirty = true;
        let (width, height) = self.screen.size()?;
        self.update(Event::Resize { width, height })
    }
}

async fn at(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment).await,
        None => std::future::pending().await,
    }
}
