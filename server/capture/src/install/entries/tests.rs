use proptest::prelude::*;

use super::*;
use crate::install::{add, installed, is_only_ours, remove};

fn workroom() -> Program {
    Program { path: "/usr/local/bin/workroom".into(), home: None }
}

const JSON: [Agent; 5] = [Agent::Claude, Agent::Codex, Agent::Copilot, Agent::Gemini, Agent::Qwen];

fn value(text: &str) -> Value {
    parse(text).map(|object| Value::from(Node::Object(object))).unwrap_or_default()
}

#[test]
fn every_event_has_one_hook_in_the_form_of_its_agent() -> Result<(), InstallError> {
    for agent in JSON {
        let text = add(agent, "", &workroom())?;
        let whole = value(&text);
        let events = whole[HOOKS].as_object().map(|events| events.keys().cloned().collect::<Vec<_>>());
        assert_eq!(events.unwrap_or_default(), hosts::events(agent), "{text}");
        assert!(text.starts_with("{\n  \"hooks\": {\n    \"") && text.ends_with("\n  }\n}\n"), "{text}");
    }
    let one = |agent, event: &str| add(agent, "", &workroom()).map(|text| value(&text)[HOOKS][event].clone());
    let command = |agent, event: &str| workroom().shell(agent, event);
    assert_eq!(
        one(Agent::Claude, "PermissionRequest")?,
        json!([{"hooks": [{"type": "command", "command": command(Agent::Claude, "PermissionRequest"), "timeout": 86400}]}])
    );
    assert_eq!(
        one(Agent::Copilot, "permissionRequest")?,
        json!([{"type": "command", "bash": command(Agent::Copilot, "permissionRequest"), "timeoutSec": 86400}])
    );
    assert_eq!(one(Agent::Gemini, "BeforeTool")?[0]["hooks"][0]["timeout"], 10_000);
    assert_eq!(one(Agent::Codex, "SessionEnd")?[0]["hooks"][0]["timeout"], 3);
    assert_eq!(one(Agent::Qwen, "Stop")?[0]["hooks"][0]["timeout"], 10);
    Ok(())
}

#[test]
fn no_hook_of_gemini_waits_for_an_answer() {
    for event in hosts::events(Agent::Gemini) {
        assert_eq!(timeout(Agent::Gemini, event), SHORT * 1000);
    }
}

#[test]
fn hooks_of_others_stay_first_and_in_order() -> Result<(), InstallError> {
    let text = r#"{
  // mine
  "hooks": {
    "Stop": [
      {"hooks": [{"type": "command", "command": "a"}, {"type": "command", "command": "b"}]}, // two
      {"matcher": "x", "hooks": []}
    ],
    "Other": []
  },
  "model": "m" // why
}
"#;
    let with = add(Agent::Claude, text, &workroom())?;
    let stop = &value(&with)[HOOKS]["Stop"];
    assert_eq!(stop[0]["hooks"][1]["command"], "b");
    assert_eq!(stop[2]["hooks"][0]["command"], workroom().shell(Agent::Claude, "Stop"));
    assert!(with.contains("}]}, // two\n") && with.ends_with("  \"model\": \"m\" // why\n}\n"), "{with}");
    assert_eq!(remove(Agent::Claude, &with)?, text);
    assert!(is_only_ours(Agent::Claude, &with, text));
    assert!(!is_only_ours(Agent::Claude, &with.replace("\"m\"", "\"n\""), text));
    assert!(!is_only_ours(Agent::Claude, &with, &with));
    Ok(())
}

#[test]
fn a_second_installation_replaces_the_first() -> Result<(), InstallError> {
    for agent in JSON {
        let other = Program { path: "/opt/w".into(), home: Some("/srv/rooms".into()) };
        let first = add(agent, "{\n  \"a\": 1\n}\n", &other)?;
        let second = add(agent, &first, &workroom())?;
        assert_eq!(second, add(agent, "{\n  \"a\": 1\n}\n", &workroom())?);
        assert_eq!(add(agent, &second, &workroom())?, second);
        let found = installed(agent, &second)?;
        assert_eq!(found.len(), hosts::events(agent).len());
        assert!(found.iter().all(|hook| hook.current && hook.program == workroom()));
    }
    Ok(())
}

#[test]
fn a_changed_hook_is_recognised_and_repaired() -> Result<(), InstallError> {
    let text = add(Agent::Qwen, "", &workroom())?;
    let changed = text.replacen("\"timeout\": 10\n", "\"timeout\": 11\n", 1);
    assert_eq!(installed(Agent::Qwen, &changed)?.iter().filter(|hook| !hook.current).count(), 1);
    assert_eq!(value(&add(Agent::Qwen, &changed, &workroom())?), value(&text));
    assert_eq!(remove(Agent::Qwen, &changed)?, "{}\n");
    Ok(())
}

#[test]
fn a_hook_that_shares_its_group_with_others_is_removed_alone() -> Result<(), InstallError> {
    let ours = serde_json::Value::from(workroom().shell(Agent::Claude, "Stop"));
    let text = format!(
        "{{\"hooks\": {{\"Stop\": [{{\"hooks\": [{{\"command\": \"a\"}}, {{\"command\": {ours}}}]}}]}}}}"
    );
    assert_eq!(
        remove(Agent::Claude, &text)?,
        "{\"hooks\": {\"Stop\": [{\"hooks\": [{\"command\": \"a\"}]}]}}"
    );
    Ok(())
}

#[test]
fn a_byte_order_mark_and_line_ends_stay() -> Result<(), InstallError> {
    let text = "\u{feff}{\r\n\t\"a\": 1\r\n}\r\n";
    let with = add(Agent::Gemini, text, &workroom())?;
    assert!(with.starts_with("\u{feff}{") && !with.replace("\r\n", "").contains(['\r', '\n']), "{with:?}");
    assert_eq!(remove(Agent::Gemini, &with)?, text);
    Ok(())
}

#[test]
fn a_file_in_another_form_is_rejected() {
    for text in [
        "{\"hooks\": ",
        "[]",
        "{hooks: {}}",
        "{\"hooks\": 1}",
        "{\"hooks\": {\"Stop\": {}}}",
        "{\"hooks\": {}, \"hooks\": {}}",
    ] {
        assert!(add(Agent::Claude, text, &workroom()).is_err(), "{text}");
    }
}

/// Settings of a user, with and without hooks of others. Empty lists of hooks are left to the copy of the file.
fn settings() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-zé,{}\\[\\]\"/*: \\\\]{0,9}".prop_map(Value::from),
        Just(Value::Null),
    ];
    let any_value = leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-z/]{1,4}", inner, 0..4)
                .prop_map(|members| members.into_iter().collect()),
        ]
    });
    let group = "[a-z]{1,5}"
        .prop_map(|command| json!({"matcher": "", "hooks": [{"type": "command", "command": command}]}));
    let event = prop::sample::select(vec!["Stop", "PreToolUse", "BeforeTool", "agentStop", "Mine"]);
    let hooks = prop::collection::btree_map(event, prop::collection::vec(group, 1..3), 1..4);
    (
        prop::collection::btree_map("[a-z]{1,5}", any_value, 0..5),
        prop::option::of(hooks),
        any::<prop::sample::Index>(),
    )
        .prop_map(|(members, hooks, at)| {
            let mut all: Vec<(String, Value)> =
                members.into_iter().filter(|(name, _)| name != HOOKS).collect();
            if let Some(hooks) = hooks {
                all.insert(at.index(all.len() + 1), (HOOKS.into(), json!(hooks)));
            }
            all.into_iter().collect()
        })
}

/// The text of settings, as different editors write it.
fn written(settings: &Value, form: u8) -> String {
    let pretty = serde_json::to_string_pretty(settings).unwrap_or_default();
    match form {
        0 => pretty + "\n",
        1 => pretty,
        2 => settings.to_string(),
        3 => pretty.replace('\n', "\r\n") + "\r\n",
        4 => format!("// mine {{\n{}\n", pretty.replacen("{\n", "{\n  // first, \n", 1)),
        5 => format!("\u{feff}{pretty} // end"),
        _ => pretty.replace(",\n", ", // why,\n").replace("\n}", " /* last */\n}"),
    }
}

proptest! {
    #[test]
    fn installing_and_removing_leaves_every_byte(settings in settings(), form in 0u8..7) {
        let text = written(&settings, form);
        for agent in JSON {
            let with = add(agent, &text, &workroom()).map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
            prop_assert_eq!(installed(agent, &with).map(|found| found.len()), Ok(hosts::events(agent).len()));
            let again = add(agent, &with, &workroom());
            prop_assert_eq!(again.as_ref(), Ok(&with));
            let without = remove(agent, &with);
            prop_assert_eq!(without.as_ref(), Ok(&text), "{}", with);
        }
    }

    #[test]
    fn only_the_hooks_are_added(settings in settings(), form in 0u8..7) {
        let text = written(&settings, form);
        let with = add(Agent::Claude, &text, &workroom()).unwrap_or_default();
        let mut after = value(with.trim_start_matches(MARK));
        let before = value(text.trim_start_matches(MARK));
        for event in hosts::events(Agent::Claude) {
            let had = before[HOOKS][event].as_array().map_or(0, Vec::len);
            if let Some(list) = after[HOOKS][event].as_array_mut() {
                list.truncate(had);
            }
        }
        if let Some(hooks) = after[HOOKS].as_object_mut() {
            hooks.retain(|_, list| list.as_array().is_none_or(|list| !list.is_empty()));
        }
        if let (true, Some(whole)) = (after[HOOKS] == json!({}), after.as_object_mut()) {
            whole.shift_remove(HOOKS);
        }
        prop_assert_eq!(after, before);
    }
}
