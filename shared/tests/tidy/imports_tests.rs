//! The checker itself, on small made-up crates.

use super::*;

fn files(files: &[(&str, &str)]) -> Files {
    files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
}

/// `from -> to: names` for each arrow.
fn told(of: &[(&str, &str)]) -> Vec<String> {
    let arrows = arrows(&files(of));
    let line = |from: &str, to: &str, names: &BTreeSet<String>| {
        format!("{from} -> {to}: {}", names.iter().map(String::as_str).collect::<Vec<_>>().join(" "))
    };
    arrows.iter().flat_map(|(from, all)| all.iter().map(move |(to, names)| line(from, to, names))).collect()
}

fn count(of: &[(&str, &str)]) -> usize {
    circles(&arrows(&files(of))).len()
}

#[test]
fn every_way_to_write_a_path_is_read() {
    let rest = [("b.rs", ""), ("b/c.rs", ""), ("b/d/mod.rs", ""), ("lib.rs", "mod a; mod b;")];
    let from = |text: &'static str| -> Vec<String> {
        let mut all = rest.to_vec();
        all.push(("b/x.rs", text));
        told(&all)
    };
    for text in [
        "use crate::b::c::Thing;",
        "use super::c::Thing;",
        "use super::{d, c::{self, Thing}};",
        "use super::super::b::c::Thing as Other;",
        "pub(in crate::b::d) fn a() -> super::c::Thing { todo!() }",
        "use super::c; fn a(_: c::Thing) {}",
        "use crate::b; fn a() { b::c::Thing::new().then::<u8>(); }",
        "fn a() { use super::c as there; there::Thing::new() }",
        "mod inner { use super::super::c::Thing; }",
        "impl crate::b::c::Thing { fn b<'c>(_: &'c str) { \"crate::b::d::No\"; } } // use super::d::No;",
    ] {
        assert_eq!(from(text), ["b/x.rs -> b/c.rs: Thing"], "{text}");
    }
    assert_eq!(from("use super::c::*;"), ["b/x.rs -> b/c.rs: *"]);
    assert_eq!(from("use super::{c::A, d::B};"), ["b/x.rs -> b/c.rs: A", "b/x.rs -> b/d/mod.rs: B"]);
    assert_eq!(from("use super::Face;"), ["b/x.rs -> b.rs: Face"]);
    assert_eq!(
        from("use std::fmt; mod own { pub struct A; } use own::A; use self::own::B; fn b(_: Self::C) {}"),
        [""; 0]
    );
}

#[test]
fn a_name_that_is_handed_on_leads_to_where_it_is_from() {
    let face = ("a.rs", "mod one; mod two; pub use self::one::One; use two::Two;");
    assert_eq!(
        told(&[face, ("a/one.rs", "use super::Two;"), ("a/two.rs", ""), ("b.rs", "use crate::a::{One, Two};")]),
        ["a.rs -> a/two.rs: Two", "a/one.rs -> a/two.rs: Two", "b.rs -> a/one.rs: One", "b.rs -> a/two.rs: Two"]
    );
    let used = ("a.rs", "mod one; pub use one::One; fn f() -> One { One }");
    assert_eq!(told(&[used, ("a/one.rs", "")]), ["a.rs -> a/one.rs: One"], "the face itself uses it");
    assert_eq!(
        count(&[("a.rs", "pub use crate::b::X;"), ("b.rs", "pub use crate::a::X;"), ("c.rs", "use crate::a::X;")]),
        0
    );
}

#[test]
fn what_is_for_tests_does_not_count() {
    let text = "
        #[cfg(test)]
        mod testing;
        #[cfg(test)]
        #[path = \"a_tests.rs\"]
        mod tests { use crate::b::B; }
        #[cfg(test)]
        use crate::b::{B, C};
        #[cfg(test)]
        fn f() { crate::b::g() }
        #[cfg(all(test, feature = \"x\"))]
        impl A { fn f() { crate::b::g() } }
        use crate::c::C;";
    let of = [("a.rs", text), ("a/testing.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;"), ("c.rs", "")];
    assert_eq!(told(&of), ["a.rs -> c.rs: C", "b.rs -> a.rs: A"]);
    let feature = [("a.rs", "#[cfg(any(feature = \"x\", test))] use crate::b::B;"), ("b.rs", "use crate::a::A;")];
    assert_eq!(count(&feature), 1);
}

#[test]
fn circles_are_found_and_told_without_what_only_leads_there() {
    let pair = [("a.rs", "use super::b::B;"), ("b.rs", "use crate::a::A;"), ("c.rs", "use crate::a::A;"), ("d.rs", "")];
    let found = circles(&arrows(&files(&pair)));
    assert_eq!(found, [["a.rs -> b.rs: {\"B\"}", "b.rs -> a.rs: {\"A\"}"]]);
    let three = [("a.rs", "use crate::b::B;"), ("b.rs", "use crate::c::C;"), ("c.rs", "use crate::a::A;")];
    assert_eq!(count(&three), 1);
    assert_eq!(count(&three[..2]), 0);
    let two = [pair[0], pair[1], ("x.rs", "use crate::x::y::Y; mod y;"), ("x/y.rs", "use super::X; use crate::a::A;")];
    assert_eq!(count(&two), 2, "a parent and its child are two files");
}
