//! The thread that reads and writes the files, and the handle that gives it work. The loop never waits for it.

use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chat_shared::{Message, RoomId};
use tokio::sync::{oneshot, watch};

use super::find::find_of_others;
use super::open::Unusable;
use super::places::{Extent, Owner, Places};
use super::queue::{Batch, End, Queue};
use super::trouble::Trouble;
use super::unsent::{Unsent, Written};
use super::views::Views;
use super::{open, unsent, views};
use crate::app::kept::{Kept, NewerDraft, Past, Restored, Save};
use crate::app::panels::query::Query;

/// For how long it is tried to write what must not be lost into a file that another client holds.
pub(super) const PERSISTENCE: Duration = Duration::from_secs(8);
/// The first and the longest pause before what could not be written is tried again.
const PAUSES: (Duration, Duration) = if cfg!(test) {
    (Duration::from_millis(20), Duration::from_secs(1))
} else {
    (Duration::from_secs(1), Duration::from_secs(60))
};

/// Keeps what an account has seen and has not sent. Dropping it writes what is left, some time later.
pub struct Keeper {
    queue: Arc<Queue>,
    /// Up to which change to a message on its way everything is on disk.
    written: watch::Receiver<u64>,
    /// Ends when the thread does. `None` once it has been handed out.
    ended: Option<oneshot::Receiver<()>>,
}

impl Keeper {
    /// Starts the thread. It tells `Kept::Restored` first, in any case: with what there was, or with nothing.
    ///
    /// `tell` may block for as long as the loop is busy.
    ///
    /// # Errors
    /// Where the system has no more threads.
    pub fn start(places: Places, owner: Owner, tell: impl Fn(Kept) + Send + 'static) -> io::Result<Self> {
        let queue = Arc::new(Queue::default());
        let (end, ended) = oneshot::channel();
        let (write, written) = watch::channel(0);
        let work = Arc::clone(&queue);
        std::thread::Builder::new().name("keeper".to_owned()).spawn(move || {
            Files::open(places, owner, write, tell).work(&work);
            // Where nobody waits for the end, it is all the same.
            let _ = end.send(());
        })?;
        Ok(Self { queue, written, ended: Some(ended) })
    }

    /// Takes a change. It is on disk soon; a message on its way, at once.
    pub fn save(&self, save: Save) {
        self.queue.save(save);
    }

    /// Waits until all messages on their way that were given so far are on disk, or cannot be: then that has been told.
    pub fn written(&self) -> impl Future<Output = ()> + Send + use<> {
        let (number, mut written) = (self.queue.number(), self.written.clone());
        async move {
            // Where the thread is gone, there is nothing to wait for.
            let _ = written.wait_for(|written| *written >= number).await;
        }
    }

    /// Reads what there is of a room, with all changes so far; ends in `Kept::Window`.
    pub fn load(&self, room: RoomId) {
        self.queue.load(room);
    }

    /// Looks whether other clients have written drafts since, after all changes so far; ends in `Kept::Drafts` where they have.
    pub fn look_at_drafts(&self) {
        self.queue.look();
    }

    /// Searches the rooms, with all changes so far; ends in `Kept::Found`, unless another search comes first.
    pub fn search(&self, number: u64, query: Query, room: Option<RoomId>) {
        self.queue.search(number, query, room);
    }

    /// Writes everything, and ends.
    pub async fn close(self) {
        self.end(End::Close).await;
    }

    /// Writes what is not sent, deletes the rest, and ends.
    pub async fn forget(self) {
        self.end(End::Forget).await;
    }

    fn end(mut self, end: End) -> impl Future<Output = ()> {
        self.queue.end(end);
        let ended = self.ended.take();
        async move {
            if let Some(ended) = ended {
                // Where the thread is gone without a word, there is nothing to wait for either.
                let _ = ended.await;
            }
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.queue.end(End::Close);
    }
}

/// What is said where something is not kept.
const VIEWS: &str = "Offline, this client shows nothing of what you see now";
const UNSENT: &str = "Drafts and unsent messages are lost when this client ends";
const WORDS: &str = "What you read, or mark as unread, without a connection is forgotten when this client ends";
/// And where it is again.
const VIEWS_AGAIN: &str = "What you see is kept on disk again.";
const UNSENT_AGAIN: &str = "Drafts and unsent messages are on disk again.";
const WORDS_AGAIN: &str = "What you read, or mark as unread, is kept on disk again.";

/// The files, as far as they can be used.
struct Files<F> {
    places: Places,
    owner: Owner,
    tell: F,
    views: Option<Views>,
    unsent: Option<Unsent>,
    written: watch::Sender<u64>,
    /// How long what could not be written waits.
    pause: Duration,
    /// What was said of the two.
    troubles: [Trouble; 2],
}

impl<F: Fn(Kept)> Files<F> {
    fn open(places: Places, owner: Owner, written: watch::Sender<u64>, tell: F) -> Self {
        let troubles = Default::default();
        let mut files = Self { places, owner, tell, views: None, unsent: None, written, pause: PAUSES.0, troubles };
        let mut restored = Restored::default();
        let mut troubles = Vec::new();
        let keeps_all = files.places.extent == Extent::Everything;
        match keeps_all.then(|| files.open_views()).transpose() {
            Ok(None) => {}
            Ok(Some((views, past))) => (files.views, restored.past) = (Some(views), past.map(Box::new)),
            Err(error) => troubles.push(format!("{VIEWS}: {error}.")),
        }
        match files.open_unsent(&mut troubles) {
            Ok((unsent, written)) => {
                files.unsent = Some(unsent);
                restored.said = written.said;
                if keeps_all {
                    (restored.drafts, restored.outgoing) = (written.drafts, written.outgoing);
                }
            }
            Err(error) => troubles.push(format!("{}: {error}.", files.lost())),
        }
        (files.tell)(Kept::Restored(Box::new(restored)));
        troubles.into_iter().for_each(|trouble| (files.tell)(Kept::Trouble(trouble)));
        files
    }

    /// What is broken here is worth nothing: it begins anew.
    fn open_views(&self) -> Result<(Views, Option<Past>), Unusable> {
        let path = self.places.views(&self.owner);
        let attempt = || {
            let mut views = Views::open(&path, &self.owner.tag(), self.owner.user)?;
            let past = views.read()?;
            Ok((views, past))
        };
        open::or_again(attempt, || open::remove(&path))
    }

    /// What is broken here may be worth something to somebody: it is moved aside.
    fn open_unsent(&self, troubles: &mut Vec<String>) -> Result<(Unsent, Written), Unusable> {
        let path = self.places.unsent(&self.owner);
        let attempt = || {
            let unsent = Unsent::open(&path, &self.owner.tag(), self.places.extent)?;
            let written = unsent.read()?;
            Ok((unsent, written))
        };
        open::or_again(attempt, || {
            open::set_aside(&path)?;
            troubles
                .push(format!("The file with your unsent messages is damaged; it is {}.damaged now.", path.display()));
            Ok(())
        })
    }

    fn work(mut self, queue: &Queue) {
        loop {
            let Batch { views, unsent, number, loads, looks, search, end } = queue.next();
            // What must not be lost goes first.
            self.write_unsent(unsent, number, end.is_some(), queue);
            // What cannot be read now stays as it was seen last.
            if let Some(Ok(newer)) = self.unsent.as_mut().filter(|_| looks).map(Unsent::newer_drafts) {
                self.tell_newer(newer);
            }
            if end == Some(End::Forget) {
                self.views = None;
                // What stays of it is found again, and shown, only after a login to the same account.
                if let Err(error) = self.places.forget_views(&self.owner) {
                    (self.tell)(Kept::Trouble(format!("What you have seen could not be deleted: {error}.")));
                }
                return;
            }
            self.write_views(views, queue);
            for room in loads {
                // What cannot be read is loaded from the server.
                let window = self.views.as_mut().and_then(|file| file.window(room).ok().flatten()).map(Box::new);
                (self.tell)(Kept::Window { room, window });
            }
            if let Some((number, query, room)) = search.filter(|_| end.is_none()) {
                (self.tell)(Kept::Found { number, messages: self.search(&query, room) });
            }
            if end.is_some() {
                return;
            }
        }
    }

    /// What cannot be read has nothing.
    fn search(&self, query: &Query, room: Option<RoomId>) -> Vec<Message> {
        let found = match (&self.views, self.places.extent) {
            (Some(file), _) => file.search(query, room).ok(),
            (None, Extent::Words) => {
                find_of_others(&self.places.views(&self.owner), &self.owner.tag(), query, room).ok()
            }
            (None, Extent::Everything) => None,
        };
        found.unwrap_or_default()
    }

    fn tell_newer(&self, newer: Vec<NewerDraft>) {
        if !newer.is_empty() {
            (self.tell)(Kept::Drafts(newer));
        }
    }

    /// A message that is to be sent now does not wait for all of it.
    fn write_views(&mut self, changes: views::Changes, queue: &Queue) {
        for piece in changes.pieces() {
            match self.views.as_mut().map(|file| file.write(piece)) {
                Some(Err(error)) => return self.say(0, VIEWS, &error),
                Some(Ok(())) => self.say_well(0, VIEWS_AGAIN),
                None => {}
            }
            if let Some((unsent, number)) = queue.take_urgent() {
                self.write_unsent(unsent, number, false, queue);
            }
        }
    }

    /// What is only a draft, and may be tried again later, waits no longer for another client than one attempt does.
    fn write_unsent(&mut self, mut changes: unsent::Changes, number: u64, is_last: bool, queue: &Queue) {
        let (until, keeps_all) = (Instant::now() + PERSISTENCE, self.places.extent == Extent::Everything);
        while let Some(file) = self.unsent.as_mut().filter(|_| !changes.is_empty()) {
            match file.write(&changes) {
                // Nobody is there any more who could put the two together.
                Ok(newer) if is_last && !newer.is_empty() => {
                    newer.into_iter().for_each(|newer| changes.join(newer));
                    continue;
                }
                Ok(newer) => {
                    self.pause = PAUSES.0;
                    self.say_well(1, if keeps_all { UNSENT_AGAIN } else { WORDS_AGAIN });
                    self.tell_newer(newer);
                }
                Err(error) => {
                    self.say(1, self.lost(), &error);
                    let cannot_wait = is_last || !changes.outgoing.is_empty();
                    if cannot_wait && open::is_busy(&error) && Instant::now() < until {
                        continue;
                    }
                    queue.put_back(changes, self.pause);
                    self.pause = (self.pause * 2).min(PAUSES.1);
                }
            }
            break;
        }
        self.written.send_if_modified(|written| {
            let is_more = number > *written;
            *written = number.max(*written);
            is_more
        });
    }

    /// What is lost where the file cannot be used that must not be lost.
    fn lost(&self) -> &'static str {
        match self.places.extent {
            Extent::Everything => UNSENT,
            Extent::Words => WORDS,
        }
    }

    fn say(&mut self, which: usize, what: &str, error: &rusqlite::Error) {
        if self.troubles[which].begins(Instant::now()) {
            (self.tell)(Kept::Trouble(format!("{what}: {error}.")));
        }
    }

    fn say_well(&mut self, which: usize, what: &str) {
        if self.troubles[which].ends(Instant::now()) {
            (self.tell)(Kept::Well(what.to_owned()));
        }
    }
}
