//! `workroom mcp install`: adds the server to the configuration of a host and changes nothing else.

use std::fs;
use std::path::PathBuf;

use crate::support::{Home, Ran};

/// The user's home folder, which contains the files of the hosts.
fn user(home: &Home) -> PathBuf {
    home.path().parent().unwrap().to_owned()
}

#[track_caller]
fn done(home: &Home, arguments: &[&str]) {
    let ran = home.run(arguments.iter().copied());
    assert!(ran.code == Some(0) && ran.err.contains("Done."), "{ran:?}");
}

#[test]
fn every_host_is_configured_in_its_own_file() {
    let home = Home::new();
    let program = crate::support::workroom().to_str().unwrap();
    for (host, file, part) in [
        ("claude", ".claude.json", "\"type\": \"stdio\""),
        ("codex", ".codex/config.toml", "[mcp_servers.workroom]"),
        ("gemini", ".gemini/settings.json", "\"mcpServers\": {"),
        ("copilot", ".copilot/mcp-config.json", "\"tools\": [\"*\"]"),
        ("qwen", ".qwen/settings.json", "\"timeout\": 3600000"),
        ("opencode", ".config/opencode/opencode.json", "\"type\": \"local\""),
        ("cursor", ".cursor/mcp.json", "\"mcpServers\": {"),
        ("vscode", ".config/Code/User/mcp.json", "\"servers\": {"),
    ] {
        if cfg!(not(target_os = "linux")) && host == "vscode" {
            continue;
        }
        let file = user(&home).join(file);
        let shown = home.run(["mcp", "install", host, "--print"]).ok();
        assert!(shown.contains("+") && shown.contains(part) && !file.exists(), "{shown}");
        let unasked = home.run(["mcp", "install", host]);
        assert!(unasked.code == Some(1) && unasked.err.contains("--yes") && !file.exists(), "{unasked:?}");
        done(&home, &["mcp", "install", host, "--yes", "--model", "large-2"]);
        let text = fs::read_to_string(&file).unwrap();
        assert!([part, program, "\"--model\", \"large-2\""].iter().all(|part| text.contains(part)), "{text}");
        let again = home.run(["mcp", "install", host, "--yes", "--model", "large-2"]);
        assert!(again.out.is_empty() && again.err.contains("needs no change"), "{again:?}");
        done(&home, &["mcp", "install", host, "--remove", "--yes"]);
        assert!(!fs::read_to_string(&file).unwrap().contains("workroom"));
    }
}

#[test]
fn existing_configuration_is_kept() {
    let home = Home::new();
    let file = user(&home).join("settings.json");
    let before = "{\n  // mine\n  \"theme\": \"dark\"\n}\n";
    fs::write(&file, before).unwrap();
    let path = file.to_str().unwrap();
    done(&home, &["mcp", "install", "gemini", "--file", path, "--yes"]);
    assert!(fs::read_to_string(&file).unwrap().starts_with("{\n  // mine\n  \"theme\": \"dark\",\n"));
    assert_eq!(fs::read_to_string(user(&home).join("settings.json.before-workroom-1")).unwrap(), before);
    done(&home, &["mcp", "install", "gemini", "--file", path, "--remove", "--yes"]);
    assert!(user(&home).join("settings.json.before-workroom-2").exists());
}

#[test]
fn a_file_that_begins_with_a_byte_order_mark_keeps_it() {
    let home = Home::new();
    for (host, before) in
        [("claude", "\u{feff}{\n  \"theme\": \"dark\"\n}\n"), ("codex", "\u{feff}model = \"m\"\n")]
    {
        let file = user(&home).join(host);
        fs::write(&file, before).unwrap();
        let path = file.to_str().unwrap();
        done(&home, &["mcp", "install", host, "--file", path, "--yes"]);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with(&before[..12]) && text.contains("workroom"), "{text:?}");
        assert_eq!(text.matches('\u{feff}').count(), 1, "{text:?}");
    }
}

#[test]
fn a_file_that_cannot_be_parsed_is_left_unchanged() {
    let home = Home::new();
    let file = user(&home).join("broken.json");
    fs::write(&file, "{\"a\": ").unwrap();
    let refused: Ran = home.run(["mcp", "install", "claude", "--file", file.to_str().unwrap(), "--yes"]);
    assert!(refused.code == Some(1) && refused.err.contains("broken.json"), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "{\"a\": ");
    assert_eq!(home.run(["mcp", "install", "emacs"]).code, Some(2));
}

#[test]
fn the_settings_of_the_server_are_in_its_arguments() {
    let home = Home::new();
    let file = user(&home).join("settings.json");
    let path = file.to_str().unwrap();
    let secret =
        home.server().token(serde_json::json!({"handle": "scout", "kind": "agent", "scopes": ["post"]}));
    let token = user(&home).join("scout.token");
    fs::write(&token, format!("{secret}\n")).unwrap();
    let token = token.to_str().unwrap();
    done(&home, &["mcp", "install", "gemini", "--file", path, "--yes", "--token-file", token]);
    let text = fs::read_to_string(&file).unwrap();
    for part in ["--home", home.path().to_str().unwrap(), "--token-file", token] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains(&secret) && !text.contains("trust"), "{text}");
    done(&home, &["mcp", "install", "gemini", "--file", path, "--yes", "--token-file", token, "--allow"]);
    assert!(fs::read_to_string(&file).unwrap().contains("\"trust\": true"));

    // A token in an environment variable would not reach the server from every host.
    let mut command = home.command(["mcp", "install", "gemini", "--file", path, "--yes"]);
    command.env("CODEWHALE_RUNTIME_TOKEN", &secret);
    assert!(Ran::command(command, "").failed().contains("--token-file"));
    // A missing token file makes nobody the owner.
    let missing = home.run(["mcp", "--token-file", "/nonexistent/token"]);
    assert!(missing.code == Some(1) && missing.err.contains("/nonexistent/token"), "{missing:?}");
    let identity = home.run(["call", "--token-file", token, "thread/list"]);
    assert_eq!(identity.ok(), "{\"threads\":[]}\n");
}

#[test]
fn the_rule_for_the_host_is_a_separate_change() {
    let home = Home::new();
    done(&home, &["mcp", "install", "claude", "--yes"]);
    let settings = user(&home).join(".claude/settings.json");
    assert!(!settings.exists());
    let ran = home.run(["mcp", "install", "claude", "--yes", "--allow"]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    assert!(fs::read_to_string(&settings).unwrap().contains("mcp__workroom__*"));
    done(&home, &["mcp", "install", "claude", "--remove", "--yes"]);
    assert!(!fs::read_to_string(&settings).unwrap().contains("workroom"));
}

#[test]
fn line_ends_stay_what_they_are() {
    let home = Home::new();
    for (host, before) in
        [("codex", "model = \"m\"\r\n\r\n[tools]\r\nweb = true\r\n"), ("gemini", "{\r\n  \"a\": 1\r\n}\r\n")]
    {
        let file = user(&home).join(host);
        fs::write(&file, before).unwrap();
        let path = file.to_str().unwrap();
        for arguments in &[&["--yes"][..], &["--yes", "--remove"]] {
            done(&home, &[&["mcp", "install", host, "--file", path], *arguments].concat());
            let text = fs::read_to_string(&file).unwrap();
            assert!(!text.replace("\r\n", "").contains(['\r', '\n']), "{arguments:?}: {text:?}");
        }
        if host == "codex" {
            assert_eq!(fs::read_to_string(&file).unwrap(), before);
        }
    }
}

#[test]
fn no_name_of_a_file_passes_for_a_line_of_the_change() {
    let home = Home::new();
    let file = user(&home).join("a\n+\u{9b}\u{202e}b\u{1b}[31m.json");
    let ran = home.run(["mcp", "install", "claude", "--print", "--file", file.to_str().unwrap()]);
    assert!(!ran.out.contains("\n+\u{9b}") && !ran.out.contains(['\u{9b}', '\u{202e}', '\u{1b}']), "{ran:?}");
    assert!(ran.out.contains("a⏎+⟨U+009B⟩⟨U+202E⟩b␛[31m.json"), "{ran:?}");
}
