use serde_json::json;

use super::*;

/// A `codex` in PATH, whose server lists the hooks in `hooks.json` with this trust.
fn codex(home: &Home, trust: &str) -> String {
    let folder = user(home).join("bin");
    let file = user(home).join(".codex/hooks.json");
    let hooks: Vec<_> = serde_json::from_str::<Value>(&text(&file)).unwrap()["hooks"]
        .as_object()
        .unwrap()
        .iter()
        .map(|(event, list)| {
            let hook = &list[0]["hooks"][0];
            let key = format!("{}:{}:0:0", file.display(), snake_case(event));
            json!({"key": key, "eventName": event, "command": hook["command"], "timeoutSec": hook["timeout"],
                "currentHash": format!("sha256:{event}"), "trustStatus": trust})
        })
        .collect();
    let answer =
        json!({"id": 2, "result": {"data": [{"cwd": "/", "hooks": hooks, "warnings": [], "errors": []}]}});
    let told = folder.join("answer.json");
    let lines = format!(
        "[ \"$1\" = app-server ] || exit 2\nread -r first\necho '{{\"id\":1,\"result\":{{}}}}'\necho '{{\"method\":\"x\"}}'\n\
         read -r second\nread -r third\ncat '{}'",
        told.display()
    );
    script(&folder.join("codex"), &lines);
    fs::write(told, format!("{answer}\n")).unwrap();
    format!("{}:/usr/bin:/bin", folder.display())
}

/// The name of an event in Codex's names of hooks: `permission_request`.
fn snake_case(event: &str) -> String {
    let word =
        |c: char| if c.is_ascii_uppercase() { format!("_{}", c.to_ascii_lowercase()) } else { c.into() };
    event.chars().map(word).collect::<String>().trim_start_matches('_').to_owned()
}

fn with_codex(home: &Home, path: &str, arguments: &[&str]) -> Ran {
    let mut command = command(home, arguments);
    command.env("PATH", path);
    Ran::command(command, "")
}

#[test]
fn without_the_program_the_next_step_is_shown() {
    let home = Home::new();
    let ran = install(&home, "codex");
    assert!(ran.err.contains("asks you to review the hooks at its next start"), "{ran:?}");
    assert!(!user(&home).join(".codex/config.toml").exists());
}

#[test]
fn the_hooks_are_trusted_with_the_hashes_of_codex_and_removed_without_a_trace() {
    let home = Home::new();
    install(&home, "codex");
    let config = user(&home).join(".codex/config.toml");
    let before =
        "# mine\r\nmodel = \"m\"\r\n\r\n[hooks.state.\"other:stop:0:0\"]\r\ntrusted_hash = \"sha256:1\"\r\n";
    fs::write(&config, before).unwrap();
    let path = codex(&home, "untrusted");
    let arguments = ["hooks", "install", "codex", "--command", QUIET];
    let unasked = with_codex(&home, &path, &arguments);
    assert!(unasked.code == Some(1) && unasked.err.contains("--yes"), "{unasked:?}");
    assert_eq!(text(&config), before);
    let ran = with_codex(&home, &path, &[&arguments[..], &["--yes"]].concat());
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let with = text(&config);
    assert!(
        with.starts_with(before) && with.contains("trusted_hash = \"sha256:PermissionRequest\"\r\n"),
        "{with}"
    );
    assert_eq!(with.matches("trusted_hash").count(), 12, "{with}");

    let report = |path: &str| with_codex(&home, path, &["hooks", "status", "codex", "--json"]).out;
    assert!(report(&path).contains("\"trust\":\"untrusted\""));
    let path = codex(&home, "trusted");
    assert!(report(&path).contains("\"trust\":\"trusted\""));
    let again = with_codex(&home, &path, &[&arguments[..], &["--yes"]].concat());
    assert!(again.code == Some(0) && again.out.is_empty() && again.err.contains("already"), "{again:?}");

    done(&home, &["hooks", "remove", "codex", "--yes"]);
    assert_eq!(text(&config), before);
    assert!(!user(&home).join(".codex/hooks.json").exists());
}

#[test]
fn a_codex_that_does_not_answer_leaves_the_next_step() {
    let home = Home::new();
    let folder = user(&home).join("bin");
    script(&folder.join("codex"), "exit 1");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    let ran = with_codex(&home, &path, &["hooks", "install", "codex", "--command", QUIET, "--yes"]);
    assert!(ran.code == Some(0) && ran.err.contains("did not list its hooks"), "{ran:?}");
    assert!(ran.err.contains("asks you to review the hooks"), "{ran:?}");
}
