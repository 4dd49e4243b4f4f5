//! JSON Schemas of the contract's types, as both documents carry them.

use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

/// Whether a type is described as it is read, or as it is written: what may be absent differs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// By the server: what it sends.
    Written,
    /// By the server: what it takes.
    Read,
}

/// A generator whose schemas refer to `#/components/schemas`.
pub(super) fn generator(side: Side) -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.meta_schema = None;
    });
    let settings = if side == Side::Read { settings.for_deserialize() } else { settings.for_serialize() };
    settings.into_generator()
}

/// Moves what the generators have collected into one list. A name has one meaning.
pub(super) fn definitions(generators: [SchemaGenerator; 2]) -> Map<String, Value> {
    let mut all = Map::new();
    for mut generator in generators {
        for (name, schema) in generator.take_definitions(true) {
            let before = all.insert(name.clone(), schema.clone());
            assert!(before.is_none_or(|before| before == schema), "{name} is read otherwise than it is written");
        }
    }
    all
}

/// Makes schemas fit for readers who do not know the types: words without links into the code, no formats of Rust's integers,
/// and what the server leaves out instead of saying `null` is never `null`.
pub(super) fn polish(value: &mut Value, side: Side) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(|value| polish(value, side)),
        Value::Object(object) => {
            if object.get("format").is_some_and(|format| format.as_str().is_some_and(|name| name.contains("int"))) {
                object.remove("format");
            }
            if let Some(Value::String(words)) = object.get_mut("description") {
                *words = words.replace("[`", "`").replace("`]", "`").replace("crate::", "").replace("::", ".");
            }
            if object.contains_key("properties") && side == Side::Written {
                never_null(object);
            }
            object.values_mut().for_each(|value| polish(value, side));
        }
        _ => {}
    }
}

/// Of a type as it is written, a property that is not required is absent where there is nothing to say.
fn never_null(object: &mut Map<String, Value>) {
    let required: Vec<Value> = object.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(Value::Object(properties)) = object.get_mut("properties") else { return };
    for (_, property) in properties.iter_mut().filter(|(name, _)| !required.iter().any(|known| known == *name)) {
        let Some(kinds) = property.get_mut("type").and_then(Value::as_array_mut) else { continue };
        kinds.retain(|kind| kind != "null");
        if let [only] = &kinds[..] {
            property["type"] = only.clone();
        }
    }
}
