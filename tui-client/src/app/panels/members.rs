//! The list of who is in the open room: how it comes in pages and stays true, and what it leads to. Pure.

use std::collections::BTreeSet;

use chat_shared::api::MembersPage;
use chat_shared::limit::USER_NAME_CHARS;
use chat_shared::{RoomId, UserId};

use super::overlay::Overlay;
use super::roster::Roster;
use crate::app::effect::Effect;
use crate::app::state::State;
use crate::app::text::clean_short;
use crate::failure::Failure;

/// So near to the end of what is loaded, the next page is asked for.
const NEAR_END: usize = 50;
/// Names that one line of linear mode tells.
const TOLD_MAX: usize = 200;

impl State {
    /// `/members`
    pub(crate) fn open_roster(&mut self) {
        let Some(room) = self.current else { return };
        let roster = Roster { room, people: Vec::new(), online: BTreeSet::new(), at: 0, next: None, asked: Some(None) };
        self.overlay = Some(Overlay::Members(roster));
        self.emit(Effect::LoadMembers { room, after: None });
    }

    /// A page of a room's members, if it is one that the panel waits for.
    pub(crate) fn roster_loaded(&mut self, room: RoomId, after: Option<&str>, result: Result<&MembersPage, &Failure>) {
        let me = self.my_id();
        let Some(Overlay::Members(roster)) = &mut self.overlay else { return };
        let is_awaited = roster.asked.as_ref().is_some_and(|asked| asked.as_deref() == after);
        if roster.room != room || !is_awaited {
            return;
        }
        roster.asked = None;
        match result {
            Ok(page) => {
                if after.is_none() {
                    (roster.people, roster.online) = (Vec::new(), BTreeSet::new());
                }
                let others = page.members.iter().filter(|member| Some(member.id) != me);
                let is_online = |id: &UserId| self.online.contains(id);
                roster.online.extend(others.filter(|m| m.online || is_online(&m.id)).map(|member| member.id));
                let clean = |name: &str| clean_short(name, USER_NAME_CHARS);
                roster.people.extend(page.members.iter().map(|member| (member.id, clean(&member.name))));
                // A page that leads nowhere is the last one.
                roster.at = roster.at.min(roster.people.len().saturating_sub(1));
                roster.next = page.next.clone().filter(|next| !page.members.is_empty() && Some(next.as_str()) != after);
            }
            Err(failure) => {
                let is_empty = roster.people.is_empty();
                roster.next = None;
                if is_empty {
                    self.overlay = None;
                }
                self.failed("list the members", failure);
            }
        }
    }

    /// Asks for the next page where the end of what is here comes near.
    pub(crate) fn load_roster(&mut self) {
        let Some(Overlay::Members(roster)) = &mut self.overlay else { return };
        if roster.asked.is_some() || roster.at + NEAR_END < roster.people.len() {
            return;
        }
        let Some(after) = roster.next.take() else { return };
        let room = roster.room;
        roster.asked = Some(Some(after.clone()));
        self.emit(Effect::LoadMembers { room, after: Some(after) });
    }

    /// There is a connection again: what was missed of the room is asked for.
    pub(crate) fn resume_roster(&mut self) {
        let Some(Overlay::Members(roster)) = &mut self.overlay else { return };
        let room = roster.room;
        (roster.asked, roster.next) = (Some(None), None);
        self.emit(Effect::LoadMembers { room, after: None });
    }

    /// Somebody came or went. Says whether an open list shows it.
    pub(crate) fn mark_in_roster(&mut self, user: UserId, online: bool) -> bool {
        let Some(Overlay::Members(roster)) = &mut self.overlay else { return false };
        if online { roster.online.insert(user) } else { roster.online.remove(&user) }
    }

    /// What stands at the top: how many there are, and what Enter does.
    pub(crate) fn roster_title(&self, roster: &Roster, accept: &str) -> String {
        let Some(room) = self.rooms.get(roster.room) else { return "Members".into() };
        format!("{}: {} ({accept} talks to one)", room.title(), crate::app::text::counted(room.members, "member"))
    }

    /// A row for each: who is online, and which one is us. Ourselves without a mark: it would look as if nobody else was there.
    pub(crate) fn roster_row(&self, roster: &Roster, (id, name): &(UserId, String)) -> (String, String) {
        let is_me = Some(*id) == self.my_id();
        let mark = if self.is_online() && roster.online.contains(id) { "●" } else { " " };
        (format!("{mark} {name}"), if is_me { "you".into() } else { String::new() })
    }

    /// Enter: the conversation with the chosen one.
    pub(crate) fn talk_to_chosen(&mut self, roster: &Roster) {
        if let Some((_, name)) = roster.people.get(roster.at) {
            let asked = self.asked_here();
            self.direct(name.clone(), None, asked);
        }
    }

    /// For linear mode: the names in one line.
    pub(crate) fn roster_line(&self, roster: &Roster) -> String {
        let me = self.my_id();
        let name = |(id, name): &(UserId, String)| match Some(*id) == me {
            true => "you".to_owned(),
            false if roster.online.contains(id) => format!("{name} (online)"),
            false => name.clone(),
        };
        let names: Vec<String> = roster.people.iter().take(TOLD_MAX).map(name).collect();
        let all = self.rooms.get(roster.room).map_or(0, |room| room.members);
        let rest = all.saturating_sub(u64::try_from(names.len()).unwrap_or(u64::MAX));
        let more = if rest > 0 { format!(", and {rest} more") } else { String::new() };
        format!("{}: {}{more}", crate::app::text::counted(all, "member"), names.join(", "))
    }
}
