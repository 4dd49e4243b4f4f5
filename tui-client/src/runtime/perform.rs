//! Starts what the interface asks of the server and of the disk, and collects how it ends. Nothing here waits.

use std::collections::VecDeque;
use std::time::Duration;

use chat_shared::ErrorCode;
use chat_shared::Event as RoomEvent;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use super::attention::tell_desktop;
use super::finished::Finished;
use super::keeping::{Begin, Keeping, cursors};
use super::lane;
use super::logins::{forget, keep};
use crate::account::{Account, Accounts, authenticate};
use crate::app::effect::Password;
use crate::app::kept::Kept;
use crate::app::{Done, Effect, LinkEvent};
use crate::cache::{Owner, Places};
use crate::config::{self, ConfigFile, Profiles};
use crate::failure::{Failure, FailureKind};
use crate::highlight;
use crate::net::api::Api;
use crate::net::cursors::Cursors;
use crate::net::link::{Link, Patience, Scope, Setup};

/// Calls under way at once. The interface asks for far fewer; a defect in it shall not become a flood.
const CALLS: usize = 64;
/// Changes that wait for the ones before them.
const LANE: usize = 64;
/// Results that may wait for the loop.
const WAITING: usize = 256;
/// News of the link that may wait for the loop: more than come between two frames.
const NEWS: usize = 1_024;
/// Events of rooms that are handled as one.
const TOGETHER: usize = 256;

/// How long the disk may take at the end: longer than another client of the account is waited for.
const LAST_WRITE: Duration = Duration::from_secs(10);

/// What happened.
pub(super) enum Progress {
    Link(LinkEvent),
    Finished(Finished),
    /// A task has ended. It has told its result before, or it has panicked, and the terminal is not ours any more.
    Reaped,
}

type Followed = (Link, mpsc::Receiver<LinkEvent>);

pub(super) struct Performer {
    /// With the token, once there is one.
    api: Api,
    accounts: Accounts,
    config: ConfigFile,
    /// The servers as they were at the start.
    profiles: Profiles,
    results: mpsc::Sender<Finished>,
    finished: mpsc::Receiver<Finished>,
    /// Ends of what was not even begun: whoever asked waits for them, so none may be lost. They come before all others.
    refused: VecDeque<Finished>,
    /// Calls in any order.
    calls: JoinSet<()>,
    /// Posts, and the one task that works through the lane: at the end they are waited for.
    precious: JoinSet<()>,
    /// Changes whose order matters, with the login that they belong to.
    lane: mpsc::Sender<(Api, Effect)>,
    link: Option<Followed>,
    /// News of the link that were taken from it, and are next.
    kept_back: Option<LinkEvent>,
    /// What is on disk. The link begins where that ends.
    keeping: Keeping,
}

impl Performer {
    pub(super) fn new(
        api: Api,
        accounts: Accounts,
        places: Option<Places>,
        (config, profiles): (ConfigFile, Profiles),
    ) -> Self {
        let (results, finished) = mpsc::channel(WAITING);
        let (lane, queue) = mpsc::channel(LANE);
        let mut precious = JoinSet::new();
        precious.spawn(work_through(queue, results.clone()));
        Self {
            api,
            accounts,
            config,
            profiles,
            results,
            finished,
            refused: VecDeque::new(),
            calls: JoinSet::new(),
            precious,
            lane,
            link: None,
            kept_back: None,
            keeping: Keeping::new(places),
        }
    }

    /// From here on calls are made as this user, and the link is kept.
    pub(super) fn log_in(&mut self, account: &Account) {
        self.api = self.api.with_token(account.token.clone());
        self.leave_link();
        let owner = Owner { server: self.api.server().clone(), user: account.user.id };
        match self.keeping.begin(owner, &self.results, &mut self.refused) {
            Begin::Restores { old } => drop(old.map(|old| self.precious.spawn(old.close()))),
            Begin::Goes => self.connect(Cursors::default()),
        }
    }

    /// Whether the disk has not said yet what there was.
    pub(super) fn is_restoring(&self) -> bool {
        self.keeping.is_restoring
    }

    /// News from the disk, if they are those of the present account. The link begins after what is restored.
    pub(super) fn kept(&mut self, number: u64, kept: Kept) -> Option<Kept> {
        let kept = Some(kept).filter(|_| self.keeping.is_of(number))?;
        if let Kept::Restored(restored) = &kept {
            self.keeping.is_restoring = false;
            let past = restored.past.as_ref();
            self.connect(past.map(|past| cursors(past)).unwrap_or_default());
        }
        Some(kept)
    }

    fn connect(&mut self, cursors: Cursors) {
        let (events, arrivals) = mpsc::channel(NEWS);
        let setup = Setup { api: self.api.clone(), scope: Scope::All, cursors, patience: Patience::default() };
        self.link = Some((Link::spawn(setup, events), arrivals));
    }

    /// The server does not accept our token: the link has ended, and the file is of no use any more.
    pub(super) fn token_refused(&mut self) {
        self.leave_link();
        let (accounts, server, token) = (self.accounts.clone(), self.api.server().clone(), self.api.token().cloned());
        // Where it stays, the next start finds out again that it is worth nothing.
        self.calls.spawn_blocking(move || drop(accounts.forget(&server, token.as_ref())));
    }

    /// The next thing that happens here, with or without news of the link. Cancelling it loses nothing.
    pub(super) async fn next(&mut self, takes_news: bool) -> Progress {
        if let Some(finished) = self.refused.pop_front() {
            return Progress::Finished(finished);
        }
        tokio::select! {
            event = next_of(&mut self.link, &mut self.kept_back), if takes_news => Progress::Link(event),
            Some(finished) = self.finished.recv() => Progress::Finished(finished),
            Some(_) = self.calls.join_next() => Progress::Reaped,
            Some(_) = self.precious.join_next() => Progress::Reaped,
        }
    }

    /// Where a frame waits for its time, nobody asks for news of the link before then. Says whether that is so.
    pub(super) fn rests_until(&self, frame_at: Option<Instant>) -> bool {
        if let (Some(at), Some((link, _))) = (frame_at, &self.link) {
            link.rest_until(at);
        }
        frame_at.is_some()
    }

    pub(super) fn ready_link_event(&mut self) -> Option<LinkEvent> {
        self.kept_back.take().or_else(|| self.link.as_mut()?.1.try_recv().ok())
    }

    /// This event of a room, and those that have come behind it.
    pub(super) fn ready_room_events(&mut self, first: RoomEvent) -> Vec<RoomEvent> {
        let mut events = vec![first];
        while events.len() < TOGETHER {
            match self.ready_link_event() {
                Some(LinkEvent::Room(event)) => events.push(event),
                other => {
                    self.kept_back = other;
                    break;
                }
            }
        }
        events
    }

    pub(super) fn ready_finished(&mut self) -> Option<Finished> {
        self.refused.pop_front().or_else(|| self.finished.try_recv().ok())
    }

    /// Starts an effect that is none of the terminal's.
    pub(super) fn perform(&mut self, effect: Effect) {
        // What has ended is no longer under way, even where the loop was too busy to collect it.
        while self.calls.try_join_next().is_some() || self.precious.try_join_next().is_some() {}
        match effect {
            Effect::ReconnectNow => {
                if let Some((link, _)) = &self.link {
                    link.reconnect_now();
                }
            }
            Effect::Logout => self.log_out(),
            Effect::Save(save) => self.keeping.save(save),
            Effect::LookAtDrafts => self.keeping.look_at_drafts(),
            Effect::LoadKept { room } => {
                self.refused.extend(self.keeping.load(room));
            }
            Effect::SearchKept { number, query, room } => {
                self.refused.extend(self.keeping.search(number, query, room));
            }
            effect if lane::is_ordered(&effect) => {
                if let Err(error) = self.lane.try_send((self.api.clone(), effect)) {
                    let (_, effect) = error.into_inner();
                    self.too_much(effect);
                }
            }
            effect if self.calls.len() + self.precious.len() >= CALLS => self.too_much(effect),
            Effect::Colour(code) => {
                let results = self.results.clone();
                self.calls.spawn_blocking(move || {
                    if let Some(tokens) = highlight::tokens(&code) {
                        // Where nobody waits for it, the program is ending.
                        let _ = results.blocking_send(Finished::Done(Done::Coloured { code, tokens }));
                    }
                });
            }
            Effect::ReloadConfig => {
                let (results, file, known) = (self.results.clone(), self.config.clone(), self.profiles.clone());
                self.calls.spawn_blocking(move || {
                    let reread = config::load_again(&file, &known).map(Box::new);
                    // Where nobody waits for it, the program is ending.
                    let _ = results.blocking_send(Finished::Done(Done::Configured(reread)));
                });
            }
            Effect::OpenUrl(url) => {
                let results = self.results.clone();
                self.calls.spawn(async move {
                    let opened = super::browser::open(&url).await;
                    tell(&results, opened.err().map(Done::NotOpened)).await;
                });
            }
            Effect::Authenticate { name, password, register } => self.authenticate(name, password, register),
            effect if lane::is_precious(&effect) => {
                let (api, results, written) = (self.api.clone(), self.results.clone(), self.keeping.written());
                self.precious.spawn(async move {
                    // What may be at the server is on disk, with its key: however this program ends, it is not sent twice.
                    written.await;
                    tell(&results, lane::call(&api, effect).await).await;
                });
            }
            effect => {
                let (api, results) = (self.api.clone(), self.results.clone());
                self.calls.spawn(async move { tell(&results, lane::call(&api, effect).await).await });
            }
        }
    }

    /// Shows a notification of the desktop; ends in [`Finished::Notified`], also after a logout.
    pub(super) fn notify_desktop(&self, title: String, body: String) {
        let show = move || crate::desktop::notify(&title, &body);
        drop(tokio::spawn(tell_desktop(self.results.clone(), show)));
    }

    /// Ends the link; what it had to say is of no use any more.
    fn leave_link(&mut self) {
        (self.link, self.kept_back) = (None, None);
    }

    fn too_much(&mut self, effect: Effect) {
        let message = "Too much is waiting for the server already.".to_owned();
        let done = lane::failed(effect, Failure { kind: FailureKind::NoAnswer, message });
        self.refused.extend(done.map(Finished::Done));
    }

    fn authenticate(&mut self, name: String, password: Password, register: bool) {
        let (api, accounts, results) = (self.api.clone(), self.accounts.clone(), self.results.clone());
        self.calls.spawn(async move {
            if let Some(message) = accounts.refusal(&name) {
                let failure = Failure { kind: FailureKind::Refused(ErrorCode::Forbidden), message };
                return tell(&results, Some(Done::Authenticated(Err(failure)))).await;
            }
            let finished = match authenticate(&api, &name, password.expose(), register).await {
                Ok(account) => Finished::LoggedIn { unsaved: keep(&api, accounts, &account).await, account },
                Err(failure) => Finished::Done(Done::Authenticated(Err(failure))),
            };
            // Where nobody waits for it, the program is ending.
            let _ = results.send(finished).await;
        });
    }

    fn log_out(&mut self) {
        self.leave_link();
        // Answers to the old login would only confuse the next one.
        self.calls.abort_all();
        self.refused.clear();
        let (api, accounts) = (self.api.clone(), self.accounts.clone());
        self.api = self.api.without_token();
        if let Some(keeper) = self.keeping.end() {
            self.precious.spawn(keeper.forget());
        }
        let results = self.results.clone();
        self.precious.spawn(async move { tell(&results, forget(api, accounts).await.map(Done::Aside)).await });
    }

    /// Ends the link and idle calls; posts and changes that are under way, and what waits for the disk, get until then.
    pub(super) async fn finish(self, patience: Duration) {
        let Self { mut precious, lane, calls, link, finished, mut keeping, .. } = self;
        drop((lane, calls, link, finished));
        let now = Instant::now();
        let keeper = keeping.end();
        let kept = async {
            if let Some(keeper) = keeper {
                // It has done what it could, or it never will.
                let _ = timeout_at(now + LAST_WRITE, keeper.close()).await;
            }
        };
        let sent = async { while let Ok(Some(_)) = timeout_at(now + patience, precious.join_next()).await {} };
        tokio::join!(kept, sent);
    }
}

/// The next news of the link. Pending while there is no link.
async fn next_of(link: &mut Option<Followed>, kept_back: &mut Option<LinkEvent>) -> LinkEvent {
    if let Some(event) = kept_back.take() {
        return event;
    }
    if let Some((_, arrivals)) = link {
        if let Some(event) = arrivals.recv().await {
            return event;
        }
        *link = None;
    }
    std::future::pending().await
}

async fn work_through(mut queue: mpsc::Receiver<(Api, Effect)>, results: mpsc::Sender<Finished>) {
    while let Some((api, effect)) = queue.recv().await {
        tell(&results, lane::call(&api, effect).await).await;
    }
}

async fn tell(results: &mpsc::Sender<Finished>, done: Option<Done>) {
    if let Some(done) = done {
        // Where nobody waits for it, the program is ending.
        let _ = results.send(Finished::Done(done)).await;
    }
}

#[cfg(test)]
mod tests {
    use chat_shared::RoomId;
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn whoever_asks_gets_an_answer_however_much_is_asked() {
        crate::net::api::install_crypto();
        let dir = tempfile::tempdir().unwrap();
        let accounts = Accounts::in_folder(dir.path().to_owned());
        let api = Api::new("http://127.0.0.1:1".parse().unwrap()).unwrap();
        let config = ConfigFile::find(Some(dir.path().join("config.toml"))).unwrap();
        let mut performer = Performer::new(api, accounts, None, (config, Profiles::default()));
        let all = 2 * u128::try_from(WAITING).unwrap();
        for n in 0..all {
            performer.perform(Effect::LoadKept { room: RoomId(Uuid::from_u128(n)) });
        }
        // The program's own tasks do not run here: nothing ends in between.
        for n in 0..all {
            let post = Effect::Post { key: n.to_string(), room: RoomId(Uuid::nil()), body: "x".into(), reply_to: None };
            performer.perform(post);
        }
        let (mut windows, mut refused) = (0, 0);
        while let Some(finished) = performer.ready_finished() {
            match finished {
                Finished::Kept(_, Kept::Window { window: None, .. }) => windows += 1,
                Finished::Done(Done::Posted { result: Err(_), .. }) => refused += 1,
                _ => {}
            }
        }
        let under_way = u128::try_from(CALLS).unwrap() - 1;
        assert_eq!((windows, refused), (all, all - under_way));
    }
}
