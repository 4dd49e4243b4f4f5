//! What goes wrong around the interface: clocks that jump, logins that end, rooms that vanish, and very many of everything.

use chat_shared::api::{Member, MembersPage, RoomListing, RoomSummary};
use chat_shared::{RoomId, Timestamp, UserId};
use crossterm::event::KeyCode;
use uuid::Uuid;

use crate::app::effect::{Effect, PageFrom, TimerId};
use crate::app::event::{Done, Event, LinkEvent, Moment};
use crate::app::geometry::Area;
use crate::app::input::chord::Chord;
use crate::app::input::keymap::Action;
use crate::app::kept::Kept;
use crate::app::panels::overlay::Overlay;
use crate::app::settings::{Reread, Settings};
use crate::app::state::Screen;
use crate::app::testing::*;

/// Sends an event at a moment of the test's choice.
fn send_at(world: &mut World, event: Event, ms: i64, mono_us: u64) -> Vec<Effect> {
    let now = Moment { at: Timestamp::from_ms(ms), mono_us, fresh: Uuid::from_u128(u128::from(mono_us)) };
    crate::app::update(&mut world.state, event, now)
}

#[test]
fn a_clock_that_jumps_loses_nothing_and_stops_nothing() {
    let mut world = World::chatting(80, 24, 3);
    let day = 24 * 3_600_000;
    // Suspended for a month; then the battery was empty and the clock stands in the past; then in the year 1, and in the last one.
    for (n, ms) in [(1, at(3).as_ms() + 30 * day), (2, at(3).as_ms() - 400 * day), (3, i64::MIN), (4, i64::MAX)] {
        let seq = 3 + n;
        send_at(&mut world, live(says(GENERAL, seq, &format!("message {seq}"))), ms, n * 10_000_000);
        assert!(world.last_row().contains(&format!("message {seq}")), "{:?}", world.pane());
    }
    let shown: Vec<_> = world.pane().into_iter().filter(|row| row.contains("message")).collect();
    assert_eq!(shown.len(), 7, "in the order of the room, whatever the clock says: {shown:?}");
    // What is measured is measured by the other clock: the notice goes when its time has come.
    let effects = send_at(&mut world, Event::Done(Done::NotCopied), 0, 50_000_000);
    let timer: Vec<TimerId> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::StartTimer { id, .. } => Some(*id),
            _ => None,
        })
        .collect();
    assert!(world.notice().contains("no clipboard"));
    for id in timer {
        send_at(&mut world, Event::Timer(id), i64::MAX, 60_000_000);
    }
    assert_eq!(world.notice(), "");
}

#[test]
fn a_login_that_ends_meanwhile_keeps_the_draft_and_shows_why() {
    let mut world = World::new(80, 24, true);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0)])).send(Event::Link(LinkEvent::Online));
    world
        .type_text("half a thought")
        .send(Event::Link(LinkEvent::Unauthorized { reason: "Logged out elsewhere.".into() }));
    let Screen::Login(login) = &world.state.screen else { panic!("the login screen") };
    assert!(login.error.as_deref().unwrap_or_default().contains("Logged out elsewhere"), "{login:?}");
    let kept = world.take_only(|effect| match effect {
        Effect::Save(save) => Some(format!("{save:?}")),
        _ => None,
    });
    assert!(kept.iter().any(|save| save.contains("half a thought")), "{kept:?}");
    // Keys of the chat do nothing here.
    world.send(alt('a')).send(ctrl('k')).send(key(KeyCode::F(2)));
    assert!(world.state.overlay.is_none() && !world.state.is_bare);
}

#[test]
fn a_room_that_is_gone_while_one_writes_in_it() {
    let mut world = World::chatting(80, 24, 3);
    world.type_text("for nobody").send(key(KeyCode::F(1)));
    world.send(bootstrap(vec![summary(OPS, "ops", 5, 5, 0)]));
    assert_eq!(world.state.current, None, "what is typed on goes nowhere else");
    // What was asked of it before still comes, and does no harm.
    world.send(live(says(GENERAL, 4, "too late")));
    world.page(GENERAL, PageFrom::Latest, 1..=3, 3);
    world.send(Event::Link(LinkEvent::Typing { room: GENERAL, by: ANN, name: "ann".into() }));
    world.send(key(KeyCode::Esc)).type_text("still here").send(key(KeyCode::Enter));
    assert_eq!(world.posts(), []);
    world.send(alt('1')).enter("in ops");
    assert_eq!((world.state.current, world.posts().len()), (Some(OPS), 1));
    // The last one goes, too, and nothing is left to act on.
    world.send(bootstrap(Vec::new()));
    assert_eq!(world.state.current, None);
    world.take();
    let keys = [key(KeyCode::Enter), key(KeyCode::Up), ctrl('k'), key(KeyCode::Esc), alt('1'), ctrl('n'), alt('p')];
    for event in keys {
        world.send(event);
    }
    world.enter("x");
    assert_eq!((world.take(), world.state.overlay.is_none(), world.state.selected()), (vec![], true, None));
    // The next one is opened, with what had been begun in it.
    world.send(bootstrap(vec![summary(GENERAL, "general", 3, 3, 0)]));
    assert_eq!((world.state.current, world.draft()), (Some(GENERAL), "for nobody"));
}

#[test]
fn nothing_but_messages_for_the_terminals_own_selection() {
    let mut world = World::chatting(80, 24, 3);
    let mouse = |world: &mut World| {
        world.take_only(|effect| match effect {
            Effect::Mouse(is_ours) => Some(*is_ours),
            _ => None,
        })
    };
    world.type_text("a draft").send(key(KeyCode::F(2)));
    assert_eq!(mouse(&mut world), [false]);
    let geometry = world.state.geometry;
    assert_eq!((geometry.sidebar, geometry.header, geometry.composer_box), (None, None, None));
    assert_eq!(geometry.pane, Area::new(0, 0, 80, 22), "from edge to edge");
    assert!(world.last_row().contains("message 3"));
    world.type_text(" goes on");
    assert_eq!(world.draft(), "a draft goes on", "one may go on writing");
    world.send(key(KeyCode::F(2)));
    assert_eq!(mouse(&mut world), [true]);
    assert!(world.state.geometry.sidebar.is_some());
    world.send(key(KeyCode::F(2))).send(key(KeyCode::Esc));
    assert_eq!(mouse(&mut world), [false, true], "Esc goes back, too");
    let reread = |leaves_mouse| {
        let settings = Settings { leaves_mouse, ..Settings::default() };
        Event::Done(Done::Configured(Ok(Box::new(Reread { settings, other_servers: false }))))
    };
    world.send(reread(true)).send(key(KeyCode::F(2))).send(key(KeyCode::F(2)));
    assert_eq!(mouse(&mut world), [false, false, false], "who does not want it to be heard never gets it so");
    world.send(key(KeyCode::F(2))).send(reread(false)).send(key(KeyCode::F(2)));
    assert_eq!(mouse(&mut world), [false, false, true], "nor does it come before one is back");
}

#[test]
fn a_panel_gives_the_mouse_away_too_and_stays() {
    let mut world = World::chatting(80, 24, 3);
    world.send(ctrl('f')).type_text("mess").send(key(KeyCode::F(2)));
    assert!(world.state.is_bare && matches!(world.state.overlay, Some(Overlay::Search)));
    world.send(key(KeyCode::Esc));
    assert!(!world.state.is_bare && world.state.overlay.is_some(), "first the mouse comes back");
    world.send(key(KeyCode::Esc));
    assert!(world.state.overlay.is_none());
    // A question is answered, not looked at.
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('+'))).send(key(KeyCode::F(2)));
    assert!(world.state.prompt.is_some() && !world.state.is_bare);
}

#[test]
fn notices_name_the_keys_that_hold() {
    let mut world = World::chatting(80, 24, 3);
    let keys = [(Action::SelectText, vec![Chord::parse("F7").unwrap()]), (Action::Search, vec![])];
    world.state.settings.keys.rebind(&keys).unwrap();
    world.send(Event::Done(Done::NotCopied));
    assert!(world.notice().contains("F7 lets you select"), "{}", world.notice());
}

#[test]
fn settings_that_are_read_again_say_what_waits_for_the_next_start() {
    let mut world = World::chatting(80, 24, 3);
    let reread = |other_servers| {
        Event::Done(Done::Configured(Ok(Box::new(Reread { settings: Settings::default(), other_servers }))))
    };
    world.send(reread(false));
    assert_eq!(world.notice(), "The settings are read again.");
    world.send(key(KeyCode::Esc)).send(reread(true));
    assert!(world.notice().contains("servers, profiles and tokens count from the next start"), "{}", world.notice());
}

#[test]
fn what_one_does_next_is_answered_at_once() {
    let mut world = World::chatting(80, 24, 3);
    world.send(Event::Done(Done::NotCopied)).enter("/nope");
    assert!(world.notice().contains("no command /nope"), "{}", world.notice());
}

#[test]
fn an_aside_answers_nothing() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/topic lunch").send(Event::Done(Done::Aside("no desktop".into())));
    assert_eq!((world.notice().as_str(), world.draft()), ("no desktop", ""), "the topic is still on its way");
    world.enter("/logout").send(Event::Done(Done::Aside("The login is still here.".into())));
    let Screen::Login(login) = &world.state.screen else { panic!("the login screen") };
    assert_eq!(login.error.as_deref(), Some("The login is still here."));
}

#[test]
fn code_is_copied_as_it_was_written() {
    let mut world = World::chatting(80, 24, 0);
    let copied = |world: &mut World| {
        world.take_only(|effect| match effect {
            Effect::Copy(text) => Some(text.clone()),
            _ => None,
        })
    };
    world.send(live(says(GENERAL, 1, "look:\n```make\nall:\n\tcc  x.c\n```\nand\n```\nls | wc\n```")));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('Y')));
    assert_eq!(copied(&mut world), ["all:\n\tcc  x.c\n\nls | wc"]);
    world.send(live(says(GENERAL, 2, "no code")));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Char('Y')));
    assert_eq!(copied(&mut world), [""; 0]);
    assert_eq!(world.notice(), "There is no code block in this message; y copies all of it.");
    world.send(live(says(GENERAL, 3, &"x".repeat(100_000))));
    world.send(key(KeyCode::Esc)).send(key(KeyCode::Esc)).send(key(KeyCode::Esc)).send(key(KeyCode::Char('y')));
    assert_eq!(copied(&mut world), [""; 0], "no terminal takes that");
}

fn crowd(rooms: u128) -> World {
    let mut world = World::chatting(120, 40, 3);
    let name = |n: u128| format!("room-{n}");
    let mut all: Vec<RoomSummary> =
        (0..rooms).map(|n| summary(RoomId(Uuid::from_u128(1_000 + n)), &name(n), 5, 5, 0)).collect();
    all.push(summary(GENERAL, "general", 3, 3, 0));
    world.send(bootstrap(all)).send(Event::Link(LinkEvent::Online));
    world
}

#[test]
fn five_thousand_rooms_are_one_scroll_away() {
    let mut world = crowd(5_000);
    assert_eq!(world.state.rooms.order().len(), 5_001);
    world.send(ctrl('k')).type_text("room-4711").send(key(KeyCode::Enter));
    assert_eq!(world.state.room().map(|room| room.name.as_str()), Some("room-4711"));
    world.send(ctrl('n')).send(ctrl('p'));
    assert_eq!(world.state.room().map(|room| room.name.as_str()), Some("room-4711"));
    let before = world.state.rooms.order().to_vec();
    let far = RoomId(Uuid::from_u128(1_000));
    world.send(live(says(far, 6, "psst")));
    assert_eq!(world.state.rooms.order(), before, "rooms stay where they are");
    world.send(alt('a'));
    assert_eq!(world.state.current, Some(far));
}

#[test]
fn histories_of_rooms_that_are_left_do_not_pile_up() {
    let mut world = crowd(50);
    world.send(Event::Kept(Kept::Restored(Box::default())));
    let id = |n: u128| RoomId(Uuid::from_u128(1_000 + n));
    let entries = |world: &World, id: RoomId| {
        world.state.rooms.get(id).and_then(|room| room.timeline.as_ref()).map(|timeline| timeline.entries.len())
    };
    let visit = |world: &mut World, n: u128| {
        world.state.open(id(n));
        world.send(Event::Focus(true));
        world.page(id(n), PageFrom::Latest, 1..=5, 5);
    };
    (0..50).for_each(|n| visit(&mut world, n));
    let held: Vec<u128> = (0..50).filter(|n| entries(&world, id(*n)).is_some()).collect();
    assert_eq!(held, (39..50).collect::<Vec<_>>(), "the open one, and the ten before it");
    for seq in 6..2_006 {
        world.send(live(says(id(45), seq, "busy")));
    }
    assert_eq!(entries(&world, id(45)), Some(1_000));
    world.take();
    world.state.open(id(45));
    world.send(Event::Focus(true));
    assert!(world.last_row().ends_with("busy"));
    assert!(!world.take().iter().any(|effect| matches!(effect, Effect::LoadPage { .. } | Effect::LoadKept { .. })));
    // What is gone is asked of the disk, which has been told of everything.
    world.state.open(id(3));
    world.send(Event::Focus(true));
    assert!(world.take().contains(&Effect::LoadKept { room: id(3) }));
    // One that is loading is not dropped under its page.
    (5..30).for_each(|n| visit(&mut world, n));
    assert_eq!(entries(&world, id(3)), Some(0), "it waits for the disk");
}

#[test]
fn ten_thousand_members_are_only_a_number() {
    let mut world = World::chatting(80, 24, 3);
    let mut names: Vec<String> = (100..10_100).map(|n| format!("member-{n}")).collect();
    names.sort();
    // As the server does it: by name, so many at once.
    let page = |after: Option<&str>| {
        let rest: Vec<&String> = names.iter().filter(|name| after.is_none_or(|after| name.as_str() > after)).collect();
        let joined_at = Timestamp::default();
        let person =
            |name: &&String| Member { id: UserId(Uuid::from_u128(9)), name: (*name).clone(), joined_at, online: false };
        let next = rest.get(500).map(|name| (*name).clone());
        let page = MembersPage { members: rest.iter().take(500).map(person).collect(), next };
        Done::Members { room: GENERAL, after: after.map(str::to_owned), result: Ok(Box::new(page)) }
    };
    let asked = |world: &mut World| {
        world.take_only(|effect| if let Effect::LoadMembers { after, .. } = effect { after.clone() } else { None })
    };
    world.send(Event::Done(page(None)));
    world.type_text("@Member-77").send(key(KeyCode::Tab));
    assert_eq!(asked(&mut world), ["member-77"], "nobody of the first page is meant");
    world.send(key(KeyCode::Tab));
    assert_eq!((asked(&mut world), world.draft()), (vec![], "@Member-77"), "once");
    world.send(Event::Done(page(Some("member-77"))));
    assert_eq!(world.draft(), "@member-770 ");
    world.send(key(KeyCode::Tab));
    assert_eq!((asked(&mut world), world.draft()), (vec![], "@member-7700 "));
    // Whoever types on is not disturbed by an answer.
    world.send(ctrl('u')).type_text("@member-88").send(key(KeyCode::Tab)).type_text("8");
    world.send(Event::Done(page(Some("member-88"))));
    assert_eq!(world.draft(), "@member-888");
    world.send(key(KeyCode::Tab));
    assert_eq!(world.draft(), "@member-888 ");
}

#[test]
fn rooms_that_one_is_not_in_are_completed_where_one_enters_them() {
    let mut world = World::chatting(80, 24, 3);
    let listing = |n: u128, name: &str| RoomListing {
        id: chat_shared::RoomId(Uuid::from_u128(n)),
        name: name.into(),
        topic: String::new(),
        kind: chat_shared::api::RoomKind::Public,
        head: 1,
        members: 1,
        joined: false,
    };
    world.take();
    world.type_text("see #dep").send(key(KeyCode::Tab));
    assert_eq!(world.take_only(|e| matches!(e, Effect::ListRooms).then_some(())), [], "only where one enters them");
    world.send(ctrl('u')).type_text("/join #dep").send(key(KeyCode::Tab)).send(key(KeyCode::Tab));
    assert_eq!(world.take_only(|e| matches!(e, Effect::ListRooms).then_some(())).len(), 1);
    world.send(Event::Done(Done::RoomList(Ok(vec![listing(90, "depl\u{1b}oy"), listing(91, "depot")]))));
    assert_eq!(world.draft(), "/join #depl␛oy ");
    world.send(key(KeyCode::Tab));
    assert_eq!(world.draft(), "/join #depot ");
    world.send(ctrl('u')).type_text("/join #nowhere").send(key(KeyCode::Tab));
    world.take();
    world.send(Event::Done(Done::RoomList(Ok(vec![]))));
    assert_eq!(world.take_only(|e| matches!(e, Effect::ListRooms).then_some(())), [], "an answer asks nothing");
}
