//! A terminal's screen as an SVG picture, with its text as the description.

use std::fmt::Write as _;

/// Pixels of a cell, and of the frame around the screen.
const CELL: (u16, u16) = (9, 18);
const FRAME: u16 = 14;
/// From a row's top to the line that its letters stand on.
const BASELINE: u16 = 14;

/// What a terminal shows where the program has not said otherwise.
#[derive(Clone, Copy)]
pub(crate) struct Ground {
    pub(crate) text: (u8, u8, u8),
    pub(crate) background: (u8, u8, u8),
}

pub(crate) const DARK: Ground = Ground { text: (0xc8, 0xcc, 0xd8), background: (0x16, 0x18, 0x21) };
pub(crate) const LIGHT: Ground = Ground { text: (0x2a, 0x2e, 0x39), background: (0xfb, 0xfb, 0xf8) };

/// How a cell looks.
#[derive(Clone, Copy, PartialEq)]
struct Look {
    text: (u8, u8, u8),
    background: (u8, u8, u8),
    bold: bool,
    italic: bool,
    underline: bool,
}

impl Look {
    fn of(cell: &vt100::Cell, ground: Ground) -> Self {
        let mut text = colour(cell.fgcolor(), ground.text);
        let mut background = colour(cell.bgcolor(), ground.background);
        if cell.inverse() {
            std::mem::swap(&mut text, &mut background);
        }
        Self { text, background, bold: cell.bold(), italic: cell.italic(), underline: cell.underline() }
    }
}

/// The screen's text, without what stands at the end of rows.
pub(crate) fn text(screen: &vt100::Screen) -> String {
    screen.contents().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Draws what a terminal shows.
pub(crate) fn draw(screen: &vt100::Screen, ground: Ground) -> String {
    let (rows, cols) = (screen.size().0.get(), screen.size().1.get());
    let (width, height) = (cols * CELL.0 + 2 * FRAME, rows * CELL.1 + 2 * FRAME);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" role=\"img\">\n\
         <desc xml:space=\"preserve\">\n{}\n</desc>\n\
         <style>text {{ font: 15px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{}\"/>\n\
         <g fill=\"{}\">\n",
        escaped(&text(screen)),
        hex(ground.background),
        hex(ground.text),
    );
    for row in 0..rows {
        for (start, end, look, letters) in runs(screen, row, cols, ground) {
            let (x, y, width) = (FRAME + start * CELL.0, FRAME + row * CELL.1, (end - start) * CELL.0);
            if look.background != ground.background {
                let fill = hex(look.background);
                let _ = writeln!(
                    svg,
                    "<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{}\" fill=\"{fill}\"/>",
                    CELL.1
                );
            }
            if !letters.trim().is_empty() {
                let y = y + BASELINE;
                let style = style(look, ground);
                let letters = escaped(&letters);
                let _ = writeln!(svg, "<text x=\"{x}\" y=\"{y}\" textLength=\"{width}\"{style}>{letters}</text>");
            }
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

/// Neighbours that look the same: from a column up to another one. Spaces split them, so that words stay where their cells are
/// whatever the font; wide characters stand alone.
fn runs(screen: &vt100::Screen, row: u16, cols: u16, ground: Ground) -> Vec<(u16, u16, Look, String)> {
    let mut runs: Vec<(u16, u16, Look, String)> = Vec::new();
    for column in 0..cols {
        let Some(cell) = screen.cell(row, column).filter(|cell| !cell.is_wide_continuation()) else { continue };
        let look = Look::of(cell, ground);
        let letters = if cell.has_contents() { cell.contents() } else { " " };
        let end = column + if cell.is_wide() { 2 } else { 1 };
        match runs.last_mut() {
            Some((_, until, same, text))
                if *same == look
                    && *until == column
                    && !cell.is_wide()
                    && text.is_ascii() == letters.is_ascii()
                    && text.ends_with(' ') == (letters == " ") =>
            {
                *until = end;
                text.push_str(letters);
            }
            _ => runs.push((column, end, look, letters.to_owned())),
        }
    }
    runs
}

fn style(look: Look, ground: Ground) -> String {
    let mut style = String::new();
    if look.text != ground.text {
        let _ = write!(style, " fill=\"{}\"", hex(look.text));
    }
    for (is_so, attribute) in [
        (look.bold, " font-weight=\"bold\""),
        (look.italic, " font-style=\"italic\""),
        (look.underline, " text-decoration=\"underline\""),
    ] {
        style.push_str(if is_so { attribute } else { "" });
    }
    style
}

/// The programs that are drawn here ask for 24 bit colours, or for none.
fn colour(colour: vt100::Color, otherwise: (u8, u8, u8)) -> (u8, u8, u8) {
    match colour {
        vt100::Color::Rgb(r, g, b) => (r, g, b),
        vt100::Color::Default => otherwise,
        vt100::Color::Idx(index) => panic!("colour {index} is the terminal's own: which one it is, nobody knows"),
    }
}

fn hex((r, g, b): (u8, u8, u8)) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
