//! Puts the AsyncAPI document together: each type of frame is a message, taken from the types.

use chat_shared::frame::Control;
use chat_shared::{ClientFrame, Event};
use schemars::JsonSchema;
use serde_json::{Map, Value, json};

use super::schemas::{Side, definitions, generator, polish};

const ABOUT: &str = "What travels over the WebSocket at `/api/v1/ws`, as JSON text frames. The client speaks first, within 10 \
    seconds: `hello`. The server answers with `ready`, then with the events that the client has missed, then with `caught_up`; \
    from there on events are live. An event has a `seq` and an `at`, whatever its type; of a room, the next `seq` is the last \
    one + 1. A frame without them is said once and never again. Pass over types and fields that you do not know.";

/// The frames of one side: by type, what they carry.
fn frames<T: JsonSchema>(side: Side, schemas: &mut Map<String, Value>) -> Vec<(String, Value)> {
    let mut generator = generator(side);
    let mut root = generator.root_schema_for::<T>().to_value();
    let mut found = Value::Object(definitions([generator, super::schemas::generator(side)]));
    polish(&mut root, side);
    polish(&mut found, side);
    let Value::Object(mut found) = found else { panic!("a list of schemas") };
    let variants = root.get_mut("oneOf").expect("a type of frames has variants").take();
    let Value::Array(variants) = variants else { panic!("a list of variants") };
    let frames = variants.into_iter().map(|variant| frame(&root, variant, &mut found)).collect();
    schemas.extend(found);
    frames
}

/// One variant, with what all of them have, and with what it has in a type of its own.
fn frame(shared: &Value, mut variant: Value, found: &mut Map<String, Value>) -> (String, Value) {
    let reference = variant.as_object_mut().and_then(|variant| variant.remove("$ref"));
    let name = reference.as_ref().and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
    let own = name.and_then(|name| found.remove(name)).unwrap_or_default();
    let kind = variant["properties"]["type"]["const"].as_str().expect("a frame has a type").to_owned();
    for part in [shared, &own] {
        for (name, schema) in part["properties"].as_object().into_iter().flatten() {
            variant["properties"][name] = schema.clone();
        }
        let required = variant["required"].as_array_mut().expect("its type is required");
        required.extend(part["required"].as_array().into_iter().flatten().cloned());
    }
    (kind, variant)
}

fn messages(frames: &[(String, Value)]) -> Map<String, Value> {
    let message = |(kind, payload): &(String, Value)| {
        let mut payload = payload.clone();
        let summary = payload.as_object_mut().and_then(|payload| payload.remove("description"));
        (kind.clone(), json!({"name": kind, "summary": summary.expect("a frame is described"), "payload": payload}))
    };
    frames.iter().map(message).collect()
}

/// References to the messages of these names, below `place`.
fn references<'a>(place: &str, names: impl Iterator<Item = &'a String>) -> Vec<Value> {
    names.map(|name| json!({"$ref": format!("#/{place}/{name}")})).collect()
}

/// The whole document.
pub(super) fn document() -> Value {
    let mut schemas = Map::new();
    let hello = messages(&frames::<ClientFrame>(Side::Read, &mut schemas));
    let mut sent = messages(&frames::<Control>(Side::Written, &mut schemas));
    sent.extend(messages(&frames::<Event>(Side::Written, &mut schemas)));
    let all: Map<String, Value> = hello.clone().into_iter().chain(sent.clone()).collect();
    let in_channel: Map<String, Value> =
        all.keys().cloned().zip(references("components/messages", all.keys())).collect();
    let place = "channels/socket/messages";
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "chat-server's socket",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "channels": {"socket": {
            "address": "/api/v1/ws",
            "messages": in_channel,
            "bindings": {"ws": {"method": "GET", "bindingVersion": "0.1.0"}},
        }},
        "operations": {
            "take": {
                "action": "receive",
                "summary": "What the server takes.",
                "channel": {"$ref": "#/channels/socket"},
                "messages": references(place, hello.keys()),
            },
            "push": {
                "action": "send",
                "summary": "What the server sends.",
                "channel": {"$ref": "#/channels/socket"},
                "messages": references(place, sent.keys()),
            },
        },
        "components": {"messages": all, "schemas": schemas},
    })
}
