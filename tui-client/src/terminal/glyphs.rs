//! Signs for terminals whose font has few: the Linux console knows some 256 or 512 of them, and shows a block for each other one.

/// What to show in place of a cell's text; `None` where it can stay. What is one cell wide stays one cell wide, and so on.
pub(super) fn console(symbol: &str) -> Option<&'static str> {
    Some(match symbol {
        "▸" | "❯" | "↳" => ">",
        "●" | "★" => "*",
        "○" => "o",
        "⧗" => "~",
        "✗" => "x",
        "✓" => "+",
        "✎" => "e",
        "…" => "~",
        "▌" | "▎" => "|",
        "•" | "◦" => "-",
        // What people react with, as it was written before there was emoji.
        "👍" => "+1",
        "👎" => "-1",
        "❤️" => "<3",
        "😄" | "😁" | "😂" => ":D",
        "🙂" => ":)",
        "😉" => ";)",
        "😢" | "😭" | "🙁" => ":(",
        "🎉" => "\\o",
        "🚀" => "=>",
        "👀" => "oo",
        "✅" => "ok",
        "❌" => "no",
        "🙏" => "/\\",
        _ if symbol.is_ascii() => return None,
        // Letters of Europe, box drawing, arrows and blocks are in every console font.
        _ if symbol.chars().all(|c| matches!(c, '\u{80}'..='\u{24F}' | '\u{370}'..='\u{4FF}' | '\u{2190}'..='\u{2193}' | '\u{2500}'..='\u{2593}')) => return None,
        _ => return (unicode_width::UnicodeWidthStr::width(symbol) > 1).then_some("??"),
    })
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn no_cell_changes_its_width() {
        for symbol in [
            "▸",
            "●",
            "★",
            "○",
            "⧗",
            "✗",
            "✓",
            "✎",
            "…",
            "↳",
            "👍",
            "🎉",
            "❤️",
            "😄",
            "🚀",
            "👀",
            "✅",
            "🙏",
            "🤖",
            "売",
            "👩\u{200D}👩\u{200D}👧",
            "•",
        ] {
            let shown = console(symbol).unwrap();
            assert_eq!(shown.width(), symbol.width(), "{symbol}");
            assert!(shown.is_ascii());
        }
        for symbol in ["a", "é", "─", "┌", "»", "·", "я", "λ", "↑", " "] {
            assert_eq!(console(symbol), None, "{symbol}");
        }
    }
}
