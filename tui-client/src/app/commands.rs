//! The slash commands: one table for parsing, completion and the help screen. Pure.

pub(crate) mod names;
pub(crate) mod until;

use chat_shared::Seq;
use chat_shared::api::Level;

use self::until::Until;
use super::rooms::moving::Towards;

/// A command, with what it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Join(String),
    Create {
        name: String,
        topic: String,
    },
    Direct {
        name: String,
        say: Option<String>,
    },
    Mute(Level),
    Favourite,
    Move(Towards),
    Leave,
    /// `None` tells it.
    Topic(Option<String>),
    Rooms,
    Members,
    Links,
    Search(String),
    /// From this message on; or from the newest one of somebody else.
    Unread(Option<Seq>),
    /// Everything is read: here, or in all rooms.
    Read {
        all: bool,
    },
    /// `None`: on, or off again.
    DoNotDisturb(Option<Until>),
    Notices,
    Help,
    /// What one command does.
    Explain(String),
    Reload,
    Logout,
    Quit,
    /// Text to post: an action, which stays in the message as it was typed, or what follows a doubled slash.
    Say(String),
}

impl Command {
    /// Whether it is about the open room, or a message for it.
    pub(crate) fn needs_room(&self) -> bool {
        use Command::{Favourite, Leave, Links, Members, Move, Mute, Say, Topic, Unread};
        matches!(self, Mute(_) | Favourite | Move(_) | Leave | Topic(_) | Unread(_) | Members | Links | Say(_))
    }
}

/// One row of the table.
pub(crate) struct Spec {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static str,
    pub(crate) help: &'static str,
    parse: fn(&str) -> Result<Command, String>,
}

/// The table.
pub(crate) const COMMANDS: &[Spec] = &[
    Spec {
        name: "join",
        arguments: "NAME",
        help: "join a room, or go to it",
        parse: |rest| Ok(Command::Join(one_name(rest)?)),
    },
    Spec { name: "create", arguments: "NAME [TOPIC]", help: "make a room", parse: create },
    Spec {
        name: "dm",
        arguments: "NAME[,NAME…] [TEXT]",
        help: "talk to somebody, or to several people",
        parse: direct,
    },
    Spec { name: "leave", arguments: "", help: "leave this room", parse: |rest| nothing(rest, Command::Leave) },
    Spec {
        name: "topic",
        arguments: "[TEXT]",
        help: "say what this room is about (- for nothing), or be told",
        parse: topic,
    },
    Spec {
        name: "mute",
        arguments: "[all|mentions|nothing]",
        help: "what in this room shall still call you; nothing, unless you say so",
        parse: mute,
    },
    Spec {
        name: "unmute",
        arguments: "",
        help: "everything in this room calls you again",
        parse: |rest| nothing(rest, Command::Mute(Level::All)),
    },
    Spec {
        name: "favourite",
        arguments: "",
        help: "put this room first, or back",
        parse: |rest| nothing(rest, Command::Favourite),
    },
    Spec {
        name: "move",
        arguments: "up|down|first|last",
        help: "give this favourite another place among them",
        parse: towards,
    },
    Spec { name: "me", arguments: "TEXT", help: "say what you do: * ann waves", parse: me },
    Spec {
        name: "rooms",
        arguments: "",
        help: "list the rooms that you may join",
        parse: |rest| nothing(rest, Command::Rooms),
    },
    Spec {
        name: "members",
        arguments: "",
        help: "who is in this room; Enter talks to somebody",
        parse: |rest| nothing(rest, Command::Members),
    },
    Spec {
        name: "links",
        arguments: "",
        help: "the links in what is loaded of this room, the newest first",
        parse: |rest| nothing(rest, Command::Links),
    },
    Spec {
        name: "search",
        arguments: "WORDS",
        help: "search all rooms; in:#room from:@name narrow it",
        parse: |rest| Ok(Command::Search(rest.split_whitespace().collect::<Vec<_>>().join(" "))),
    },
    Spec {
        name: "unread",
        arguments: "[NUMBER]",
        help: "mark the newest message as unread, or all from a number on",
        parse: unread,
    },
    Spec { name: "read", arguments: "[all]", help: "mark this room as read, or all of them", parse: read },
    Spec {
        name: "dnd",
        arguments: "[30m|1h30m|14:00]",
        help: "do not disturb for so long, until then, or until /dnd",
        parse: do_not_disturb,
    },
    Spec {
        name: "notices",
        arguments: "",
        help: "what the program has said of late, with the times",
        parse: |rest| nothing(rest, Command::Notices),
    },
    Spec { name: "help", arguments: "[COMMAND]", help: "keys and commands, or what one of these does", parse: help },
    Spec {
        name: "reload",
        arguments: "",
        help: "read config.toml again",
        parse: |rest| nothing(rest, Command::Reload),
    },
    Spec { name: "logout", arguments: "", help: "forget this login", parse: |rest| nothing(rest, Command::Logout) },
    Spec { name: "quit", arguments: "", help: "end the program", parse: |rest| nothing(rest, Command::Quit) },
];

impl Spec {
    /// What to type, and what that does.
    fn usage(&self) -> String {
        let usage = format!("/{} {}", self.name, self.arguments);
        format!("{}: {}", usage.trim_end(), self.help)
    }

    /// The words that it takes one of, where it does.
    pub(crate) fn choices(&self) -> Option<impl Iterator<Item = &'static str>> {
        let words = self.arguments.trim_matches(['[', ']']);
        let are_words = !words.is_empty() && words.chars().all(|c| c.is_ascii_lowercase() || c == '|');
        are_words.then(|| words.split('|'))
    }
}

/// The command of this name, in whatever case, or of one that stands for it.
pub(crate) fn spec(name: &str) -> Option<&'static Spec> {
    let name = name.to_ascii_lowercase();
    let name = names::meant(&name);
    COMMANDS.iter().find(|spec| spec.name == name)
}

fn unknown(name: &str) -> String {
    let known: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).collect();
    names::unknown(name, &known)
}

/// Reads what was typed: `None` for an ordinary message.
///
/// # Errors
/// Words for the status line: no such command, or what it needs.
pub(crate) fn parse(text: &str) -> Option<Result<Command, String>> {
    let rest = text.strip_prefix('/')?;
    if rest.starts_with('/') {
        return Some(Ok(Command::Say(rest.to_owned())));
    }
    let (name, arguments) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some(match spec(name) {
        Some(spec) => (spec.parse)(arguments.trim()).map_err(|problem| format!("/{}: {problem}", spec.name)),
        None => Err(unknown(name)),
    })
}

/// What the hint line says while a command is being typed: what it does, or which ones there are.
pub(crate) fn hint(text: &str) -> Option<String> {
    let rest = text.strip_prefix('/').filter(|rest| !rest.starts_with('/') && !text.contains('\n'))?;
    let (name, is_whole) = rest.split_once(' ').map_or((rest, false), |(name, _)| (name, true));
    let name = name.to_ascii_lowercase();
    if let Some(spec) = spec(&name).filter(|spec| is_whole || name.len() > 1 || spec.name == name) {
        return Some(spec.usage());
    }
    let fits: Vec<&str> = COMMANDS.iter().map(|spec| spec.name).filter(|known| known.starts_with(&name)).collect();
    if is_whole || fits.is_empty() {
        return Some(unknown(&name));
    }
    Some(format!("/{}   Tab completes", fits.join(" /")))
}

fn one_name(rest: &str) -> Result<String, String> {
    let name = rest.strip_prefix('#').unwrap_or(rest);
    match name {
        "" => Err("which room?".into()),
        _ if name.contains(char::is_whitespace) => Err("a room's name has no spaces.".into()),
        _ => Ok(name.to_owned()),
    }
}

fn create(rest: &str) -> Result<Command, String> {
    let (name, topic) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Ok(Command::Create { name: one_name(name)?, topic: topic.trim().to_owned() })
}

fn direct(rest: &str) -> Result<Command, String> {
    let is_all_names = rest.split_whitespace().all(|word| word.len() > 1 && word.starts_with('@'));
    let (names, text) = if is_all_names { (rest, "") } else { names_and_text(rest) };
    let names = names.split(|c: char| c == ',' || c.is_whitespace());
    let names = names.map(|name| name.strip_prefix('@').unwrap_or(name)).filter(|name| !name.is_empty());
    let name = names.collect::<Vec<_>>().join(",");
    let say = Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    if name.is_empty() { Err("with whom?".into()) } else { Ok(Command::Direct { name, say }) }
}

/// `ann, bob hello` is for two people, `ann hello, bob` for one: names go on behind a comma.
fn names_and_text(rest: &str) -> (&str, &str) {
    let mut end = 0;
    loop {
        let from = end + rest[end..].len() - rest[end..].trim_start().len();
        end = rest[from..].find(char::is_whitespace).map_or(rest.len(), |length| from + length);
        if end == rest.len() || !rest[from..end].ends_with(',') {
            return rest.split_at(end);
        }
    }
}

fn mute(rest: &str) -> Result<Command, String> {
    match rest.to_ascii_lowercase().as_str() {
        "all" => Ok(Command::Mute(Level::All)),
        "mentions" => Ok(Command::Mute(Level::Mentions)),
        "nothing" | "" => Ok(Command::Mute(Level::Nothing)),
        _ => Err("say what shall still call you: all, mentions or nothing.".into()),
    }
}

fn do_not_disturb(rest: &str) -> Result<Command, String> {
    let until = Until::parse(rest);
    if rest.is_empty() || until.is_some() {
        return Ok(Command::DoNotDisturb(until));
    }
    Err("it takes how long (30m, 1h30m) or until when (14:00), within a day; or nothing.".into())
}

fn towards(rest: &str) -> Result<Command, String> {
    match rest.to_lowercase().as_str() {
        "up" => Ok(Command::Move(Towards::Up)),
        "down" => Ok(Command::Move(Towards::Down)),
        "first" => Ok(Command::Move(Towards::First)),
        "last" => Ok(Command::Move(Towards::Last)),
        _ => Err("say where to: up, down, first or last.".into()),
    }
}

fn unread(rest: &str) -> Result<Command, String> {
    if rest.is_empty() {
        return Ok(Command::Unread(None));
    }
    let number = rest.trim_matches(['(', ')']).parse();
    number.map(|seq| Command::Unread(Some(seq))).map_err(|_| "it takes the number of a message, or nothing.".into())
}

fn read(rest: &str) -> Result<Command, String> {
    match rest {
        "" => Ok(Command::Read { all: false }),
        _ if rest.eq_ignore_ascii_case("all") => Ok(Command::Read { all: true }),
        _ => Err("it takes \"all\", or nothing.".into()),
    }
}

fn topic(rest: &str) -> Result<Command, String> {
    if rest.contains('\n') {
        return Err("a topic is one line.".into());
    }
    // Who only asks for it must not take it away from everybody.
    Ok(Command::Topic(match rest {
        "" => None,
        "-" => Some(String::new()),
        text => Some(text.to_owned()),
    }))
}

fn help(rest: &str) -> Result<Command, String> {
    let name = rest.strip_prefix('/').unwrap_or(rest);
    match spec(name) {
        _ if rest.is_empty() => Ok(Command::Help),
        Some(spec) => Ok(Command::Explain(spec.usage())),
        None => Err(unknown(name)),
    }
}

fn me(rest: &str) -> Result<Command, String> {
    if rest.is_empty() { Err("what do you do?".into()) } else { Ok(Command::Say(format!("/me {rest}"))) }
}

fn nothing(rest: &str, command: Command) -> Result<Command, String> {
    if rest.is_empty() { Ok(command) } else { Err("it takes nothing behind it.".into()) }
}

#[cfg(test)]
mod tests;
