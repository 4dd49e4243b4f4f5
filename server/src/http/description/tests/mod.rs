//! Makes both documents anew from the routes and the types, and holds the files against them.
//!
//! After a change of either, `WRITE_DESCRIPTIONS=1 cargo test -p chat-server --lib description` writes the files.

mod asyncapi;
mod openapi;
mod operations;
mod schemas;

use std::path::Path;

use serde_json::Value;

fn hold(file: &str, mut document: Value) {
    // In one order, whatever the crates that are built beside this one ask of serde_json.
    document.sort_all_objects();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(file);
    let text = format!("{document:#}\n");
    if std::env::var_os("WRITE_DESCRIPTIONS").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(text.lines()).position(|(found, wanted)| found != wanted);
    let why = "is not what the routes and types say; write it with WRITE_DESCRIPTIONS=1 cargo test -p chat-server --lib description";
    assert!(found == text, "docs/{file} {why} (it differs in line {})", differs.map_or(0, |line| line + 1));
}

#[test]
fn the_openapi_document_is_what_the_routes_and_types_say() {
    hold("openapi.json", openapi::document());
}

#[test]
fn the_asyncapi_document_is_what_the_frames_say() {
    hold("asyncapi.json", asyncapi::document());
}
