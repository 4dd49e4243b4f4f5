//! What may lie on top of the chat, by its kind: for tests that go through all of them. Pure.

use super::overlay::{Overlay, Prompt};
use crate::app::state::State;

macro_rules! layers {
    ($($layer:ident $name:literal,)+) => {
        /// What may lie on top of the chat, by its kind: for tests that go through all of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Layer {
            $(#[doc = $name] $layer,)+
        }

        impl Layer {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$layer),+];

            /// A name for files.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$layer => $name,)+ }
            }
        }
    };
}

layers! {
    Help "help",
    Switcher "switcher",
    Rooms "rooms",
    Members "members",
    Links "links",
    Search "search",
    Thread "thread",
    Versions "earlier",
    Notices "notices",
    Delete "delete",
    React "react",
}

impl State {
    /// What lies on top.
    #[must_use]
    pub fn layer(&self) -> Option<Layer> {
        let overlay = self.overlay.as_ref().map(|overlay| match overlay {
            Overlay::Help { .. } => Layer::Help,
            Overlay::Switcher { .. } => Layer::Switcher,
            Overlay::Rooms(_) => Layer::Rooms,
            Overlay::Members(_) => Layer::Members,
            Overlay::Links { .. } => Layer::Links,
            Overlay::Search => Layer::Search,
            Overlay::Thread(_) => Layer::Thread,
            Overlay::Versions(_) => Layer::Versions,
            Overlay::Notices { .. } => Layer::Notices,
        });
        let prompt = self.prompt.as_ref().map(|prompt| match prompt {
            Prompt::Delete { .. } => Layer::Delete,
            Prompt::React { .. } => Layer::React,
        });
        prompt.or(overlay)
    }
}
