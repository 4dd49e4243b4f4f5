//! Keeps the shape of the whole workspace: what a reader may rely on, a test has to check.

#![allow(clippy::unwrap_used, reason = "in a test, the panic is the report")]

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/tokens.rs"]
mod tokens;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A file holds one idea; one that is longer has to say why here.
const MAX_FILE_LINES: usize = 400;
const LONG_FILES: [(&str, &str); 0] = [];

/// The crates whose top-level modules may not import each other in circles.
const CRATES: [&str; 3] = ["shared", "server", "tui-client"];

/// The crates whose files may not do so either.
const WITHOUT_CIRCLES: [&str; 2] = ["shared", "tui-client"];

/// What may be named only in some places: (needle, where, why).
const ONLY_IN: [(&str, &[&str], &str); 5] = [
    (
        "rusqlite",
        &["server/src/store/sqlite", "tui-client/src/cache"],
        "the rest of a program does not know which store it has",
    ),
    (
        "axum",
        &[
            "server/src/router.rs",
            "server/src/front.rs",
            "server/src/http",
            "server/src/error.rs",
            "server/src/serve.rs",
        ],
        "sessions, hub and store do not know HTTP",
    ),
    (
        "ratatui",
        &["tui-client/src/view", "tui-client/src/runtime", "tui-client/src/terminal"],
        "the interface is decided without a terminal, and drawn in one place",
    ),
    ("std::process::exit", &[], "only main ends the process"),
    ("reqwest", &["tui-client/src/net", "server/tests", "bench"], "HTTP calls are made in one place"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate is inside of the workspace").to_owned()
}

/// Every Rust file of the workspace: its path from the root, and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["shared", "server", "tui-client", "bench", "fuzz"] {
        collect(&root().join(folder), &mut found);
    }
    found.sort();
    found
}

fn collect(folder: &Path, found: &mut Vec<(String, String)>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("tests.rs") || path.contains("/benches/")
}

/// The part of a file that is not its tests and not a comment.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_file_says_what_it_is_for() {
    let silent: Vec<_> =
        sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "these do not open with a //! line: {silent:#?}");
}

#[test]
fn no_file_outgrows_its_idea() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| !is_test(path) && !LONG_FILES.iter().any(|(long, _)| long == path))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > MAX_FILE_LINES)
        .collect();
    assert!(long.is_empty(), "split these by meaning (over {MAX_FILE_LINES} lines): {long:#?}");
}

#[test]
fn things_are_named_where_they_belong() {
    for (needle, places, why) in ONLY_IN {
        let strays: Vec<_> = sources()
            .into_iter()
            .filter(|(path, _)| !path.starts_with("shared/tests") && !path.starts_with("bench/"))
            .filter(|(path, _)| !places.iter().any(|place| path.starts_with(place)))
            .filter(|(path, text)| !is_test(path) && code(text).contains(needle))
            .map(|(path, _)| path)
            .collect();
        assert!(strays.is_empty(), "{needle} is named outside of {places:?}; {why}: {strays:#?}");
    }
}

#[test]
fn the_interface_is_pure() {
    let impure =
        ["std::fs", "std::net", "tokio", "Instant::now", "SystemTime", "Timestamp::now", "getrandom", "ratatui"];
    for (path, text) in sources().into_iter().filter(|(path, _)| path.starts_with("tui-client/src/app")) {
        let found: Vec<_> = impure.iter().filter(|needle| code(&text).contains(*needle)).collect();
        assert!(found.is_empty(), "{path} is not pure: {found:?}");
        // Text is everybody's ground: it knows of no rooms and no state.
        let is_text = path.starts_with("tui-client/src/app/text") && !is_test(&path);
        let knows_more = code(&text).split("crate::app::").skip(1).any(|rest| !rest.starts_with("text"));
        assert!(!(is_text && knows_more), "{path} knows more than text");
    }
}

/// Which top-level modules of a crate import which others.
fn imports(krate: &str) -> BTreeMap<String, BTreeSet<String>> {
    let prefix = format!("{krate}/src/");
    let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, text) in sources() {
        let Some(inside) = path.strip_prefix(&prefix) else { continue };
        let module = inside.split('/').next().unwrap().trim_end_matches(".rs").to_owned();
        if is_test(&path) || module == "lib" || module == "main" {
            continue;
        }
        let used = edges.entry(module.clone()).or_default();
        for rest in code(&text).split("crate::").skip(1) {
            let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name != module && !name.is_empty() && name.chars().all(|c| !c.is_uppercase()) {
                used.insert(name);
            }
        }
    }
    edges
}

#[test]
fn modules_do_not_import_each_other_in_circles() {
    for krate in CRATES {
        let mut edges = imports(krate);
        // Take away what imports nothing that is left, until nothing is left, or only circles.
        loop {
            let known: BTreeSet<String> = edges.keys().cloned().collect();
            let free: Vec<String> =
                edges.iter().filter(|(_, used)| used.is_disjoint(&known)).map(|(module, _)| module.clone()).collect();
            if free.is_empty() {
                break;
            }
            edges.retain(|module, _| !free.contains(module));
        }
        assert!(edges.is_empty(), "{krate} has a circle of imports among: {edges:#?}");
    }
}

#[test]
fn files_do_not_import_each_other_in_circles() {
    for krate in WITHOUT_CIRCLES {
        let prefix = format!("{krate}/src/");
        let own = sources().into_iter().filter(|(path, _)| !is_test(path));
        let mut files: imports::Files =
            own.filter_map(|(path, text)| Some((path.strip_prefix(&prefix)?.to_owned(), text))).collect();
        if files.contains_key("lib.rs") {
            // It stands above all, and nobody can import it.
            files.remove("main.rs");
        }
        let arrows = imports::arrows(&files);
        assert!(arrows.values().any(|to| !to.is_empty()), "nothing was read of {krate}");
        let circles = imports::circles(&arrows);
        assert!(circles.is_empty(), "files of {krate} import each other in circles: {circles:#?}");
    }
}
