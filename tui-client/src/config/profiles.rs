//! Servers by name: `[profiles.work]` with a server, perhaps a user; and which of them is meant where none is named.

use toml::de::DeTable;

use super::value::{Key, Value, Wrong, one_of, table, text, wrong};
use crate::net::server_url::ServerUrl;

/// One server, and perhaps who one is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// What the user calls it.
    pub name: String,
    /// Where it is.
    pub server: ServerUrl,
    /// The account's name, where the profile is for one account.
    pub user: Option<String>,
}

/// Where tokens are kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tokens {
    /// In the system's keyring where this build knows one and there is one, else in a file.
    #[default]
    Auto,
    /// In files that only their owner can read.
    File,
}

/// All of them, and what else the file says about logins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profiles {
    all: Vec<Profile>,
    default: Option<String>,
    /// Where tokens are kept.
    pub tokens: Tokens,
}

impl Profiles {
    /// The profile with this name.
    ///
    /// # Errors
    /// That there is none, and which there are.
    pub fn named(&self, name: &str) -> Result<&Profile, String> {
        self.all.iter().find(|profile| profile.name == name).ok_or_else(|| {
            let known: Vec<&str> = self.all.iter().map(|profile| profile.name.as_str()).collect();
            match known.as_slice() {
                [] => format!("There is no profile {name:?}: config.toml has no [profiles]."),
                known => format!("There is no profile {name:?}; config.toml has {}.", known.join(", ")),
            }
        })
    }

    /// The one that is meant where nothing is said.
    #[must_use]
    pub fn preferred(&self) -> Option<&Profile> {
        self.default.as_deref().and_then(|name| self.named(name).ok())
    }

    /// The names of those that a login on this server under this name belongs to.
    #[must_use]
    pub fn of(&self, server: &ServerUrl, user: &str) -> Vec<&str> {
        let fits = |profile: &&Profile| {
            let is_user = |wanted: &String| wanted.to_lowercase() == user.to_lowercase();
            profile.server == *server && profile.user.as_ref().is_none_or(is_user)
        };
        self.all.iter().filter(fits).map(|profile| profile.name.as_str()).collect()
    }
}

/// Reads what the document says of logins; everything else in it is somebody else's.
pub(super) fn read(document: &DeTable<'_>) -> Result<Profiles, Wrong> {
    let mut profiles = Profiles::default();
    for (key, value) in document {
        match key.get_ref().as_ref() {
            "profiles" => {
                for (name, value) in table(key, value)? {
                    profiles.all.push(profile(name, value)?);
                }
            }
            "tokens" => profiles.tokens = one_of(key, value, &[("auto", Tokens::Auto), ("file", Tokens::File)])?,
            _ => {}
        }
    }
    if let Some((key, value)) = document.iter().find(|(key, _)| key.get_ref() == "default-profile") {
        let name = text(key, value)?;
        if let Err(problem) = profiles.named(name) {
            return wrong(&value.span(), format!("default-profile: {problem}"));
        }
        profiles.default = Some(name.to_owned());
    }
    Ok(profiles)
}

fn profile(name: &Key<'_>, value: &Value<'_>) -> Result<Profile, Wrong> {
    let (mut server, mut user) = (None, None);
    for (key, value) in table(name, value)? {
        match key.get_ref().as_ref() {
            "server" => match text(key, value)?.parse::<ServerUrl>() {
                Ok(url) => server = Some(url),
                Err(problem) => return wrong(&value.span(), format!("server: {problem}.")),
            },
            "user" => user = Some(text(key, value)?.to_owned()).filter(|user| !user.is_empty()),
            other => return wrong(&key.span(), format!("{other}: no such setting; a profile has server and user.")),
        }
    }
    let name_text = name.get_ref().clone().into_owned();
    match server {
        Some(server) => Ok(Profile { name: name_text, server, user }),
        None => wrong(&name.span(), format!("profiles.{name_text}: it needs a server.")),
    }
}
