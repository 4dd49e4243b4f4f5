//! Linear mode while nothing is to disturb.

use super::*;

#[test]
fn do_not_disturb_leaves_other_rooms_untold() {
    let mut talk = Talk::loaded(3);
    assert_eq!(talk.line("/dnd 30m").len(), 1);
    assert_eq!(talk.send(live(says(OPS, 6, "@me look"))), [""; 0]);
    assert_eq!(talk.send(live(says(GENERAL, 4, "here"))).len(), 1, "what is open is what one listens to");
    assert!(talk.line("/unread")[0].starts_with("#ops: 1 unread, 1 of them"));
    talk.world.now_us += 30 * 60_000_000;
    let lines = talk.send(live(says(OPS, 7, "@me look")));
    assert!(lines.iter().any(|line| line.contains("on again")), "{lines:?}");
    assert_eq!(talk.send(live(says(OPS, 8, "@me look"))).len(), 1);
}
