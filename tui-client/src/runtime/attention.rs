//! How the user's attention is drawn: by the desktop or by the terminal, as it was chosen. The desktop gets one notification at a time:
//! one that does not answer is not waited for by a second one, and the bell rings instead.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use super::finished::{Finished, News};
use crate::notifier::{Method, Notifier};

/// How long a desktop may take to show a notification. Starting the service that shows it is part of that.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a notification goes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    Desktop,
    /// These bytes, for the terminal.
    Terminal(String),
}

pub(super) struct Attention {
    /// What the command line says counts for more than the settings.
    chosen: Option<Method>,
    notifier: Notifier,
    /// The desktop has not answered yet.
    is_busy: bool,
    /// That it fails was said.
    has_told: bool,
}

impl Attention {
    pub(super) fn new(chosen: Option<Method>, wanted: Option<Method>) -> Self {
        Self { chosen, notifier: notifier(chosen.or(wanted)), is_busy: false, has_told: false }
    }

    /// The settings say something else from now on.
    pub(super) fn configured(&mut self, wanted: Option<Method>) {
        self.notifier = notifier(self.chosen.or(wanted));
        self.has_told = false;
    }

    pub(super) fn way(&mut self, has_focus: bool, title: &str, body: &str) -> Way {
        if self.notifier.is_desktop() && !has_focus && !self.is_busy {
            self.is_busy = true;
            return Way::Desktop;
        }
        Way::Terminal(self.notifier.sequence(title, body))
    }

    /// The bell, where the desktop failed; and what the user is to be told, once.
    pub(super) fn news(&mut self, news: News) -> Option<(String, Option<String>)> {
        self.is_busy = news == News::Late;
        let reason = match news {
            News::Over => return None,
            News::Shown => {
                self.has_told = false;
                return None;
            }
            News::Late => format!("it has not answered for {} s.", PATIENCE.as_secs()),
            News::Failed(reason) => reason,
        };
        let is_new = !std::mem::replace(&mut self.has_told, true);
        Some((self.notifier.sequence("", ""), is_new.then_some(reason)))
    }
}

fn notifier(method: Option<Method>) -> Notifier {
    Notifier::choose(method.unwrap_or_default(), |name| std::env::var(name).ok())
}

/// Tells the desktop, in a thread: D-Bus takes its time, and may never answer.
pub(super) async fn tell_desktop(
    results: mpsc::Sender<Finished>,
    show: impl FnOnce() -> Result<(), String> + Send + 'static,
) {
    let mut shown = tokio::task::spawn_blocking(show);
    let news = match timeout(PATIENCE, &mut shown).await {
        Ok(Ok(Ok(()))) => News::Shown,
        Ok(Ok(Err(reason))) => News::Failed(reason),
        Ok(Err(_)) => News::Failed("its library failed.".into()),
        Err(_) => News::Late,
    };
    let is_late = news == News::Late;
    // Where nobody waits for it, the program is ending.
    let _ = results.send(Finished::Notified(news)).await;
    if is_late {
        let _ = shown.await;
        let _ = results.send(Finished::Notified(News::Over)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BELL: &str = "\x07";

    fn bell() -> Way {
        Way::Terminal(BELL.into())
    }

    #[test]
    fn the_command_line_counts_for_more_than_the_settings() {
        let mut attention = Attention::new(None, Some(Method::Off));
        assert_eq!(attention.way(false, "a", "b"), Way::Terminal(String::new()));
        attention.configured(Some(Method::Bell));
        assert_eq!(attention.way(false, "a", "b"), bell(), "read again");
        let mut attention = Attention::new(Some(Method::Bell), Some(Method::Off));
        attention.configured(Some(Method::Osc9));
        assert_eq!(attention.way(false, "a", "b"), bell());
    }

    #[test]
    fn a_desktop_that_fails_is_told_of_once_until_it_works_again() {
        let mut attention = Attention::new(Some(Method::Bell), None);
        let failed = || News::Failed("no bus".into());
        assert_eq!(attention.news(failed()), Some((BELL.into(), Some("no bus".into()))));
        assert_eq!(attention.news(failed()), Some((BELL.into(), None)));
        assert_eq!(attention.news(News::Shown), None);
        assert_eq!(attention.news(failed()), Some((BELL.into(), Some("no bus".into()))));
        attention.configured(Some(Method::Bell));
        assert!(attention.news(failed()).unwrap().1.is_some());
    }

    #[cfg(feature = "desktop")]
    #[test]
    fn a_desktop_that_hangs_gets_no_second_one() {
        let mut attention = Attention::new(Some(Method::Desktop), None);
        assert_eq!(attention.way(true, "a", "b"), bell(), "the terminal has the focus");
        assert_eq!(attention.way(false, "a", "b"), Way::Desktop);
        assert_eq!(attention.way(false, "a", "b"), bell(), "it has not answered");
        assert!(attention.news(News::Late).unwrap().1.unwrap().contains("10 s"));
        assert_eq!(attention.way(false, "a", "b"), bell());
        assert_eq!(attention.news(News::Over), None);
        assert_eq!(attention.way(false, "a", "b"), Way::Desktop);
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_waits_for_the_desktop_is_told_that_it_hangs() {
        let (results, mut finished) = mpsc::channel(4);
        let (go, gone) = std::sync::mpsc::channel::<()>();
        let show = move || gone.recv().map_err(|error| error.to_string());
        let task = tokio::spawn(tell_desktop(results, show));
        let mut next = async || match finished.recv().await {
            Some(Finished::Notified(news)) => news,
            _ => panic!("no news"),
        };
        // A thread holds the clock still, so it is moved by hand.
        tokio::task::yield_now().await;
        tokio::time::advance(PATIENCE).await;
        assert_eq!(next().await, News::Late);
        go.send(()).unwrap();
        assert_eq!(next().await, News::Over);
        task.await.unwrap();
    }
}
