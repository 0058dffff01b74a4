//! Checks how every method responds to invalid params, generated from the schemas of the method table.

use std::collections::BTreeSet;

use crate::support::{Home, Server};
use serde_json::{Map, Value, json};
use workroom_protocol::methods::METHODS;
use workroom_protocol::schema;

/// The fields of a method's params, according to the schemas of the table.
struct Method {
    name: String,
    fields: Vec<Field>,
}

struct Field {
    name: String,
    required: bool,
    schema: Value,
}

/// The schemas of the protocol.
struct Schemas(Value);

impl Schemas {
    fn load() -> Self {
        Self(serde_json::from_str(&schema::openrpc()).unwrap())
    }

    fn methods(&self) -> Vec<Method> {
        let methods: Vec<_> = self.0["methods"].as_array().unwrap().iter().map(Method::of).collect();
        let names: Vec<_> = methods.iter().map(|method| method.name.as_str()).collect();
        assert_eq!(names, METHODS.iter().map(|row| row.name).collect::<Vec<_>>());
        methods
    }

    /// The alternatives in a schema, with references resolved.
    fn alternatives(&self, schema: &Value) -> Vec<Value> {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.rsplit('/').next().unwrap();
            return self.alternatives(&self.0["components"]["schemas"][name]);
        }
        match schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            Some(list) => list.iter().flat_map(|inner| self.alternatives(inner)).collect(),
            None => vec![schema.clone()],
        }
    }

    /// The JSON types that a schema accepts.
    fn types(&self, schema: &Value) -> BTreeSet<String> {
        let name = |value: &Value| value.as_str().unwrap().to_string();
        let of = |schema: &Value| match &schema["type"] {
            Value::Array(names) => names.iter().map(name).collect(),
            // Any JSON.
            Value::Null if is_any(schema) => {
                ["object", "array", "string", "integer", "number", "boolean", "null"].map(Into::into).into()
            }
            Value::Null => panic!("a schema without a type: {schema}"),
            one => vec![name(one)],
        };
        self.alternatives(schema).iter().flat_map(of).collect()
    }

    /// A value that matches a schema.
    fn sample(&self, schema: &Value) -> Value {
        let schema = &self.alternatives(schema)[0];
        if let Some(value) = schema.get("const").or(schema["enum"].get(0)) {
            return value.clone();
        }
        if is_any(schema) {
            return json!(1);
        }
        match schema["type"].as_str().or(schema["type"][0].as_str()).unwrap() {
            "object" => required(schema)
                .map(|name| (name.clone(), self.sample(&schema["properties"][name])))
                .collect(),
            "array" => json!([]),
            "string" if schema["format"] == "date-time" => json!("2099-01-01T00:00:00.000Z"),
            "string" => json!("x"),
            "integer" => json!(1),
            "boolean" => json!(true),
            "null" => Value::Null,
            other => panic!("a field of type {other}"),
        }
    }

    /// Params with all required fields and no other.
    fn least(&self, method: &Method) -> Map<String, Value> {
        let fields = method.fields.iter().filter(|field| field.required);
        fields.map(|field| (field.name.clone(), self.sample(&field.schema))).collect()
    }
}

impl Method {
    fn of(row: &Value) -> Self {
        let field = |param: &Value| Field {
            name: param["name"].as_str().unwrap().into(),
            required: param["required"].as_bool().unwrap(),
            schema: param["schema"].clone(),
        };
        let fields = row["params"].as_array().unwrap().iter().map(field).collect();
        Self { name: row["name"].as_str().unwrap().into(), fields }
    }

    fn needs_params(&self) -> bool {
        self.fields.iter().any(|field| field.required)
    }
}

/// Whether a schema accepts any value.
fn is_any(schema: &Value) -> bool {
    schema.as_bool() == Some(true)
        || schema.as_object().is_some_and(|members| members.keys().all(|key| key == "description"))
}

fn required(schema: &Value) -> impl Iterator<Item = &String> {
    let names = schema["required"].as_array().into_iter().flatten();
    names.map(|name| match name {
        Value::String(name) => name,
        other => panic!("{other}"),
    })
}

/// Calls every method with the params from `cases`, and asserts the expected `data.path`.
fn check(cases: impl Fn(&Schemas, &Method) -> Vec<(Value, String)>) {
    let schemas = Schemas::load();
    let home = Home::new();
    // `initialize` is refused after other requests, so each call of it uses a fresh connection.
    let (mut fresh, mut used) = (home.server(), home.server());
    for method in schemas.methods() {
        let server = if method.name == "initialize" { &mut fresh } else { &mut used };
        for (params, path) in cases(&schemas, &method) {
            assert_refused(server, &method.name, params, &path);
        }
    }
}

#[track_caller]
fn assert_refused(server: &mut Server, method: &str, params: Value, path: &str) {
    let error = server.err(method, params.clone());
    assert_eq!(error["code"], -32602, "{method} {params}: {error}");
    assert_eq!(error["data"], json!({"kind": "invalid_params", "path": path}), "{method} {params}: {error}");
    assert!(error["message"].as_str().unwrap().starts_with("invalid params: "), "{error}");
}

fn with(params: &Map<String, Value>, name: &str, value: Value) -> Value {
    let mut params = params.clone();
    params.insert(name.into(), value);
    params.into()
}

#[test]
fn an_unknown_field_is_refused_by_its_name() {
    check(|schemas, method| {
        let least = schemas.least(method);
        vec![
            (with(&least, "colour", json!(1)), "colour".into()),
            (with(&least, "", json!(null)), String::new()),
            (with(&least, "camelCase", json!({"a": [1]})), "camelCase".into()),
        ]
    });
}

#[test]
fn a_missing_required_field_is_named() {
    check(|schemas, method| {
        let least = schemas.least(method);
        let without = |name: &str| {
            let mut params = least.clone();
            params.remove(name);
            params.into()
        };
        let fields = method.fields.iter().filter(|field| field.required);
        fields.map(|field| (without(&field.name), field.name.clone())).collect()
    });
}

#[test]
fn a_field_of_the_wrong_type_is_named() {
    let values = [json!(null), json!(true), json!(1), json!("x"), json!([]), json!({})];
    let type_of = |value: &Value| match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    check(|schemas, method| {
        let least = schemas.least(method);
        let wrong = |field: &Field| {
            let types = schemas.types(&field.schema);
            let unfit = values.iter().filter(move |value| !types.contains(type_of(value)));
            unfit
                .map(|value| (with(&least, &field.name, value.clone()), field.name.clone()))
                .collect::<Vec<_>>()
        };
        method.fields.iter().flat_map(wrong).collect()
    });
}

#[test]
fn a_number_that_is_not_a_valid_count_is_refused_with_the_field() {
    check(|schemas, method| {
        let least = schemas.least(method);
        // A field that accepts any JSON accepts any number.
        let fields = method.fields.iter().filter(|field| !is_any(&field.schema));
        let counts = fields.filter(|field| schemas.types(&field.schema).contains("integer"));
        let unfit = [json!(-1), json!(1.5), json!(1e30), json!(-1e30), json!(u64::MAX as f64)];
        let wrong =
            |field: &Field| unfit.clone().map(|value| (with(&least, &field.name, value), field.name.clone()));
        counts.flat_map(wrong).collect()
    });
}

#[test]
fn a_nested_field_is_named_by_its_path() {
    check(|schemas, method| {
        let least = schemas.least(method);
        let mut cases = Vec::new();
        for field in &method.fields {
            for schema in schemas.alternatives(&field.schema) {
                let name = &field.name;
                if schema["items"].is_object() {
                    cases.push((with(&least, name, json!([null])), format!("{name}[0]")));
                    let good = schemas.sample(&schema["items"]);
                    cases.push((with(&least, name, json!([good, 1])), format!("{name}[1]")));
                }
                let Value::Object(whole) = schemas.sample(&schema) else { continue };
                cases.push((with(&least, name, with(&whole, "colour", json!(1))), format!("{name}.colour")));
                for inner in required(&schema) {
                    let mut part = whole.clone();
                    part.remove(inner);
                    // If additional properties are allowed, an object with one key could match any of the
                    // alternatives.
                    let is_word = schema["additionalProperties"] == false;
                    let missing = if is_word { name.clone() } else { format!("{name}.{inner}") };
                    cases.push((with(&least, name, part.into()), missing));
                    cases.push((
                        with(&least, name, with(&whole, inner, json!([[]]))),
                        format!("{name}.{inner}"),
                    ));
                }
            }
        }
        cases
    });
}

#[test]
fn absent_params_can_be_written_in_four_ways_if_every_field_is_optional() {
    let schemas = Schemas::load();
    let home = Home::new();
    for params in ["", r#","params":[]"#, r#","params":[null]"#, r#","params":{}"#] {
        let mut server = home.server();
        let mut send = |method: &str| {
            server.send_raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{method}\"{params}}}\n"));
            let answer = server.answer(1);
            assert!(answer.get("result").is_some(), "{method} {params}: {answer}");
        };
        let methods = schemas.methods();
        let optional: Vec<_> = methods.iter().filter(|method| !method.needs_params()).collect();
        assert!(optional.iter().any(|method| method.name == "shutdown"));
        optional.iter().filter(|method| method.name != "shutdown").for_each(|method| send(&method.name));
        send("shutdown");
        assert!(server.wait().0.success());
    }
}

#[test]
fn absent_params_are_refused_with_the_first_required_field() {
    let schemas = Schemas::load();
    let home = Home::new();
    let (mut fresh, mut used) = (home.server(), home.server());
    for method in schemas.methods() {
        let Some(first) = method.fields.iter().find(|field| field.required) else { continue };
        let server = if method.name == "initialize" { &mut fresh } else { &mut used };
        for params in ["", r#","params":[]"#, r#","params":[null]"#, r#","params":{}"#] {
            server.send_raw(format!(
                "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"{}\"{params}}}\n",
                method.name
            ));
            let answer = server.answer(1);
            assert_eq!(answer["error"]["code"], -32602, "{answer}");
            assert_eq!(answer["error"]["data"]["path"], first.name, "{} {params}: {answer}", method.name);
        }
    }
}
