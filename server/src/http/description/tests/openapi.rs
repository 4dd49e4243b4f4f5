//! Puts the OpenAPI document together: paths from the router, bodies from the types, words from [`super::operations`].

use std::collections::BTreeMap;

use chat_shared::limit::KEY_CHARS;
use chat_shared::{ErrorBody, ErrorCode};
use schemars::SchemaGenerator;
use serde_json::{Map, Value, json};

use super::operations::{Carries, Operation, Token, operations};
use super::schemas::{Side, definitions, generator, polish};
use crate::router::ROUTES;

const ABOUT: &str = "People post over HTTP; every connected client hears of it over a socket the moment it is committed. \
    The socket is described by `/api/v1/asyncapi.json`. Every path that takes GET takes HEAD too. A path that is not here \
    is answered with 404 `not_found`, a method that is not here with 405 `method_not_allowed`. \
    Pass over fields and values that you do not know: there will be more.";

/// Both directions, and the answers that several operations share.
struct Parts {
    written: SchemaGenerator,
    read: SchemaGenerator,
    refusals: Map<String, Value>,
}

/// The whole document.
pub(super) fn document() -> Value {
    let mut parts = Parts { written: generator(Side::Written), read: generator(Side::Read), refusals: Map::new() };
    let error = parts.written.subschema_for::<ErrorBody>();
    assert_eq!(error.get("$ref"), Some(&json!("#/components/schemas/ErrorBody")));
    let mut known: BTreeMap<&str, Operation> = operations().into_iter().map(|op| (op.handler, op)).collect();
    let mut paths = Map::new();
    for (method, path, handler) in ROUTES {
        let operation = known.remove(handler).unwrap_or_else(|| panic!("{method} {path} is not described"));
        let item = paths.entry(*path).or_insert_with(|| json!({}));
        item[*method] = described(&operation, path, &mut parts);
    }
    assert!(known.is_empty(), "described, but not served: {:?}", known.keys());
    let mut written = Value::Object(definitions([parts.written, generator(Side::Written)]));
    let mut read = Value::Object(definitions([parts.read, generator(Side::Read)]));
    polish(&mut written, Side::Written);
    polish(&mut read, Side::Read);
    let schemas = merged(written, read);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "chat-server",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The `token` of `register` and `login`."},
            },
            "responses": parts.refusals,
            "schemas": schemas,
        },
    })
}

/// A name has one meaning, whoever speaks.
fn merged(written: Value, read: Value) -> Value {
    let (Value::Object(mut all), Value::Object(read)) = (written, read) else { panic!("lists of schemas") };
    for (name, schema) in read {
        let before = all.insert(name.clone(), schema.clone());
        assert!(before.is_none_or(|before| before == schema), "{name} is read otherwise than it is written");
    }
    Value::Object(all)
}

fn described(operation: &Operation, path: &str, parts: &mut Parts) -> Value {
    let mut described = json!({
        "operationId": operation.handler,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": answers(operation, path, parts),
    });
    let parameters = parameters(operation, path, parts);
    if !parameters.is_empty() {
        described["parameters"] = parameters.into();
    }
    if let Some(takes) = operation.takes {
        let mut content = json!({"application/json": {"schema": takes(&mut parts.read)}});
        if operation.is_post {
            content["text/plain"] = json!({
                "schema": {"type": "string", "description": "The whole body is the message."},
            });
        }
        described["requestBody"] = json!({"required": true, "content": content});
    }
    match operation.token {
        Token::Needed => {}
        Token::Optional => described["security"] = json!([{"token": []}, {}]),
        Token::Ignored => described["security"] = json!([]),
    }
    described
}

fn parameters(operation: &Operation, path: &str, parts: &mut Parts) -> Vec<Value> {
    let mut parameters: Vec<Value> = Vec::new();
    for name in path.split(['{', '}']).skip(1).step_by(2) {
        let (schema, what) = match name {
            "room" => (json!({"type": "string"}), "The room's id or its name."),
            "seq" => (json!({"type": "integer", "minimum": 0}), "The message's number."),
            "emoji" => (json!({"type": "string"}), "The emoji itself, percent-encoded."),
            other => panic!("{{{other}}} is not described"),
        };
        parameters.push(json!({"name": name, "in": "path", "required": true, "description": what, "schema": schema}));
    }
    if let Some(query) = operation.query {
        parameters.extend(query_parameters(query(&mut parts.read).to_value()));
    }
    if operation.is_post {
        let what = "Makes the post safe to repeat. Yours alone; kept as long as the message.";
        let schema = json!({"type": "string", "pattern": format!("^[!-~]{{1,{KEY_CHARS}}}$")});
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "description": what, "schema": schema}));
    }
    if operation.handler.starts_with("description_") {
        let what = "The ETag of the document that the caller has.";
        let schema = json!({"type": "string"});
        parameters.push(json!({"name": "If-None-Match", "in": "header", "description": what, "schema": schema}));
    }
    parameters
}

/// The properties of a query's type, as parameters. In a query, what is absent is not there: nothing is `null`.
fn query_parameters(mut schema: Value) -> Vec<Value> {
    polish(&mut schema, Side::Written);
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let Value::Object(properties) = schema["properties"].take() else { panic!("a query has properties: {schema}") };
    let parameter = |(name, mut schema): (String, Value)| {
        let what = schema.as_object_mut().and_then(|schema| schema.remove("description")).unwrap_or_default();
        assert!(what.is_string(), "{name} is described");
        if let Some(one) = schema.get("anyOf").and_then(|either| either.get(0)).cloned() {
            schema = one;
        }
        let mut parameter = json!({"name": name, "in": "query", "description": what, "schema": schema});
        if required.iter().any(|known| *known == name) {
            parameter["required"] = true.into();
        }
        parameter
    };
    properties.into_iter().map(parameter).collect()
}

fn answers(operation: &Operation, path: &str, parts: &mut Parts) -> Value {
    let mut answers = Map::new();
    for (status, what, carries) in &operation.answers {
        let mut answer = json!({"description": what});
        let content = match carries {
            Carries::Nothing => None,
            Carries::Json(of) => Some(json!({"application/json": {"schema": of(&mut parts.written)}})),
            Carries::Document => Some(json!({"application/json": {"schema": {"type": "object"}}})),
            Carries::Text(kind) => Some(json!({*kind: {"schema": {"type": "string"}}})),
        };
        if let Some(content) = content {
            answer["content"] = content;
        }
        answers.insert(status.to_string(), answer);
    }
    let mut errors: BTreeMap<u16, Vec<String>> = BTreeMap::new();
    let in_path = path.contains('{').then_some(ErrorCode::Malformed);
    for code in operation.errors.iter().copied().chain(in_path) {
        let codes = errors.entry(code.status()).or_default();
        codes.push(code.to_string());
        codes.sort();
        codes.dedup();
    }
    for (status, codes) in errors {
        let name = codes.join(".");
        answers.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
        parts.refusals.entry(name).or_insert_with(|| refusal(status, &codes));
    }
    Value::Object(answers)
}

/// An answer that is one of these errors.
fn refusal(status: u16, codes: &[String]) -> Value {
    let narrowed = json!({"properties": {"error": {"properties": {"code": {"enum": codes}}}}});
    let mut refusal = json!({
        "description": codes.join(", "),
        "content": {"application/json": {"schema": {
            "allOf": [{"$ref": "#/components/schemas/ErrorBody"}, narrowed],
        }}},
    });
    if matches!(status, 429 | 503) {
        let schema = json!({"type": "integer", "minimum": 0});
        refusal["headers"] = json!({"Retry-After": {"description": "In seconds.", "schema": schema}});
    }
    if status == 401 {
        refusal["headers"] = json!({"WWW-Authenticate": {"schema": {"type": "string", "const": "Bearer"}}});
    }
    refusal
}
