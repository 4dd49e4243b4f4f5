//! What the chrome says about the connection, the rooms and who is typing. Pure.

use super::alert::pace::Quiet;
use super::state::{Link, State};

/// The lines of the sidebar's bottom: what waits, and how the connection is.
pub(crate) fn status_lines(state: &State) -> [String; 2] {
    let [waits, link] = connection_lines(state);
    let (whole, short) = match state.alerts.quiet {
        Quiet::No => return [waits, link],
        Quiet::Yes => ("do not disturb".to_owned(), "dnd".to_owned()),
        Quiet::Until { at, .. } => {
            let time = state.clock.time_of_day(at);
            (format!("dnd until {time}"), format!("dnd {time}"))
        }
    };
    [if waits.is_empty() { whole } else { format!("{waits} · {short}") }, link]
}

fn connection_lines(state: &State) -> [String; 2] {
    let queued = state.queued();
    match &state.link {
        Link::Online => {
            // One message on its way is the ordinary case; its own row shows it.
            [if queued > 1 { format!("sending {queued}") } else { String::new() }, live(state)]
        }
        Link::Connecting | Link::CatchingUp => [waiting(queued), connecting(state)],
        Link::Offline { .. } => [offline(queued), connecting(state)],
    }
}

/// The same in one line, for the bottom line when the sidebar is folded.
pub(crate) fn status_line(state: &State) -> String {
    status_lines(state).into_iter().filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn live(state: &State) -> String {
    match state.latency_us {
        None => "live".into(),
        Some(us) if us < 1_000 => "live · <1 ms".into(),
        Some(us) if us < 10_000_000 => format!("live · {} ms", us / 1_000),
        Some(us) => format!("live · {} s", us / 1_000_000),
    }
}

fn waiting(queued: usize) -> String {
    if queued > 0 { format!("{queued} queued") } else { String::new() }
}

fn offline(queued: usize) -> String {
    if queued > 0 { format!("offline: {queued} queued") } else { "offline".into() }
}

fn connecting(state: &State) -> String {
    match &state.link {
        Link::CatchingUp => "catching up …".into(),
        Link::Offline { retry_at_us, .. } => match seconds_until(*retry_at_us, state.now.mono_us) {
            0 => "reconnecting …".into(),
            seconds => format!("reconnecting in {seconds} s"),
        },
        Link::Connecting | Link::Online => "connecting …".into(),
    }
}

/// "as of 09:12": how old what is shown is, while we are not online.
pub(crate) fn as_of(state: &State) -> Option<String> {
    let at = state.keep.as_of.filter(|_| !state.is_online())?;
    let (clock, now) = (&state.clock, state.now.at);
    let (day, time) = (clock.day(at), clock.time(at));
    let is_today = day == clock.day(now);
    Some(if is_today { format!("as of {time}") } else { format!("as of {} {time}", clock.day_name(day, now)) })
}

/// Whole seconds, rounded up.
pub(crate) fn seconds_until(at_us: u64, now_us: u64) -> u64 {
    at_us.saturating_sub(now_us).div_ceil(1_000_000)
}

/// "bob is typing…"
pub(crate) fn typing_line(state: &State) -> String {
    match state.typing.as_slice() {
        [] => String::new(),
        [one] => format!("{} is typing…", one.name),
        [one, two] => format!("{} and {} are typing…", one.name, two.name),
        [one, rest @ ..] => format!("{} and {} others are typing…", one.name, rest.len()),
    }
}

/// The terminal's title: how many messages mention us, how many are unread, and the open room.
pub(crate) fn title(state: &State) -> String {
    let Some(room) = state.room() else { return "chat".into() };
    let wanted = state.rooms.values().filter(|room| room.urgency().is_some()).map(|room| room.reading);
    let (unread, mentions) = wanted.fold((0_u64, 0_u64), |(unread, mentions), reading| {
        (unread.saturating_add(reading.unread), mentions.saturating_add(reading.mentions))
    });
    let room = super::text::clean_short(&room.title(), 64);
    // In front, where a narrow tab shows it.
    match (unread, mentions) {
        (0, 0) => format!("chat: {room}"),
        (_, 0) => format!("({unread}) chat: {room}"),
        (_, _) => format!("(@{mentions} {unread}) chat: {room}"),
    }
}
