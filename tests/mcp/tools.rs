//! The tools: what each one does, what it costs, and how it reports errors.

use serde_json::{Value, json};

use crate::mcp::Host;
use crate::support::Home;

/// One token for four ASCII characters or for one other character, as everywhere in Workroom.
fn tokens(text: &str) -> usize {
    text.chars().filter(char::is_ascii).count().div_ceil(4) + text.chars().filter(|c| !c.is_ascii()).count()
}

/// Checks a value against one of our schemas.
#[track_caller]
fn assert_valid(value: &Value, schema: &Value, path: &str) {
    let type_of = schema["type"].as_str();
    let right = match type_of {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("boolean") => value.is_boolean(),
        _ => panic!("{path}: a schema without a type: {schema}"),
    };
    assert!(right, "{path}: {value} is not of type {type_of:?}");
    for name in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(name.as_str().unwrap()).is_some(), "{path}: {name} is missing in {value}");
    }
    for (name, inner) in value.as_object().into_iter().flatten() {
        let known = schema["properties"].get(name);
        assert_valid(inner, known.unwrap_or_else(|| panic!("{path}: {name} is not in the schema")), name);
    }
    for inner in value.as_array().into_iter().flatten() {
        assert_valid(inner, &schema["items"], path);
    }
}

#[test]
fn the_tool_descriptions_are_accurate_and_short() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let list = host.server.ok("tools/list", json!({}));
    let cost = tokens(&list.to_string());
    assert!(cost < 3000, "{cost}");
    let tools = list["tools"].as_array().unwrap();
    for name in [
        "resolve_workroom_link",
        "list_workrooms",
        "list_threads",
        "read_thread",
        "post_update",
        "attach_reference",
        "request_approval",
        "ask_human",
        "check_inbox",
        "search_workrooms",
        "create_thread",
    ] {
        let tool = tools.iter().find(|tool| tool["name"] == name).unwrap_or_else(|| panic!("{name}"));
        let reads = ["resolve", "list", "read", "check", "search"].iter().any(|verb| name.starts_with(verb));
        assert_eq!(tool["annotations"]["readOnlyHint"], reads, "{name}");
        assert_eq!(tool["annotations"]["destructiveHint"], false, "{name}");
        assert_eq!(tool["annotations"]["openWorldHint"], false, "{name}");
        assert!(tool["title"].is_string() && tool["description"].is_string(), "{name}");
        assert_eq!(tool["inputSchema"]["type"], "object", "{name}");
        assert_eq!(tool["outputSchema"]["type"], "object", "{name}");
    }
}

/// Every schema inside a schema, with its path.
fn each<'s>(schema: &'s Value, path: &str, found: &mut Vec<(String, &'s Value)>) {
    found.push((path.to_owned(), schema));
    for (name, inner) in schema["properties"].as_object().into_iter().flatten() {
        each(inner, &format!("{path}.{name}"), found);
    }
    if let Some(items) = schema.get("items") {
        each(items, &format!("{path}[]"), found);
    }
}

#[test]
fn every_schema_in_the_list_of_tools_has_one_type() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let list = host.server.ok("tools/list", json!({}));
    for tool in list["tools"].as_array().unwrap() {
        for side in ["inputSchema", "outputSchema"] {
            let mut found = Vec::new();
            each(&tool[side], &format!("{}.{side}", tool["name"]), &mut found);
            for (path, schema) in found {
                assert!(schema["type"].is_string(), "{path}: {schema}");
                if schema["type"] == "array" {
                    assert!(schema["items"].is_object(), "{path}: {schema}");
                }
                let known = ["type", "properties", "required", "items", "enum", "description"];
                for (name, _) in schema.as_object().unwrap() {
                    assert!(known.contains(&name.as_str()), "{path}: `{name}` in {schema}");
                }
            }
        }
        assert!(tool["outputSchema"]["properties"]["note"].is_object(), "{tool}");
    }
}

#[test]
fn read_only_tools_write_nothing() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    let mut host = Host::new(&home);
    let before = ada.ok("server/status", json!({}))["head_seq"].take();
    for (name, arguments) in [
        ("resolve_workroom_link", json!({"link": thread})),
        ("list_workrooms", json!({})),
        ("list_threads", json!({})),
        ("read_thread", json!({"thread": thread})),
        ("search_workrooms", json!({"query": "x"})),
        ("check_inbox", json!({})),
    ] {
        host.tool(name, arguments);
    }
    assert_eq!(ada.ok("server/status", json!({}))["head_seq"], before);
}

#[test]
fn every_tool_works_and_its_result_matches_its_schema() {
    let home = Home::new();
    let mut host = Host::called(
        {
            let mut command = home.command(["mcp"]);
            std::fs::create_dir_all(home.path().parent().unwrap().join("rocket")).unwrap();
            std::fs::write(home.path().parent().unwrap().join("rocket/notes.md"), "# Notes\n").unwrap();
            command.current_dir(home.path().parent().unwrap().join("rocket"));
            command
        },
        "claude-code",
    );
    let schemas: Vec<(String, Value)> = host.server.ok("tools/list", json!({}))["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| (tool["name"].as_str().unwrap().to_owned(), tool["outputSchema"].clone()))
        .collect();
    let mut said = Vec::new();
    let mut tool = |host: &mut Host, name: &str, arguments: Value| {
        let result = host.tool(name, arguments);
        let (_, schema) = schemas.iter().find(|(known, _)| known == name).unwrap();
        assert_valid(&result, schema, name);
        said.push(name.to_owned());
        result
    };
    let thread = tool(&mut host, "create_thread", json!({"title": "Fix it"}));
    let (id, room) = (&thread["id"], &thread["workroom_id"]);
    let rooms = tool(&mut host, "list_workrooms", json!({"query": "rock"}));
    assert_eq!((&rooms["workrooms"][0]["id"], &rooms["workrooms"][0]["title"]), (room, &json!("rocket")));
    // The folder now has a workroom.
    let second = tool(&mut host, "create_thread", json!({"title": "Another", "kind": "channel"}));
    assert_eq!(second["workroom_id"], *room);
    for (kind, text, path) in [
        ("message", Some("found it"), None),
        ("receipt", Some("done and tested"), None),
        ("failure", Some("one test fails"), None),
        ("needs_human", Some("which one?"), None),
        ("resumed", None, None),
        ("artifact", Some("what I know"), Some("notes.md")),
    ] {
        let mut arguments = json!({"thread": thread["link"], "type": kind});
        for (name, value) in [("text", text), ("path", path)] {
            if let Some(value) = value {
                arguments[name] = json!(value);
            }
        }
        let posted = tool(&mut host, "post_update", arguments);
        assert!(posted["link"].as_str().unwrap().contains(posted["event_id"].as_str().unwrap()));
    }
    let attached = tool(&mut host, "attach_reference", json!({"thread": id, "reference": "acme/rocket#7"}));
    assert_eq!(attached["references"], json!(["acme/rocket#7"]));
    let again = tool(&mut host, "attach_reference", json!({"thread": id, "reference": "acme/rocket#7"}));
    assert_eq!(again, attached);
    let threads = tool(&mut host, "list_threads", json!({"workroom": room, "active": true}));
    assert_eq!(threads["threads"][0]["id"], *id);
    let page = tool(&mut host, "read_thread", json!({"thread": id, "limit": 2}));
    assert_eq!((page["events"].as_array().unwrap().len(), &page["more"]), (2, &json!(true)));
    let before = json!({"thread": id, "before_seq": page["events"][0]["seq"], "limit": 1});
    let earlier = tool(&mut host, "read_thread", before);
    assert_eq!(earlier["events"][0]["kind"], "resumed");
    let after = json!({"thread": id, "after_seq": earlier["events"][0]["seq"]});
    assert_eq!(tool(&mut host, "read_thread", after)["events"].as_array().unwrap().len(), 2);
    let resolved = tool(&mut host, "resolve_workroom_link", json!({"link": thread["link"]}));
    assert!(resolved["markdown"].as_str().unwrap().contains("# Thread: Fix it"));
    let hits = tool(&mut host, "search_workrooms", json!({"query": "tested", "workroom": room}));
    assert_eq!(hits["hits"][0]["kind"], "receipt");
    tool(
        &mut host,
        "request_approval",
        json!({"thread": id, "tool_name": "t", "summary": "s", "wait_seconds": 0}),
    );
    tool(&mut host, "ask_human", json!({"thread": id, "question": "q", "wait_seconds": 0}));
    home.server().say(id.as_str().unwrap(), "@claude-code well done");
    let inbox = tool(&mut host, "check_inbox", json!({}));
    assert_eq!((&inbox["items"][0]["thread_id"], &inbox["unread"]), (id, &json!(1)));
    assert_eq!(inbox["items"][0]["reasons"], json!(["mention"]));
    let done = json!({"thread": id, "upto_seq": inbox["items"][0]["newest_seq"]});
    assert_eq!(tool(&mut host, "mark_done", done)["unread"], 0);
    assert_eq!(tool(&mut host, "check_inbox", json!({}))["items"], json!([]));
    for (name, _) in &schemas {
        assert!(said.contains(name), "{name} was not tried");
    }
}

#[test]
fn the_fixed_cost_of_every_session_is_bounded() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let listed = host.server.ok("tools/list", json!({}));
    assert!(tokens(&listed.to_string()) < 3000, "{}", tokens(&listed.to_string()));
}

#[test]
fn catching_up_with_ten_thousand_events_is_cheap() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    for round in 0..10 {
        let event = |number: u32| {
            let content =
                format!("event {round} {number}: {}", "what was found out about the cache ".repeat(20));
            json!({"thread_id": thread, "kind": {"event": "message", "content": content}})
        };
        ada.ok("event/appendBatch", json!({"events": (0..1000).map(event).collect::<Vec<_>>()}));
    }
    let mut host = Host::new(&home);
    for (tool, arguments) in [
        ("resolve_workroom_link", json!({"link": thread})),
        ("read_thread", json!({"thread": thread})),
        ("search_workrooms", json!({"query": "cache"})),
    ] {
        // Text and data together, because some hosts show both to their model.
        let whole = host.call(tool, arguments);
        assert!(tokens(&whole.to_string()) <= 2000, "{tool}: {}", tokens(&whole.to_string()));
    }
    let link = ada.ok("thread/read", json!({"thread_id": thread, "limit": 1}))["thread"]["link"].take();
    let resource = host.server.ok("resources/read", json!({"uri": link}));
    assert!(tokens(&resource.to_string()) <= 2100);
}

#[test]
fn errors_describe_what_to_do() {
    let home = Home::new();
    let mut host = Host::new(&home);
    let thread = host.tool("create_thread", json!({"title": "T"}))["id"].take();
    let none = format!("thr_{}", "0".repeat(32));
    for (tool, arguments, parts) in [
        ("read_thread", json!({"thread": none}), &["not_found", "list_threads"][..]),
        ("read_thread", json!({"thread": "x"}), &["thread", "thr_"]),
        ("read_thread", json!({}), &["missing field `thread`", "call again"]),
        ("read_thread", json!({"thread": thread, "limit": 0}), &["limit"]),
        ("read_thread", json!({"thread": thread, "lines": 3}), &["lines", "before_seq"]),
        ("post_update", json!({"thread": thread, "type": "message"}), &["text"]),
        ("post_update", json!({"thread": thread, "type": "shout", "text": "x"}), &["type", "receipt"]),
        ("post_update", json!({"thread": thread, "type": "artifact", "text": "x"}), &["path"]),
        ("post_update", json!({"thread": thread, "type": "artifact", "path": "/etc/passwd"}), &["path"]),
        (
            "post_update",
            json!({"thread": thread, "type": "artifact", "path": "none.md"}),
            &["none.md", "Check the path"],
        ),
        ("post_update", json!({"thread": none, "type": "artifact", "path": "none.md"}), &["list_threads"]),
        ("post_update", json!({"thread": thread, "type": "resumed", "text": "x"}), &["text"]),
        ("attach_reference", json!({"thread": thread, "reference": "nothing"}), &["invalid_params"]),
        ("request_approval", json!({}), &["approval_id"]),
        ("ask_human", json!({"thread": thread}), &["question"]),
        ("list_threads", json!({"workroom": "codewhale://nowhere"}), &["workroom", "wr_"]),
    ] {
        let told = host.failure(tool, arguments.clone());
        for part in parts {
            assert!(told.contains(part), "{tool} {arguments}: {told}");
        }
    }
}
