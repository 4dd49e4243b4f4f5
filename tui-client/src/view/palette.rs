//! The colours of our themes, each in the three depths that terminals have, and the user's changes to them.

use std::borrow::Cow;

use ratatui::style::Color;

use crate::app::settings::{Colour, LookChoice, Part};

/// A colour in the three depths that terminals have.
#[derive(Clone, Copy)]
pub(super) struct Hue {
    pub(super) full: Color,
    pub(super) indexed: u8,
    pub(super) ansi: Color,
}

const fn hue(rgb: (u8, u8, u8), indexed: u8, ansi: Color) -> Hue {
    Hue { full: Color::Rgb(rgb.0, rgb.1, rgb.2), indexed, ansi }
}

/// The colours of one background.
#[derive(Clone)]
pub(super) struct Palette {
    pub(super) dim: Hue,
    pub(super) border: Hue,
    pub(super) accent: Hue,
    pub(super) good: Hue,
    pub(super) warn: Hue,
    pub(super) bad: Hue,
    /// Behind what is selected; in 16 colours that is shown reversed instead.
    pub(super) raised: Hue,
    pub(super) code: Hue,
    pub(super) keyword: Hue,
    pub(super) kind: Hue,
    pub(super) authors: Cow<'static, [Hue]>,
}

pub(super) const DARK: Palette = Palette {
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
    authors: Cow::Borrowed(&[
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
    ]),
};

pub(super) const LIGHT: Palette = Palette {
    dim: hue((106, 112, 122), 242, Color::DarkGray),
    border: hue((160, 165, 175), 247, Color::Gray),
    // Of the terminal's own sixteen, green, yellow and cyan cannot be read on white.
    accent: hue((32, 84, 190), 25, Color::Blue),
    good: hue((46, 112, 40), 28, Color::Blue),
    warn: hue((143, 94, 0), 94, Color::Magenta),
    bad: hue((184, 28, 60), 124, Color::Red),
    raised: hue((225, 230, 240), 254, Color::Reset),
    code: hue((60, 64, 74), 238, Color::Black),
    keyword: hue((118, 56, 190), 91, Color::Magenta),
    kind: hue((0, 110, 140), 24, Color::Blue),
    authors: Cow::Borrowed(&[
        hue((32, 84, 190), 25, Color::Blue),
        hue((46, 112, 40), 28, Color::Black),
        hue((143, 94, 0), 94, Color::Red),
        hue((118, 56, 190), 91, Color::Magenta),
        hue((0, 110, 140), 24, Color::LightBlue),
        hue((176, 72, 0), 130, Color::LightRed),
        hue((0, 112, 96), 23, Color::DarkGray),
        hue((184, 28, 60), 124, Color::Red),
        hue((84, 100, 0), 58, Color::Blue),
        hue((160, 40, 130), 126, Color::Magenta),
    ]),
};

/// For those who need every letter to stand out.
pub(super) const CONTRAST_DARK: Palette = Palette {
    dim: hue((220, 220, 220), 253, Color::White),
    border: hue((255, 255, 255), 231, Color::White),
    accent: hue((255, 255, 0), 226, Color::LightYellow),
    good: hue((0, 255, 0), 46, Color::LightGreen),
    warn: hue((255, 215, 0), 220, Color::LightYellow),
    bad: hue((255, 175, 175), 217, Color::LightRed),
    raised: hue((0, 0, 175), 19, Color::Reset),
    code: hue((255, 255, 255), 231, Color::White),
    keyword: hue((255, 175, 255), 219, Color::LightMagenta),
    kind: hue((95, 255, 255), 87, Color::LightCyan),
    authors: Cow::Borrowed(&[
        hue((255, 255, 255), 231, Color::White),
        hue((95, 255, 255), 87, Color::LightCyan),
        hue((255, 255, 135), 228, Color::LightYellow),
        hue((135, 255, 135), 120, Color::LightGreen),
        hue((255, 175, 255), 219, Color::LightMagenta),
    ]),
};

/// The same on a light background.
pub(super) const CONTRAST_LIGHT: Palette = Palette {
    dim: hue((48, 48, 48), 236, Color::Black),
    border: hue((0, 0, 0), 16, Color::Black),
    accent: hue((0, 0, 175), 19, Color::Blue),
    good: hue((0, 95, 0), 22, Color::Black),
    warn: hue((95, 0, 95), 53, Color::Magenta),
    bad: hue((135, 0, 0), 88, Color::Red),
    raised: hue((255, 255, 135), 228, Color::Reset),
    code: hue((0, 0, 0), 16, Color::Black),
    keyword: hue((95, 0, 135), 54, Color::Magenta),
    kind: hue((0, 0, 135), 18, Color::Blue),
    authors: Cow::Borrowed(&[
        hue((0, 0, 0), 16, Color::Black),
        hue((0, 0, 175), 19, Color::Blue),
        hue((0, 95, 0), 22, Color::Blue),
        hue((95, 0, 135), 54, Color::Magenta),
        hue((135, 0, 0), 88, Color::Red),
    ]),
};

/// The terminal's own colours, in their order, and what they look like in xterm.
const ANSI: [(Color, (u8, u8, u8)); 16] = [
    (Color::Black, (0, 0, 0)),
    (Color::Red, (205, 0, 0)),
    (Color::Green, (0, 205, 0)),
    (Color::Yellow, (205, 205, 0)),
    (Color::Blue, (0, 0, 238)),
    (Color::Magenta, (205, 0, 205)),
    (Color::Cyan, (0, 205, 205)),
    (Color::Gray, (229, 229, 229)),
    (Color::DarkGray, (127, 127, 127)),
    (Color::LightRed, (255, 0, 0)),
    (Color::LightGreen, (0, 255, 0)),
    (Color::LightYellow, (255, 255, 0)),
    (Color::LightBlue, (92, 92, 255)),
    (Color::LightMagenta, (255, 0, 255)),
    (Color::LightCyan, (0, 255, 255)),
    (Color::White, (255, 255, 255)),
];

impl Palette {
    /// With the user's colours.
    pub(super) fn changed(&self, choice: &LookChoice) -> Self {
        let mut palette = self.clone();
        for (part, colour) in &choice.colours {
            let hue = Hue::of(*colour);
            match part {
                Part::Dim => palette.dim = hue,
                Part::Border => palette.border = hue,
                Part::Accent => palette.accent = hue,
                Part::Good => palette.good = hue,
                Part::Warn => palette.warn = hue,
                Part::Bad => palette.bad = hue,
                Part::Raised => palette.raised = hue,
                Part::Code => palette.code = hue,
                Part::Keyword => palette.keyword = hue,
                Part::Type => palette.kind = hue,
            }
        }
        if !choice.authors.is_empty() {
            palette.authors = choice.authors.iter().copied().map(Hue::of).collect();
        }
        palette
    }
}

impl Hue {
    /// A colour of the user's in all depths. The terminal's own colours stay its own.
    fn of(colour: Colour) -> Self {
        match colour {
            Colour::Ansi(n) => {
                let (ansi, _) = ANSI[usize::from(n % 16)];
                Self { full: ansi, indexed: n % 16, ansi }
            }
            Colour::Indexed(n) => Self { full: Color::Indexed(n), indexed: n, ansi: nearest(rgb_of(n)) },
            Colour::Rgb(r, g, b) => hue((r, g, b), indexed((r, g, b)), nearest((r, g, b))),
        }
    }
}

/// The levels of xterm's cube of 6 x 6 x 6 colours.
const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];

fn indexed((r, g, b): (u8, u8, u8)) -> u8 {
    let level = |c: u8| (0u8..6).min_by_key(|i| LEVELS[usize::from(*i)].abs_diff(c)).unwrap_or(0);
    16 + 36 * level(r) + 6 * level(g) + level(b)
}

fn rgb_of(n: u8) -> (u8, u8, u8) {
    let level = |i: u8| LEVELS[usize::from(i % 6)];
    match n {
        0..16 => ANSI[usize::from(n)].1,
        16..232 => (level((n - 16) / 36), level((n - 16) / 6), level(n - 16)),
        _ => (8 + 10 * (n - 232), 8 + 10 * (n - 232), 8 + 10 * (n - 232)),
    }
}

fn nearest((r, g, b): (u8, u8, u8)) -> Color {
    let square = |a: u8, b: u8| u32::from(a.abs_diff(b)).pow(2);
    let distance = |(_, (x, y, z)): &&(Color, (u8, u8, u8))| square(*x, r) + square(*y, g) + square(*z, b);
    ANSI.iter().min_by_key(distance).map_or(Color::Reset, |(colour, _)| *colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_of_the_users_has_all_depths() {
        let orange = Hue::of(Colour::Rgb(255, 135, 0));
        assert_eq!((orange.full, orange.indexed), (Color::Rgb(255, 135, 0), 208));
        assert_eq!(Hue::of(Colour::Ansi(4)).full, Color::Blue);
        assert_eq!(Hue::of(Colour::Indexed(196)).ansi, Color::LightRed);
        for n in 0..=255 {
            Hue::of(Colour::Indexed(n));
        }
    }

    /// How well one colour can be read on another: 1 to 21, as WCAG 2.2 has it ("contrast ratio").
    fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        let luminance = |(r, g, b)| 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
        let (one, other): (f64, f64) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn full(hue: Hue) -> (u8, u8, u8) {
        let Color::Rgb(r, g, b) = hue.full else { panic!("ours are 24 bit") };
        (r, g, b)
    }

    /// Everything that is text, and not only a line.
    fn texts(palette: &Palette) -> Vec<Hue> {
        let Palette { dim, accent, good, warn, bad, code, keyword, kind, .. } = palette;
        let mut texts = vec![*dim, *accent, *good, *warn, *bad, *code, *keyword, *kind];
        texts.extend(palette.authors.iter());
        texts
    }

    #[test]
    fn every_text_can_be_read_on_everything_that_is_behind_it() {
        const BLACK: (u8, u8, u8) = (0, 0, 0);
        const WHITE: (u8, u8, u8) = (255, 255, 255);
        // WCAG asks for 4.5, and for 7 where contrast is what one wants. What is selected is a row at a time, and bold.
        for (name, palette, behind, plain, selected) in [
            ("dark", DARK, BLACK, 4.5, 3.0),
            ("light", LIGHT, WHITE, 4.5, 3.0),
            ("high contrast, dark", CONTRAST_DARK, BLACK, 7.0, 7.0),
            ("high contrast, light", CONTRAST_LIGHT, WHITE, 7.0, 7.0),
        ] {
            for hue in texts(&palette) {
                for (depth, text, raised) in [
                    ("24 bit", full(hue), full(palette.raised)),
                    ("256", rgb_of(hue.indexed), rgb_of(palette.raised.indexed)),
                ] {
                    let (on_plain, on_raised) = (contrast(text, behind), contrast(text, raised));
                    assert!(on_plain >= plain, "{name}, {depth}: {text:?} has {on_plain:.1}");
                    assert!(on_raised >= selected, "{name}, {depth}: {text:?} has {on_raised:.1} where it is selected");
                }
            }
            assert!(contrast(full(palette.border), behind) >= 2.0, "{name}: the border");
        }
    }

    #[test]
    fn sixteen_colours_can_be_read_in_the_usual_terminals() {
        // Besides xterm's there are those of the VGA, which the Linux console and many others have.
        let vga = |n: usize| {
            let low = |bit: usize| if n & bit == 0 { 0 } else { 170 };
            let (r, g, b) = if n == 3 { (170, 85, 0) } else { (low(1), low(2), low(4)) };
            let more = if n < 8 { 0 } else { 85 };
            (r + more, g + more, b + more)
        };
        for (name, palette, behind) in [
            ("dark", DARK, (0, 0, 0)),
            ("light", LIGHT, (255, 255, 255)),
            ("high contrast, dark", CONTRAST_DARK, (0, 0, 0)),
            ("high contrast, light", CONTRAST_LIGHT, (255, 255, 255)),
        ] {
            for hue in texts(&palette) {
                let Some(n) = ANSI.iter().position(|(ansi, _)| *ansi == hue.ansi) else { panic!("{:?}", hue.ansi) };
                for shown in [ANSI[n].1, vga(n)] {
                    let ratio = contrast(shown, behind);
                    assert!(ratio >= 2.8, "{name}: {:?} as {shown:?} has {ratio:.1}", hue.ansi);
                }
            }
        }
    }

    #[test]
    fn changes_reach_the_palette() {
        let choice = LookChoice {
            colours: vec![(Part::Dim, Colour::Rgb(1, 2, 3))],
            authors: vec![Colour::Ansi(1)],
            ..LookChoice::default()
        };
        let palette = DARK.changed(&choice);
        assert_eq!((palette.dim.full, palette.authors.len()), (Color::Rgb(1, 2, 3), 1));
    }
}
