//! What commands list of the open room: who is in it, and its links.

use chat_shared::api::{Member, MembersPage};
use chat_shared::{RoomId, UserId};
use crossterm::event::KeyCode;
use uuid::Uuid;

use crate::app::effect::Effect;
use crate::app::event::{Done, Event, LinkEvent};
use crate::app::linear::Narrator;
use crate::app::panels::overlay::Overlay;
use crate::app::testing::{ANN, GENERAL, ME, OPS, World, alt, at, bootstrap, failure, key, live, says, summary};
use crate::failure::FailureKind;

fn page(names: &[&str], next: Option<&str>) -> MembersPage {
    let member = |(n, name): (u128, &&str)| {
        let id = if *name == "me" { ME } else { UserId(Uuid::from_u128(100 + n)) };
        Member { id, name: (*name).to_owned(), joined_at: at(1), online: false }
    };
    MembersPage { members: (0..).zip(names).map(member).collect(), next: next.map(str::to_owned) }
}

fn answer(world: &mut World, room: RoomId, after: Option<&str>, page: MembersPage) {
    let result = Ok(Box::new(page));
    world.send(Event::Done(Done::Members { room, after: after.map(str::to_owned), result }));
}

fn asked(world: &mut World) -> Vec<Option<String>> {
    world.take_only(|effect| match effect {
        Effect::LoadMembers { after, .. } => Some(after.clone()),
        _ => None,
    })
}

fn names(world: &World) -> Vec<String> {
    let Some(Overlay::Members(roster)) = &world.state.overlay else { return Vec::new() };
    roster.people.iter().map(|(_, name)| name.clone()).collect()
}

#[test]
fn enter_talks_to_a_member() {
    let mut world = World::chatting(80, 24, 10);
    world.enter("/who");
    assert_eq!(asked(&mut world), [None]);
    answer(&mut world, OPS, None, page(&["eve"], None));
    assert!(names(&world).is_empty(), "that is another room");
    answer(&mut world, GENERAL, None, page(&["ann", "b\u{1b}ob", "me"], None));
    assert_eq!(names(&world), ["ann", "b␛ob", "me"]);
    world.send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    let direct = world.take_only(|effect| match effect {
        Effect::OpenDm { name, say, .. } => Some((name.clone(), say.clone())),
        _ => None,
    });
    assert_eq!(direct, [("b␛ob".to_owned(), None)]);
    assert!(world.state.overlay.is_none());
}

#[test]
fn a_large_room_comes_in_pages() {
    let mut world = World::chatting(80, 24, 10);
    world.enter("/members");
    let many: Vec<String> = (0..500).map(|n| format!("m{n:03}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    asked(&mut world);
    answer(&mut world, GENERAL, None, page(&many, Some("m499")));
    assert!(asked(&mut world).is_empty(), "the end is far");
    world.send(key(KeyCode::End));
    assert_eq!(asked(&mut world), [Some("m499".to_owned())]);
    world.send(key(KeyCode::Up));
    assert!(asked(&mut world).is_empty(), "once");
    answer(&mut world, GENERAL, Some("m499"), page(&["zoe"], None));
    assert_eq!(names(&world).len(), 501);
    world.send(key(KeyCode::End));
    assert!(asked(&mut world).is_empty());
    // One that is not had closes nothing that is there.
    world.send(key(KeyCode::Esc)).enter("/members");
    let gone =
        || Event::Done(Done::Members { room: GENERAL, after: None, result: Err(failure(FailureKind::NoAnswer)) });
    world.send(gone());
    assert!(world.state.overlay.is_none() && world.notice().contains("list the members"), "{}", world.notice());
    // What completion asks for is not for the panel.
    world.send(alt('2')).send(gone());
    assert!(!world.state.online.contains(&ANN));
}

/// The names in the list that are marked as online.
fn marked(world: &World) -> Vec<String> {
    let Some(Overlay::Members(roster)) = &world.state.overlay else { return Vec::new() };
    let rows = roster.people.iter().map(|person| world.state.roster_row(roster, person).0);
    rows.filter_map(|row| row.strip_prefix("● ").map(str::to_owned)).collect()
}

#[test]
fn who_is_online_is_marked() {
    let listed = || {
        let mut page = page(&["ann", "bob", "eve", "me"], None);
        page.members[0].id = ANN;
        page.members.iter_mut().filter(|member| member.name != "bob").for_each(|member| member.online = true);
        page
    };
    let mut world = World::chatting(80, 24, 10);
    world.enter("/members");
    answer(&mut world, GENERAL, None, listed());
    assert_eq!(marked(&world), ["ann", "eve"], "nobody needs to be told of oneself");
    // Of ann it is told what changes.
    let _ = world.state.take_dirty();
    world.send(Event::Link(LinkEvent::Presence { user: ANN, online: false }));
    assert!(world.state.take_dirty());
    assert_eq!(marked(&world), ["eve"]);
    world.send(Event::Link(LinkEvent::Offline { reason: "gone".into(), retry_in_ms: 1 }));
    assert_eq!(marked(&world), [""; 0], "nobody knows");
    asked(&mut world);
    world.send(key(KeyCode::End)).send(bootstrap(vec![summary(GENERAL, "general", 10, 10, 0)]));
    world.send(Event::Link(LinkEvent::Online));
    assert_eq!((asked(&mut world), names(&world).len()), (vec![None], 4), "the list stays until there is another");
    answer(&mut world, GENERAL, None, page(&["bob"], None));
    assert_eq!((names(&world), marked(&world)), (vec!["bob".to_owned()], vec![]));
    world.send(key(KeyCode::Down)).send(key(KeyCode::Esc));
    // In lines it is said.
    let mut narrator = Narrator::default();
    narrator.after(&mut world.state);
    world.send(Event::Line("/members".into()));
    answer(&mut world, GENERAL, None, listed());
    let lines = narrator.after(&mut world.state);
    assert!(lines.iter().any(|line| line.contains("ann (online), bob, eve (online), you")), "{lines:?}");
}

#[test]
fn linear_mode_tells_the_names() {
    let mut world = World::chatting(80, 24, 10);
    let mut narrator = Narrator::default();
    narrator.after(&mut world.state);
    world.send(Event::Line("/names".into()));
    let done = Done::Members { room: GENERAL, after: None, result: Ok(Box::new(page(&["ann", "bob", "me"], None))) };
    world.send(Event::Done(done));
    let lines = narrator.after(&mut world.state);
    assert!(lines.contains(&"12 members: ann, bob, you, and 9 more".to_owned()), "{lines:?}");
}

#[test]
fn the_links_of_a_room_are_listed_once() {
    let mut world = World::chatting(80, 24, 3);
    world.enter("/links");
    assert!(world.notice().contains("no links"), "{}", world.notice());
    world.send(live(says(GENERAL, 4, "see https://a.example/x and [two](https://b.example/y)")));
    world.send(live(says(GENERAL, 5, "`https://code.example` again https://a.example/x")));
    world.enter("/urls");
    let Some(Overlay::Links { list, .. }) = &world.state.overlay else { panic!("{:?}", world.state.overlay) };
    let list: Vec<&str> = list.iter().map(AsRef::as_ref).collect();
    assert_eq!(list, ["https://a.example/x", "https://b.example/y"]);
    world.send(key(KeyCode::Down)).send(key(KeyCode::Enter));
    let opened = world.take_only(|effect| match effect {
        Effect::OpenUrl(url) => Some(url.clone()),
        _ => None,
    });
    assert_eq!(opened, ["https://b.example/y"]);
}
