//! Tests of `message_rows`.

use proptest::prelude::*;

use super::*;
use crate::app::text::code::{Colourings, Lookup};
use crate::app::text::{cell, clean_block, clean_line};

fn message<'a>(name: &'a str, body: &'a str) -> MessageView<'a> {
    MessageView {
        time: "09:12".into(),
        name,
        body,
        quote: None,
        reactions: &[],
        is_edited: false,
        is_deleted: false,
        delivery: Delivery::Sent,
    }
}

fn rows(message: &MessageView<'_>, columns: Columns) -> Vec<Row> {
    message_rows(message, columns, &mut Reader { me: "Me", colourings: Lookup::Asking(&mut Colourings::default()) })
}

fn shown(message: &MessageView<'_>, width: u16) -> Vec<String> {
    let text = |row: &Row| {
        let left: String = row.spans.iter().map(|s| s.text.as_str()).collect();
        row.right.as_ref().map_or(left.clone(), |mark| format!("{left}|{}", mark.text))
    };
    rows(message, Columns::new(width, TimeFormat::H24, Density::Normal)).iter().map(text).collect()
}

#[test]
fn text_hangs_under_itself() {
    assert_eq!(
        shown(&message("ann", "morning! the deploy is green and so am I"), 40),
        ["09:12 ann    morning! the deploy is", "             green and so am I"]
    );
}

#[test]
fn a_narrow_pane_has_no_columns() {
    assert_eq!(shown(&message("ann", "good morning"), 14), ["09:12 ann", " good", " morning"]);
}

#[test]
fn quote_reactions_and_marks() {
    let mut m = message("bob", "nice");
    m.quote = Some("ann: morning! the deploy is green".into());
    let reactions =
        [Reaction { emoji: "👍".into(), count: 2, mine: true }, Reaction { emoji: "🎉".into(), count: 1, mine: false }];
    m.reactions = &reactions;
    m.is_edited = true;
    m.delivery = Delivery::Failed("too long (select it: r sends it again, d gives it up)");
    assert_eq!(
        shown(&m, 40),
        [
            "09:12 bob    ↳ ann: morning! the depl…|✗",
            "             nice (edited)",
            "             👍 2  🎉 1",
            "             not sent: too long",
            "             (select it: r sends it",
            "             again, d gives it up)",
        ]
    );
}

#[test]
fn times_and_density_are_the_readers_choice() {
    let shown = |time: &str, format, density| {
        let mut message = message("ann", "one two three four five six seven");
        message.time = time.into();
        let text = |row: &Row| row.spans.iter().map(|span| span.text.as_str()).collect::<String>();
        rows(&message, Columns::new(36, format, density)).iter().map(text).collect::<Vec<_>>()
    };
    assert_eq!(
        shown("09:12", TimeFormat::H24, Density::Compact),
        ["09:12 ann one two three four five", "      six seven"]
    );
    assert_eq!(
        shown("09:12am", TimeFormat::H12, Density::Normal),
        ["09:12am ann    one two three four", "               five six seven"]
    );
    assert_eq!(shown("11-22 09:12", TimeFormat::Date, Density::Compact)[1], "            five six seven");
}

#[test]
fn actions_and_tombstones() {
    assert_eq!(shown(&message("ann", "/me waves"), 40), ["09:12 *      ann waves"]);
    let mut gone = message("ann", "");
    gone.is_deleted = true;
    assert_eq!(shown(&gone, 40), ["09:12 ann    (deleted)"]);
}

#[test]
fn every_mention_has_its_role() {
    let rows = rows(&message("ann", "@me, @bob: @ME"), Columns::new(60, TimeFormat::H24, Density::Normal));
    let roles: Vec<_> = rows[0].spans.iter().filter(|s| s.text.starts_with('@')).map(|s| s.role).collect();
    assert_eq!(roles, [Role::MentionMe, Role::Mention, Role::MentionMe]);
}

proptest! {
    #[test]
    fn rows_fit_and_hold_no_control_character(
        name in any::<String>(), body in any::<String>(), quote in any::<Option<String>>(), emoji in any::<String>(),
        width in 0u16..120, is_edited: bool, fails: bool,
    ) {
        let (name, body, emoji) = (clean_line(&name), clean_block(&body), clean_line(&emoji));
        let reactions = vec![Reaction { emoji, count: 3, mine: false }; 5];
        let mut m = message(&name, &body);
        m.quote = quote.map(|q| clean_line(&q));
        m.reactions = &reactions;
        m.is_edited = is_edited;
        m.delivery = if fails { Delivery::Failed("no") } else { Delivery::Sending };
        for row in rows(&m, Columns::new(width, TimeFormat::H24, Density::Normal)) {
            let text: String = row.spans.iter().map(|s| s.text.as_str()).collect();
            prop_assert!(!text.chars().any(char::is_control));
            // Only a grapheme that is wider than the space for text itself may stick out; the view clips it.
            let widest = unicode_segmentation::UnicodeSegmentation::graphemes(text.as_str(), true).map(|g| cell(g).1).max();
            let used: usize = row.spans.iter().map(|s| crate::app::text::width(&s.text)).sum();
            prop_assert!(used <= usize::from(width).max(1) + widest.unwrap_or(0).saturating_sub(1), "{text:?} in {width}");
        }
    }
}
