//! What each handler takes and answers, in the words of the description. Paths and methods are the router's.

use chat_shared::ErrorCode::{self, *};
use chat_shared::Event;
use chat_shared::api::{
    Bootstrap, ChangeRoom, ChangeSettings, CreateRoom, EditMessage, EventsPage, History, Login, MarkRead, MarkUnread,
    MembersPage, MessagesPage, OpenDm, PostMessage, ReadState, Register, RoomSettings, RoomSummary, Rooms, SearchPage,
    Session,
};
use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::http::messages::{EventsQuery, LimitQuery, PageQuery, SearchParams, ThreadQuery};
use crate::http::rooms::MembersQuery;

/// The schema of one type, made when it is asked for.
pub(super) type Of = fn(&mut SchemaGenerator) -> Schema;

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Its properties are the parameters of a query.
fn query<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.root_schema_for::<T>()
}

/// What an answer carries.
#[derive(Clone, Copy)]
pub(super) enum Carries {
    Nothing,
    Json(Of),
    /// JSON that this description does not go into.
    Document,
    Text(&'static str),
}

/// Whether a token is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    Needed,
    Optional,
    Ignored,
}

/// What one handler does.
pub(super) struct Operation {
    pub(super) handler: &'static str,
    pub(super) tag: &'static str,
    pub(super) summary: &'static str,
    pub(super) token: Token,
    pub(super) query: Option<Of>,
    pub(super) takes: Option<Of>,
    /// It is a post: plain text is taken too, and an `Idempotency-Key`.
    pub(super) is_post: bool,
    pub(super) answers: Vec<(u16, &'static str, Carries)>,
    pub(super) errors: Vec<ErrorCode>,
}

impl Operation {
    fn new(tag: &'static str, handler: &'static str, summary: &'static str) -> Self {
        let (query, takes) = (None, None);
        let (is_post, answers, errors) = (false, Vec::new(), vec![Internal, RequestTimeout, Unauthorized, Unavailable]);
        Self { handler, tag, summary, token: Token::Needed, query, takes, is_post, answers, errors }
    }

    fn token(mut self, token: Token) -> Self {
        self.token = token;
        self.errors.retain(|code| *code != Unauthorized);
        self
    }

    fn asks<T: JsonSchema>(mut self) -> Self {
        self.query = Some(query::<T>);
        self.fails(&[Malformed])
    }

    fn takes<T: JsonSchema>(mut self) -> Self {
        self.takes = Some(of::<T>);
        self.fails(&[Malformed, TooLarge, UnsupportedMediaType])
    }

    fn gives<T: JsonSchema>(mut self, status: u16, what: &'static str) -> Self {
        self.answers.push((status, what, Carries::Json(of::<T>)));
        self
    }

    fn says(mut self, status: u16, what: &'static str, carries: Carries) -> Self {
        self.answers.push((status, what, carries));
        self
    }

    fn fails(mut self, codes: &[ErrorCode]) -> Self {
        self.errors.extend(codes);
        self
    }

    /// It is about a room that the caller is a member of.
    fn inside(self) -> Self {
        self.fails(&[RoomNotFound, NotAMember])
    }

    /// It is about one message.
    fn message(self) -> Self {
        self.inside().fails(&[Malformed, MessageNotFound])
    }

    /// It answers with the event, or with nothing.
    fn changes(self, otherwise: &'static str) -> Self {
        self.gives::<Event>(200, "The event, after it is durable.").says(204, otherwise, Carries::Nothing)
    }
}

/// Every handler of the router.
pub(super) fn operations() -> Vec<Operation> {
    [accounts(), rooms(), cursors(), messages(), changes(), server()].into_iter().flatten().collect()
}

fn accounts() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("accounts", handler, summary);
    vec![
        op("accounts_register", "Makes an account, and logs in. The first one is the administrator.")
            .token(Token::Ignored)
            .takes::<Register>()
            .gives::<Session>(201, "The account, and a token that is shown only here.")
            .fails(&[RegistrationClosed, InvalidName, InvalidPassword, NameTaken, RateLimited]),
        op("accounts_login", "Logs in.")
            .token(Token::Ignored)
            .takes::<Login>()
            .gives::<Session>(200, "The account, and a token that is shown only here.")
            .fails(&[WrongCredentials, RateLimited]),
        op("accounts_logout", "Ends the token, and every socket that was opened with it.").says(
            204,
            "The token is no longer valid.",
            Carries::Nothing,
        ),
        op("accounts_bootstrap", "Everything that a client needs for its first screen.")
            .gives::<Bootstrap>(200, "The caller, their rooms, the server's limits."),
    ]
}

fn rooms() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("rooms", handler, summary);
    vec![
        op("rooms_list", "All rooms that the caller may know of.").gives::<Rooms>(200, "By name."),
        op("rooms_create", "Makes a room, and joins it. This version refuses private ones.")
            .takes::<CreateRoom>()
            .gives::<RoomSummary>(201, "The room.")
            .fails(&[InvalidName, InvalidTopic, InvalidParameter, RoomNameTaken]),
        op("rooms_change", "Changes a room's name or topic.")
            .takes::<ChangeRoom>()
            .gives::<RoomSummary>(200, "The room as it is now.")
            .inside()
            .fails(&[Forbidden, InvalidName, InvalidTopic, RoomNameTaken]),
        op("rooms_join", "Joins a room. Again is no error.")
            .gives::<RoomSummary>(200, "The room.")
            .fails(&[RoomNotFound]),
        op("rooms_leave", "Leaves a room.")
            .says(204, "The caller is no longer a member.", Carries::Nothing)
            .inside()
            .fails(&[Forbidden]),
        op("rooms_members", "Who is in a room, and who of them is connected.")
            .asks::<MembersQuery>()
            .gives::<MembersPage>(200, "By name.")
            .inside()
            .fails(&[InvalidParameter]),
        op("dms_open", "Opens the one conversation of the caller with these people.")
            .takes::<OpenDm>()
            .gives::<RoomSummary>(201, "The conversation, made now.")
            .gives::<RoomSummary>(200, "The conversation, which was there.")
            .fails(&[UserNotFound, InvalidParameter]),
    ]
}

fn cursors() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("cursors", handler, summary).inside();
    vec![
        op("rooms_mark_read", "Moves the caller's read cursor forward.")
            .takes::<MarkRead>()
            .gives::<ReadState>(200, "Where it stands now."),
        op("rooms_mark_unread", "Makes a message the first unread one.")
            .takes::<MarkUnread>()
            .gives::<ReadState>(200, "Where the cursor and the mark stand now."),
        op("dms_change_settings", "How the caller wants a room, on all their devices.")
            .takes::<ChangeSettings>()
            .gives::<RoomSettings>(200, "What is kept now.")
            .fails(&[InvalidParameter]),
        op("rooms_typing", "Tells the others that the caller is writing. Good for 6 seconds.").says(
            204,
            "They have been told.",
            Carries::Nothing,
        ),
    ]
}

fn messages() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("messages", handler, summary);
    let mut post = op("messages_post", "Posts a message. With an Idempotency-Key it is safe to repeat.")
        .takes::<PostMessage>()
        .gives::<Event>(201, "The event, after it is durable; for a repeated key, the first one.")
        .inside()
        .fails(&[InvalidBody, InvalidKey, KeyReused, InvalidReply]);
    post.is_post = true;
    vec![
        post,
        op("messages_page", "Messages as they stand now.")
            .asks::<PageQuery>()
            .gives::<MessagesPage>(200, "Oldest first.")
            .inside()
            .fails(&[InvalidParameter]),
        op("messages_events", "A part of the room's log.")
            .asks::<EventsQuery>()
            .gives::<EventsPage>(200, "In order, without holes.")
            .inside()
            .fails(&[InvalidParameter]),
        op("messages_history", "The texts that a message has had.")
            .message()
            .asks::<LimitQuery>()
            .gives::<History>(200, "Oldest first.")
            .fails(&[MessageDeleted, InvalidParameter]),
        op("messages_thread", "The conversation that a message is part of.")
            .message()
            .asks::<ThreadQuery>()
            .gives::<MessagesPage>(200, "A part of it, where it began and all answers; oldest first.")
            .fails(&[InvalidParameter]),
        op("messages_search", "Searches in the caller's rooms.")
            .asks::<SearchParams>()
            .gives::<SearchPage>(200, "Newest first.")
            .inside()
            .fails(&[InvalidParameter]),
    ]
}

fn changes() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("messages", handler, summary).message();
    vec![
        op("messages_edit", "Gives a message a new text.")
            .takes::<EditMessage>()
            .changes("It had this text already.")
            .fails(&[Forbidden, MessageDeleted, InvalidBody]),
        op("messages_delete", "Deletes a message. Its number stays.")
            .changes("It was deleted already.")
            .fails(&[Forbidden]),
        op("messages_add_reaction", "Puts an emoji on a message.").changes("It was there already.").fails(&[
            MessageDeleted,
            InvalidEmoji,
            TooManyReactions,
        ]),
        op("messages_remove_reaction", "Takes an emoji back.")
            .changes("It was not there.")
            .fails(&[MessageDeleted, InvalidEmoji]),
    ]
}

fn server() -> Vec<Operation> {
    let op = |handler, summary| Operation::new("server", handler, summary);
    let cached = "The document. It has an ETag.";
    vec![
        op(
            "socket_upgrade",
            "Upgrades to a WebSocket; see asyncapi.json. The token may come in the first frame instead.",
        )
        .token(Token::Optional)
        .says(101, "Frames are JSON text from here on.", Carries::Nothing)
        .fails(&[Malformed]),
        op("description_openapi", "This description.").token(Token::Ignored).says(200, cached, Carries::Document).says(
            304,
            "The caller has it already.",
            Carries::Nothing,
        ),
        op("description_asyncapi", "What travels over the socket, as an AsyncAPI document.")
            .token(Token::Ignored)
            .says(200, cached, Carries::Document)
            .says(304, "The caller has it already.", Carries::Nothing),
        op("health_healthz", "Whether the process is alive.").token(Token::Ignored).says(
            200,
            "It is.",
            Carries::Text("text/plain"),
        ),
        op("health_readyz", "Whether the server can do its work.").token(Token::Ignored).says(
            200,
            "It can.",
            Carries::Text("text/plain"),
        ),
        op("health_metrics", "Counters, for callers on the server's own machine and for administrators.")
            .token(Token::Optional)
            .says(200, "In the format of OpenMetrics.", Carries::Text("application/openmetrics-text"))
            .fails(&[Forbidden]),
    ]
}
