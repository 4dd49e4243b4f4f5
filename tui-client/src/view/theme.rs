//! The look of every part: nothing else in the program knows a colour.

use ratatui::style::{Color, Modifier, Style};

use crate::app::ColourMode;
use crate::app::code::Token;
use crate::app::row::{Role, Span};

/// A colour in the three depths that terminals have.
#[derive(Clone, Copy)]
struct Hue {
    rgb: (u8, u8, u8),
    indexed: u8,
    ansi: Color,
}

const fn hue(rgb: (u8, u8, u8), indexed: u8, ansi: Color) -> Hue {
    Hue { rgb, indexed, ansi }
}

/// The colours of one background.
struct Palette {
    dim: Hue,
    border: Hue,
    accent: Hue,
    good: Hue,
    warn: Hue,
    bad: Hue,
    /// Behind what is selected; in 16 colours that is shown reversed instead.
    raised: Hue,
    code: Hue,
    keyword: Hue,
    kind: Hue,
    authors: [Hue; 10],
}

const DARK: Palette = Palette {
    dim: hue((138, 143, 152), 245, Color::DarkGray),
    border: hue((84, 90, 102), 240, Color::DarkGray),
    accent: hue((122, 162, 247), 111, Color::LightBlue),
    good: hue((158, 206, 106), 149, Color::Green),
    warn: hue((224, 175, 104), 179, Color::Yellow),
    bad: hue((247, 118, 142), 204, Color::LightRed),
    raised: hue((47, 53, 73), 237, Color::Reset),
    code: hue((200, 206, 220), 252, Color::White),
    keyword: hue((187, 154, 247), 141, Color::LightMagenta),
    kind: hue((125, 207, 255), 117, Color::Cyan),
    authors: [
        hue((122, 162, 247), 111, Color::LightBlue),
        hue((158, 206, 106), 149, Color::Green),
        hue((224, 175, 104), 179, Color::Yellow),
        hue((187, 154, 247), 141, Color::LightMagenta),
        hue((125, 207, 255), 117, Color::LightCyan),
        hue((255, 158, 100), 215, Color::LightYellow),
        hue((115, 218, 202), 79, Color::Cyan),
        hue((247, 118, 142), 204, Color::LightRed),
        hue((180, 249, 248), 159, Color::LightGreen),
        hue((232, 160, 210), 182, Color::Magenta),
    ],
};

const LIGHT: Palette = Palette {
    dim: hue((106, 112, 122), 242, Color::DarkGray),
    border: hue((160, 165, 175), 247, Color::Gray),
    accent: hue((32, 84, 190), 25, Color::Blue),
    good: hue((46, 112, 40), 28, Color::Green),
    warn: hue((143, 94, 0), 94, Color::Magenta),
    bad: hue((184, 28, 60), 124, Color::Red),
    raised: hue((225, 230, 240), 254, Color::Reset),
    code: hue((60, 64, 74), 238, Color::Black),
    keyword: hue((118, 56, 190), 91, Color::Magenta),
    kind: hue((0, 110, 140), 24, Color::Cyan),
    authors: [
        hue((32, 84, 190), 25, Color::Blue),
        hue((46, 112, 40), 28, Color::Green),
        hue((143, 94, 0), 94, Color::Red),
        hue((118, 56, 190), 91, Color::Magenta),
        hue((0, 110, 140), 24, Color::Cyan),
        hue((176, 72, 0), 130, Color::LightRed),
        hue((0, 112, 96), 23, Color::DarkGray),
        hue((184, 28, 60), 124, Color::LightMagenta),
        hue((84, 100, 0), 58, Color::LightBlue),
        hue((160, 40, 130), 126, Color::Black),
    ],
};

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
    keyword: Style,
    kind: Style,
    quoted: Style,
    mention_me: Style,
    reaction_mine: Style,
    new_rule: Style,
    authors: Vec<Style>,
}

impl Theme {
    pub(super) fn of(mode: ColourMode, is_light: bool) -> Self {
        let palette = if is_light { &LIGHT } else { &DARK };
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
            keyword: strong(palette.keyword),
            kind: foreground(palette.kind),
            quoted: if mode == ColourMode::None {
                plain.add_modifier(Modifier::ITALIC)
            } else {
                foreground(palette.dim)
            },
            mention_me: marked(palette.warn),
            reaction_mine: strong(palette.accent),
            new_rule: foreground(palette.bad),
            authors: palette.authors.into_iter().map(strong).collect(),
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
            Role::Code => self.code,
            Role::Token(token) => self.token(token),
            Role::Quoted => self.quoted,
            Role::MentionMe => self.mention_me,
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
        ColourMode::True => Some(Color::Rgb(hue.rgb.0, hue.rgb.1, hue.rgb.2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_is_none() {
        let theme = Theme::of(ColourMode::None, false);
        let mut styles =
            vec![theme.selected, theme.bad, theme.mention_me, theme.mention_count, theme.border, theme.dim];
        styles.extend(&theme.authors);
        assert!(styles.iter().all(|style| style.fg.is_none() && style.bg.is_none()));
        assert!(theme.selected.add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own() {
        for is_light in [false, true] {
            let theme = Theme::of(ColourMode::Ansi16, is_light);
            assert!(
                theme.authors.iter().all(|style| !matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_)) | None))
            );
        }
    }
}
