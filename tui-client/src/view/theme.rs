//! The look of every part: nothing else in the program knows a colour.

use ratatui::style::{Color, Modifier, Style};

use crate::app::ColourMode;
use crate::app::settings::{Base, LookChoice};
use crate::app::text::code::Token;
use crate::app::text::row::{Role, Span};
use crate::view::palette::{CONTRAST_DARK, CONTRAST_LIGHT, DARK, Hue, LIGHT, Palette};

/// The look of every part.
pub(super) struct Theme {
    pub(super) text: Style,
    pub(super) dim: Style,
    pub(super) border: Style,
    pub(super) heading: Style,
    pub(super) accent: Style,
    pub(super) current_room: Style,
    pub(super) unread_room: Style,
    pub(super) mention_count: Style,
    pub(super) selected: Style,
    pub(super) good: Style,
    pub(super) warn: Style,
    pub(super) bad: Style,
    mention: Style,
    link: Style,
    code: Style,
    inline_code: Style,
    keyword: Style,
    kind: Style,
    quoted: Style,
    mention_me: Style,
    hit: Style,
    reaction_mine: Style,
    new_rule: Style,
    authors: Vec<Style>,
}

impl Theme {
    /// The look that the user has chosen, as far as the terminal can show it.
    pub(super) fn chosen(mode: ColourMode, is_light: bool, choice: &LookChoice) -> Self {
        let (mode, is_light) = match choice.base {
            Base::Auto | Base::HighContrast => (mode, is_light),
            Base::Dark => (mode, false),
            Base::Light => (mode, true),
            Base::Ansi16 if mode == ColourMode::None => (mode, is_light),
            Base::Ansi16 => (ColourMode::Ansi16, is_light),
            Base::None => (ColourMode::None, is_light),
        };
        let base = match (choice.base, is_light) {
            (Base::HighContrast, false) => &CONTRAST_DARK,
            (Base::HighContrast, true) => &CONTRAST_LIGHT,
            (_, false) => &DARK,
            (_, true) => &LIGHT,
        };
        Self::with(mode, &base.changed(choice))
    }

    fn with(mode: ColourMode, palette: &Palette) -> Self {
        let plain = Style::new();
        let bold = plain.add_modifier(Modifier::BOLD);
        let foreground = |hue: Hue| colour(mode, hue).map_or(plain, |colour| plain.fg(colour));
        let selected = match mode {
            ColourMode::None | ColourMode::Ansi16 => plain.add_modifier(Modifier::REVERSED),
            _ => colour(mode, palette.raised).map_or(plain, |colour| plain.bg(colour)),
        };
        let strong = |hue: Hue| foreground(hue).add_modifier(Modifier::BOLD);
        let marked = |hue: Hue| match mode {
            ColourMode::None => plain.add_modifier(Modifier::BOLD | Modifier::REVERSED),
            _ => strong(hue),
        };
        Self {
            text: plain,
            dim: if mode == ColourMode::None { plain.add_modifier(Modifier::DIM) } else { foreground(palette.dim) },
            border: foreground(palette.border),
            heading: bold,
            accent: strong(palette.accent),
            current_room: selected.patch(bold),
            unread_room: bold,
            mention_count: marked(palette.bad),
            selected,
            good: foreground(palette.good),
            warn: foreground(palette.warn),
            bad: strong(palette.bad),
            mention: foreground(palette.accent),
            link: foreground(palette.accent).add_modifier(Modifier::UNDERLINED),
            code: foreground(palette.code),
            inline_code: match mode {
                ColourMode::None => plain.add_modifier(Modifier::DIM),
                ColourMode::Ansi16 => foreground(palette.kind),
                _ => foreground(palette.code).patch(selected),
            },
            keyword: strong(palette.keyword),
            kind: foreground(palette.kind),
            quoted: if mode == ColourMode::None {
                plain.add_modifier(Modifier::ITALIC)
            } else {
                foreground(palette.dim)
            },
            mention_me: marked(palette.warn),
            hit: foreground(palette.warn).add_modifier(Modifier::REVERSED),
            reaction_mine: strong(palette.accent),
            new_rule: foreground(palette.bad),
            authors: palette.authors.iter().copied().map(strong).collect(),
        }
    }

    /// The look of a piece of a message, with its stress.
    pub(super) fn span(&self, span: &Span) -> Style {
        let mut style = self.role(span.role);
        for (is_so, modifier) in [
            (span.stress.bold, Modifier::BOLD),
            (span.stress.italic, Modifier::ITALIC),
            (span.stress.strike, Modifier::CROSSED_OUT),
        ] {
            if is_so {
                style = style.add_modifier(modifier);
            }
        }
        style
    }

    /// Without colours, code is told apart by its letters only.
    fn token(&self, token: Token) -> Style {
        match token {
            Token::Keyword => self.keyword,
            Token::String => self.good,
            Token::Comment => self.dim.add_modifier(Modifier::ITALIC),
            Token::Constant => self.warn,
            Token::Function => self.mention,
            Token::Type => self.kind,
        }
    }

    /// The look of a part of a message.
    pub(super) fn role(&self, role: Role) -> Style {
        match role {
            Role::Plain => self.text,
            Role::Dim | Role::Time | Role::DateRule | Role::Reaction | Role::Sending => self.dim,
            Role::Author(hash) => self.authors[usize::try_from(hash).unwrap_or(0) % self.authors.len()],
            Role::Mention | Role::RoomName => self.mention,
            Role::Link => self.link,
            Role::Code => self.inline_code,
            Role::CodeBlock => self.code,
            Role::Token(token) => self.token(token),
            Role::Quoted => self.quoted,
            Role::MentionMe => self.mention_me,
            Role::Hit => self.hit,
            Role::ReactionMine => self.reaction_mine,
            Role::Failed => self.bad,
            Role::NewRule => self.new_rule,
        }
    }
}

fn colour(mode: ColourMode, hue: Hue) -> Option<Color> {
    match mode {
        ColourMode::None => None,
        ColourMode::Ansi16 => Some(hue.ansi),
        ColourMode::Ansi256 => Some(Color::Indexed(hue.indexed)),
        ColourMode::True => Some(hue.full),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::chosen(ColourMode::None, false, &LookChoice::default());
        let mut styles =
            vec![theme.selected, theme.bad, theme.mention_me, theme.mention_count, theme.border, theme.dim];
        styles.extend(&theme.authors);
        assert!(styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own() {
        for is_light in [false, true] {
            let theme = Theme::chosen(ColourMode::Ansi16, is_light, &LookChoice::default());
            assert!(
                theme.authors.iter().all(|style| !matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_)) | None))
            );
        }
    }
}
