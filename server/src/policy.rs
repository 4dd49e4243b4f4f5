//! Who may do what: one pure function, the same for every door and every store.
//!
//! Stores evaluate it inside the transaction that acts, on facts read in that transaction, so that a decision can not
//! be overtaken by the removal of a member.

use chat_shared::api::RoomKind;

/// What somebody wants to do with a room, or with a message in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Read history, events and members; listen.
    Read,
    /// Post, react, say that one is typing.
    Write,
    /// Become a member.
    Join,
    /// Stop being one.
    Leave,
    /// Change the text of a message.
    Edit,
    /// Delete a message.
    Delete,
    /// Change the topic.
    ChangeTopic,
    /// Change the name.
    Rename,
}

/// The facts that a decision needs: who stands how towards what.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    /// Administers the server.
    pub admin: bool,
    /// Is a member of the room.
    pub member: bool,
    /// Wrote the message in question; where none is in question: made the room.
    pub author: bool,
    /// The room's kind.
    pub kind: RoomKind,
    /// The room is `general`, which always exists by that name.
    pub general: bool,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// They may not even know that it exists.
    Hidden,
    /// They have to join first.
    NotAMember,
    /// It is not theirs to do.
    Forbidden,
}

/// Decides whether somebody who stands like this may do that.
///
/// # Errors
/// The reason why not; [`Denied::Hidden`] wherever any other answer would tell of a room that they may not know of.
pub fn may(action: Action, standing: Standing) -> Result<(), Denied> {
    let Standing { admin, member, author, kind, general } = standing;
    if !member && kind != RoomKind::Public {
        return Err(Denied::Hidden);
    }
    let allowed = match action {
        Action::Join => true,
        _ if !member => return Err(Denied::NotAMember),
        Action::Read | Action::Write | Action::ChangeTopic => true,
        // Who is in a direct conversation is what it is, and all that it is called by.
        Action::Leave => kind != RoomKind::Dm,
        Action::Edit => author,
        Action::Delete => author || (admin && kind != RoomKind::Dm),
        Action::Rename => (author || admin) && !general && kind != RoomKind::Dm,
    };
    if allowed { Ok(()) } else { Err(Denied::Forbidden) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMBER: Standing =
        Standing { admin: false, member: true, author: false, kind: RoomKind::Public, general: false };

    #[test]
    fn outsiders_of_a_private_room_learn_nothing() {
        for action in [Action::Read, Action::Write, Action::Join, Action::Leave, Action::Delete, Action::Rename] {
            for kind in [RoomKind::Private, RoomKind::Dm, RoomKind::Unknown] {
                let outsider = Standing { member: false, admin: true, kind, ..MEMBER };
                assert_eq!(may(action, outsider), Err(Denied::Hidden));
            }
        }
    }

    #[test]
    fn outsiders_of_a_public_room_may_join_it_and_no_more() {
        let outsider = Standing { member: false, ..MEMBER };
        assert_eq!(may(Action::Join, outsider), Ok(()));
        assert_eq!(may(Action::Read, outsider), Err(Denied::NotAMember));
        assert_eq!(may(Action::Write, outsider), Err(Denied::NotAMember));
    }

    #[test]
    fn words_belong_to_their_author() {
        assert_eq!(may(Action::Edit, MEMBER), Err(Denied::Forbidden));
        assert_eq!(may(Action::Edit, Standing { admin: true, ..MEMBER }), Err(Denied::Forbidden));
        assert_eq!(may(Action::Edit, Standing { author: true, ..MEMBER }), Ok(()));
        assert_eq!(may(Action::Delete, Standing { admin: true, ..MEMBER }), Ok(()));
    }

    #[test]
    fn a_direct_conversation_stays_between_its_people() {
        let member = Standing { kind: RoomKind::Dm, ..MEMBER };
        assert_eq!(may(Action::Write, member), Ok(()));
        assert_eq!(may(Action::Leave, member), Err(Denied::Forbidden));
        assert_eq!(may(Action::Rename, Standing { author: true, admin: true, ..member }), Err(Denied::Forbidden));
        assert_eq!(may(Action::Delete, Standing { admin: true, ..member }), Err(Denied::Forbidden));
    }

    #[test]
    fn general_keeps_its_name() {
        assert_eq!(may(Action::Rename, Standing { admin: true, general: true, ..MEMBER }), Err(Denied::Forbidden));
        assert_eq!(may(Action::Rename, Standing { author: true, ..MEMBER }), Ok(()));
    }
}
