//! How long a search of the file takes. It is run by hand:
//! `cargo test --release -p chat-tui --lib -- --ignored --nocapture speed`.

use std::time::Instant;

use super::*;
use crate::app::panels::query::Query;

/// As many messages as are kept at most, of some 150 characters, one in `1_000` of which is about a needle.
fn full(dir: &TempDir, words: &str) -> Views {
    let mut views = open_views(dir);
    views.write(steps(vec![bootstrap(7)])).unwrap();
    for first in (1..=100_000).step_by(1_000) {
        let room = RoomId(Uuid::from_u128(1_000 + u128::from(first) / 1_000));
        let text = |seq: Seq| format!("{seq} {words} {}", if seq.is_multiple_of(1_000) { "Needle." } else { "" });
        let said = |seq| event(room, seq, EventKind::Posted { body: text(seq), key: None, reply_to: None });
        let message = |seq| KeptMessage { as_of: 100_000, message: Message::posted(&said(seq)).unwrap() };
        let messages = (first..first + 1_000).map(message).collect();
        let window = Window { room, head: 100_000, floor: first, is_stale: false, messages, lines: Vec::new() };
        views.write(steps(vec![Save::Window(Box::new(window))])).unwrap();
    }
    views
}

#[test]
#[ignore = "it measures, and checks nothing but what is found"]
fn speed_of_a_search_of_100_000_messages() {
    let latin =
        "the deploy went out this morning and all of the checks are green, so whoever is on call can have a quiet day";
    let cyrillic = "сегодня утром всё выкатили, и все проверки зелёные, так что у дежурного будет спокойный день";
    for (name, text) in [("latin", latin), ("cyrillic", cyrillic)] {
        let dir = tempfile::tempdir().unwrap();
        let views = full(&dir, text);
        for (words, count) in
            [("needle", 100), ("needle green", 0), ("\"quiet day\" needle", 0), ("спокойный needle", 0)]
        {
            let began = Instant::now();
            let found = views.search(&Query::parse(words), None).unwrap();
            println!("{name}: {words}: {} hits in {:.1} ms", found.len(), began.elapsed().as_secs_f64() * 1e3);
            assert!(found.len() <= 100 && (count == 0 || found.len() == count));
        }
        let began = Instant::now();
        assert_eq!(views.search(&Query::parse(text.split(' ').next().unwrap()), None).unwrap().len(), 100);
        println!("{name}: a word of every message in {:.1} ms", began.elapsed().as_secs_f64() * 1e3);
    }
}
