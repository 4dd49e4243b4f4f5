//! Linear mode: messages of several lines.

use super::*;

#[test]
fn several_lines_are_one_message_and_no_commands() {
    let mut talk = Talk::loaded(3);
    assert!(talk.line("/lines")[0].contains("nothing but a dot"));
    for line in ["/quit", "  fn main() {\t}", "", "/lines", ".x", "the end"] {
        assert_eq!(talk.line(line), [""; 0], "{line}");
    }
    assert!(talk.world.state.is_gathering() && talk.world.posts().is_empty());
    talk.line(".");
    let posts = talk.world.posts();
    let [(_, body)] = posts.as_slice() else { panic!("{posts:?}") };
    assert!(body.starts_with("/quit\n  fn main() {") && body.ends_with("}\n\n/lines\n.x\nthe end"), "{body:?}");
    talk.line("and so on");
    assert_eq!((talk.world.state.queued(), talk.world.state.is_gathering()), (2, false), "a message of its own");
}

#[test]
fn what_is_nothing_or_too_much_is_not_said() {
    let mut talk = Talk::loaded(3);
    talk.line("/lines");
    talk.line("  ");
    assert_eq!(talk.line("."), ["Nothing was said."]);
    talk.line("/lines");
    let long = "x".repeat(600_000);
    assert_eq!(talk.line(&long), [""; 0]);
    assert!(talk.line(&long)[0].starts_with("Error: That is more"));
    assert!(talk.world.posts().is_empty() && !talk.world.state.is_gathering());
    talk.line("/lines");
    talk.line(&"y".repeat(20_000));
    assert!(talk.line(".")[0].starts_with("Error: "), "the server's bound");
    assert!(talk.world.posts().is_empty());
}
