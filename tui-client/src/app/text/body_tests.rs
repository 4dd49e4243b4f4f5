//! Tests of `body`.

use proptest::prelude::*;

use super::*;
use crate::app::text::code::{Code, Colourings, Token};
use crate::app::text::markdown::parse;
use crate::app::text::{cell, clean_block};

fn rows_with(text: &str, columns: usize, colourings: &mut Colourings) -> Vec<Vec<Span>> {
    body_rows(
        &parse(&text.replace('\t', "    ")),
        columns,
        &[],
        "",
        &mut Reader { me: "Me", colourings: Lookup::Asking(colourings) },
    )
}

fn rows(text: &str, columns: usize) -> Vec<Vec<Span>> {
    rows_with(text, columns, &mut Colourings::default())
}

fn plain(rows: &[Vec<Span>]) -> Vec<String> {
    rows.iter().map(|row| row.iter().map(|span| span.text.as_str()).collect()).collect()
}

/// The spans with a part of their own.
fn parts(text: &str) -> Vec<(String, Role)> {
    let spans = rows(text, 80).into_iter().flatten();
    spans.filter(|span| span.role != Role::Plain).map(|span| (span.text, span.role)).collect()
}

#[test]
fn names_have_their_parts() {
    assert_eq!(
        parts("@me, @bob: @ME in #ops. #1 a#b mail@me `@me`"),
        [
            ("@me".into(), Role::MentionMe),
            ("@bob".into(), Role::Mention),
            ("@ME".into(), Role::MentionMe),
            ("#ops".into(), Role::RoomName),
            ("@me".into(), Role::Code),
        ]
    );
    assert_eq!(parts("https://a.example/@me#ops"), [("https://a.example/@me#ops".into(), Role::Link)]);
}

#[test]
fn lists_and_quotes_hang() {
    assert_eq!(plain(&rows("- one two three four\n- five", 14)), ["• one two", "  three four", "• five"]);
    assert_eq!(plain(&rows("> one two three four", 14)), ["▌ one two", "▌ three four"]);
    assert_eq!(plain(&rows("> one", 8)), ["one"]);
}

#[test]
fn a_link_stays_one_over_rows_and_stresses() {
    let rows = rows("[one **two** three](https://a.example/)", 10);
    let url: Arc<str> = "https://a.example/".into();
    let of_link = |span: &&Span| span.link.as_ref() == Some(&url);
    let text: String = rows.iter().flatten().filter(of_link).map(|span| span.text.trim()).collect();
    assert_eq!(text, "onetwothree");
    assert!(rows.iter().flatten().any(|span| span.stress.bold && span.text == "two" && span.link.is_some()));
}

#[test]
fn code_gets_its_colours_when_they_are_known() {
    let text = "```rust\nfn a()\nfn b()\n```";
    let mut colourings = Colourings::default();
    let before = rows_with(text, 40, &mut colourings);
    assert_eq!(plain(&before), ["│ fn a()", "│ fn b()"]);
    assert!(before.iter().all(|row| row[1].role == Role::CodeBlock));
    let code = Code { language: "rust".into(), text: "fn a()\nfn b()\n".into() };
    assert_eq!(colourings.take_wanted(), std::slice::from_ref(&code));
    colourings.insert(code, &Arc::from([(0..2, Token::Keyword), (5..9, Token::Comment)]));
    let after = rows_with(text, 40, &mut colourings);
    assert_eq!(plain(&after), plain(&before));
    assert_eq!((after[0][1].text.as_str(), after[0][1].role), ("fn", Role::Token(Token::Keyword)));
    assert_eq!((after[1][1].text.as_str(), after[1][1].role), ("fn", Role::Token(Token::Comment)));
}

#[test]
fn what_stands_before_and_behind() {
    let first = [Span::new("* ann ", Role::Dim)];
    let mut colourings = Colourings::default();
    let mut lay = |text: &str| {
        plain(&body_rows(
            &parse(text),
            40,
            &first,
            " (edited)",
            &mut Reader { me: "", colourings: Lookup::Asking(&mut colourings) },
        ))
    };
    assert_eq!(lay("*waves*"), ["* ann waves (edited)"]);
    assert_eq!(lay("- a"), ["* ann ", "• a (edited)"]);
    assert_eq!(lay("```\nx\n```"), ["* ann ", "│ x", "(edited)"]);
}

#[test]
fn a_sign_of_three_cells_fits_beside_nothing() {
    for row in plain(&rows("- > 0日\u{d4a}", 4)) {
        assert!(width(&row) <= 4, "{row:?}");
    }
}

proptest! {
    #[test]
    fn plain_text_loses_nothing(text in "([a-zA-Z0-9.,!?()'@#]|日|é|👩\u{200D}👧| |\\n){0,80}", columns in 2usize..50) {
        let joined: String = plain(&rows(&text, columns)).concat();
        let visible = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        // A heading stays as it is; a list cannot begin here.
        prop_assert_eq!(visible(&joined), visible(&text));
    }

    #[test]
    fn rows_fit(
        text in "(\\PC|[ \\n\\t*_~`>#+\\[\\]()-]|\\*\\*|~~|```rust|> |- |\\[a\\]\\(https://x.y\\)|https://x.y/|日|\\x1b|\\x07){0,80}",
        columns in 1usize..60,
    ) {
        use unicode_segmentation::UnicodeSegmentation as _;
        for row in plain(&rows(&clean_block(&text), columns)) {
            prop_assert!(!row.chars().any(char::is_control), "{row:?}");
            let widest = row.graphemes(true).map(|g| cell(g).1).max().unwrap_or(0);
            prop_assert!(width(&row) <= columns.max(widest), "{row:?} in {columns}");
        }
    }
}
