//! Tests of `markdown`.

use proptest::prelude::*;

use super::*;
use crate::app::text::code::Code;

fn shown(text: &str) -> Vec<String> {
    parse(text).lines.iter().map(|line| format!("{}{}{}", "> ".repeat(line.quotes), line.lead, line.text)).collect()
}

/// The marked pieces of a text's first line.
fn marked(text: &str) -> Vec<(String, Mark)> {
    let rich = parse(text);
    let line = &rich.lines[0];
    line.marks.iter().map(|(range, mark)| (line.text[range.clone()].to_owned(), mark.clone())).collect()
}

fn link(url: &str) -> Mark {
    Mark::Link(url.into())
}

#[test]
fn stresses_hide_their_markers() {
    assert_eq!(shown("a **b** *c* _d_ ~~e~~ `f` ***g***"), ["a b c d e f g"]);
    assert_eq!(marked("**b** and *c*"), [("b".into(), Mark::Bold), ("c".into(), Mark::Italic)]);
    assert_eq!(marked("~~x~~"), [("x".into(), Mark::Strike)]);
    assert_eq!(marked("``a`b``"), [("a`b".into(), Mark::Code)]);
    assert_eq!(shown("a **b\nc** d"), ["a b", "c d"]);
    assert_eq!(shown("这是*强调*的 and *in*side, out*side*"), ["这是强调的 and inside, outside"]);
    let rich = parse("a **b\nc** d");
    assert_eq!((&rich.lines[0].marks[0], &rich.lines[1].marks[0]), (&(2..3, Mark::Bold), &(0..1, Mark::Bold)));
}

#[test]
fn what_is_no_markdown_stays() {
    for text in [
        "2 * 3 * 4",
        "snake_case_name",
        "2*3*4 and 2**3**4",
        "~5 minutes~ or so",
        "¯\\_(ツ)_/¯",
        "C:\\new\\*.txt is fine",
        "a\n\n\n  b   c ",
        "<b>bold</b> &amp; co",
        "![alt](https://a.example/x.png)",
        "title\n=====",
        "---",
        "    indented\n    code",
        "[a]: https://a.example",
        "[x]",
        "| a | b |\n|---|---|",
        "5) five",
        "1. one\n3. three",
        "``` not closed",
        "```\n```",
        "[a](javascript:alert(1))",
        "[](https://a.example)",
        "-",
        "> ",
        "* * *",
    ] {
        let visible = shown(text).join("\n");
        let expected = text.replace("\\*", "*");
        assert!(
            visible == expected || text.starts_with("> ") || text.starts_with("```"),
            "{text:?} became {visible:?}"
        );
    }
}

#[test]
fn lists_and_quotes() {
    assert_eq!(shown("- a\n  * b\n+ c"), ["• a", "  • b", "• c"]);
    assert_eq!(shown("1. a\n2. b"), ["1. a", "2. b"]);
    assert_eq!(parse("10. ten").lines[0].lead, "10. ");
    assert_eq!(shown("> a\n>> b\nanswer"), ["> a", "> > b", "answer"]);
    assert_eq!(shown("> **a**\n> - b"), ["> a", "> • b"]);
}

#[test]
fn headings_are_no_larger() {
    assert_eq!(shown("# Title\ntext"), ["# Title", "text"]);
    assert_eq!(marked("# Title"), [("# Title".into(), Mark::Bold)]);
    assert_eq!(marked("#general"), []);
}

#[test]
fn code_blocks() {
    let rich = parse("look:\n```rust\nfn a() {\n\n    *b*\n}\n```\ndone");
    let lines: Vec<_> = rich.lines.iter().map(|line| (line.text.as_str(), line.code)).collect();
    assert_eq!(
        lines,
        [
            ("look:", None),
            ("fn a() {", Some((0, 0))),
            ("", Some((0, 9))),
            ("    *b*", Some((0, 10))),
            ("}", Some((0, 18))),
            ("done", None)
        ]
    );
    assert_eq!(rich.blocks, [Code { language: "rust".into(), text: "fn a() {\n\n    *b*\n}\n".into() }]);
    assert_eq!(shown("```\nnever closed\n  x"), ["never closed", "  x"]);
    assert_eq!(shown("```let x = 1;\nlet y = 2;\n```"), ["let x = 1;", "let y = 2;"]);
    assert_eq!(shown("> ```\n> x\n> ```"), ["> x"]);
    assert_eq!(shown("~~~\n```\n~~~"), ["```"]);
}

#[test]
fn links_say_where_they_lead() {
    assert_eq!(shown("see [the docs](https://a.example/x)!"), ["see the docs (a.example)!"]);
    assert_eq!(
        marked("[the docs](https://a.example/x)"),
        [("the docs".into(), link("https://a.example/x")), (" (a.example)".into(), Mark::Hint)]
    );
    assert_eq!(shown("[a.example](https://a.example/)"), ["a.example"]);
    assert_eq!(shown("[https://bank.example](https://evil.example)"), ["https://bank.example (evil.example)"]);
    assert_eq!(marked("<https://a.example/>"), [("https://a.example/".into(), link("https://a.example/"))]);
    assert_eq!(
        marked("**see https://a.example/a_b_c**")[1],
        ("https://a.example/a_b_c".into(), link("https://a.example/a_b_c"))
    );
    assert_eq!(marked("https://a.example/*x*"), [("https://a.example/*x".into(), link("https://a.example/*x"))]);
    assert_eq!(marked("`https://a.example`"), [("https://a.example".into(), Mark::Code)]);
    assert_eq!(
        links("https://a.example [b](https://b.example) https://a.example"),
        ["https://a.example/".into(), "https://b.example/".into()] as [Arc<str>; 2]
    );
}

#[test]
fn hostile_nesting_costs_little() {
    let nested = format!("{}a{}{}", "*".repeat(8_000), "\n".repeat(8_000), "*".repeat(8_000));
    parse(&nested);
    parse(&"> ".repeat(10_000));
    parse(&"[".repeat(20_000));
    parse(&"`a` ".repeat(5_000));
    parse(&"- ".repeat(10_000));
}

proptest! {
    #[test]
    fn plain_text_is_shown_as_it_is(text in "([a-zA-Z0-9 .,!?()'\"/&%=\\n]|日|é|👩\u{200D}👧|: |; ){0,60}") {
        prop_assert_eq!(visible(&text), text);
    }

    #[test]
    fn only_markers_are_lost(text in "([a-z0-9 \\n]|[*_~`>#+-]|\\*\\*|~~|```|> |- |\\\\|日){0,60}") {
        let is_kept = |c: &char| c.is_alphanumeric();
        // A language behind a fence is a marker, too.
        let text = text.replace("```", "x").replace("~~~", "y");
        let before: String = text.chars().filter(is_kept).collect();
        prop_assert_eq!(visible(&text).chars().filter(is_kept).collect::<String>(), before);
        prop_assert_eq!(parse(&text).lines.len(), text.split('\n').count());
    }

    #[test]
    fn any_text_is_read(text in "(\\PC|[ \\n*_~`>#+\\[\\]()-]|\\*\\*|~~|```|> |- |\\[a\\]\\(https://x.y\\)|https://x.y/){0,80}") {
        let rich = parse(&text);
        for line in &rich.lines {
            prop_assert!(!line.text.contains('\n') && !line.lead.contains('\n'));
            for (range, _) in &line.marks {
                prop_assert!(line.text.get(range.clone()).is_some_and(|piece| !piece.is_empty()), "{line:?}");
            }
            if let Some((block, start)) = line.code {
                prop_assert!(rich.blocks[block].text[start..].starts_with(&line.text));
            }
        }
    }
}
