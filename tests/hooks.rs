//! `workroom hooks`: adds hooks to the settings of agents, checks them, and removes them without a trace.
#![cfg(unix)]

mod codex;
mod opencode;
mod status;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::{Home, Ran};

/// The agents, their files, and settings of a user with hooks of others.
const AGENTS: [(&str, &str, &str); 6] = [
    ("claude", ".claude/settings.json", CLAUDE),
    (
        "codex",
        ".codex/hooks.json",
        "{\"hooks\":{\"Stop\":[{\"hooks\":[{\"type\":\"command\",\"command\":\"mine\"}]}]}}",
    ),
    (
        "copilot",
        ".copilot/settings.json",
        "{\n\t\"hooks\": {\n\t\t\"agentStop\": [{\"type\": \"command\", \"bash\": \"mine\"}]\n\t}\n}",
    ),
    ("gemini", ".gemini/settings.json", "{\r\n  \"mine\": [1, 2],\r\n}\r\n"),
    ("qwen", ".qwen/settings.json", "{}"),
    ("opencode", ".config/opencode/plugins/workroom.js", ""),
];

const CLAUDE: &str = r#"// mine
{
  "model": "large", // why
  "hooks": {
    "PreToolUse": [
      {"matcher": "Bash", "hooks": [{"type": "command", "command": "mine"}]}, /* first */
    ],
    "Stop": []
  },
  "theme": "dark"
}
"#;

/// A program that ends at once, without output.
const QUIET: &str = "/usr/bin/true";

/// The user's home folder, which has the settings of the agents.
fn user(home: &Home) -> PathBuf {
    home.path().parent().unwrap().to_owned()
}

/// A command without other programs in PATH than those of the system.
fn command(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(arguments.iter().copied());
    command.env("PATH", "/usr/bin:/bin").env_remove("XDG_CONFIG_HOME");
    command
}

fn run(home: &Home, arguments: &[&str]) -> Ran {
    Ran::command(command(home, arguments), "")
}

#[track_caller]
fn done(home: &Home, arguments: &[&str]) -> Ran {
    let ran = run(home, arguments);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    ran
}

fn install(home: &Home, agent: &str) -> Ran {
    done(home, &["hooks", "install", agent, "--command", QUIET, "--yes"])
}

fn text(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Writes a program. Another process writes it, because a file that this one has open for writing could not be run.
fn script(file: &Path, lines: &str) {
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "cat > \"$1\" && chmod 755 \"$1\"", "sh"]).arg(file);
    let ran = Ran::command(shell, &format!("#!/bin/sh\n{lines}\n"));
    assert_eq!(ran.code, Some(0), "{ran:?}");
}

/// Every file and folder of the user, except the store.
fn everything(home: &Home) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![user(home)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn settings_get_every_byte_back_after_installing_and_removing() {
    let home = Home::new();
    for (agent, file, before) in AGENTS {
        let file = user(&home).join(file);
        if !before.is_empty() {
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, before).unwrap();
        }
        let shown = install(&home, agent);
        assert!(shown.out.contains("+++ ") && shown.err.contains("Done."), "{shown:?}");
        let with = text(&file);
        assert!(
            with.contains("hook") && with.contains(QUIET) && with.contains(home.path().to_str().unwrap()),
            "{with}"
        );
        assert!(!before.contains("mine") || with.contains("mine"), "{with}");
        let again = install(&home, agent);
        assert!(again.out.is_empty() && again.err.contains("needs no change"), "{again:?}");
        done(&home, &["hooks", "remove", agent, "--yes"]);
        match before {
            "" => assert!(!file.exists()),
            before => assert_eq!(text(&file), before),
        }
        let again = done(&home, &["hooks", "remove", agent, "--yes"]);
        assert!(again.out.is_empty() && again.err.contains("needs no change"), "{again:?}");
    }
}

#[test]
fn files_and_folders_that_did_not_exist_are_gone_again() {
    let home = Home::new();
    let before = everything(&home);
    done(&home, &["hooks", "install", "--all", "--command", QUIET, "--yes"]);
    assert!(AGENTS.iter().all(|(_, file, _)| user(&home).join(file).exists()));
    done(&home, &["hooks", "remove", "--all", "--yes"]);
    assert_eq!(everything(&home), before);
}

#[test]
fn an_older_program_is_replaced_and_the_first_settings_return() {
    let home = Home::new();
    let file = user(&home).join(".claude/settings.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, CLAUDE).unwrap();
    install(&home, "claude");
    done(&home, &["hooks", "install", "claude", "--command", "/usr/bin/false", "--yes"]);
    let with = text(&file);
    assert!(with.contains("/usr/bin/false") && !with.contains(QUIET), "{with}");
    done(&home, &["hooks", "remove", "claude", "--yes"]);
    assert_eq!(text(&file), CLAUDE);
}

#[test]
fn what_the_user_changed_since_stays() {
    let home = Home::new();
    let file = user(&home).join(".qwen/settings.json");
    install(&home, "qwen");
    let with = text(&file);
    fs::write(&file, with.replacen("{\n", "{\n  // mine\n  \"new\": [1],\n", 1)).unwrap();
    done(&home, &["hooks", "remove", "qwen", "--yes"]);
    assert_eq!(text(&file), "{\n  // mine\n  \"new\": [1]\n}\n");

    let file = user(&home).join(".config/opencode/plugins/workroom.js");
    install(&home, "opencode");
    let mine = text(&file) + "// mine\n";
    fs::write(&file, &mine).unwrap();
    done(&home, &["hooks", "remove", "opencode", "--yes"]);
    assert!(!file.exists());
    assert_eq!(text(&file.with_file_name("workroom.js.before-workroom-1")), mine);
}

#[test]
fn nothing_changes_without_a_yes() {
    let home = Home::new();
    let folder = user(&home).join(".claude");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("settings.json"), CLAUDE).unwrap();
    let before = everything(&home);
    let arguments = ["hooks", "install", "claude", "--command", QUIET];
    let shown = done(&home, &[&arguments[..], &["--print"]].concat()).out;
    assert!(shown.contains("\n+") && shown.contains("hook claude PermissionRequest"), "{shown}");
    let unasked = run(&home, &arguments);
    assert!(unasked.code == Some(1) && unasked.err.contains("--yes"), "{unasked:?}");

    let (mut ours, theirs) = crate::support::terminal::open();
    let mut asked = command(&home, &arguments);
    asked.stdin(theirs).stdout(Stdio::piped()).stderr(Stdio::piped());
    let asked = asked.spawn().unwrap();
    ours.write_all(b"n\n").unwrap();
    let output = asked.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(1) && err.contains("Add these hooks to Claude Code? [y/N]"),
        "{err}"
    );
    assert!(err.contains("nothing was changed"), "{err}");
    assert_eq!(everything(&home), before);
    assert_eq!(text(&folder.join("settings.json")), CLAUDE);
}

#[test]
fn a_file_that_cannot_be_parsed_is_left_unchanged() {
    let home = Home::new();
    for (agent, file, _) in AGENTS {
        let file = user(&home).join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        for broken in ["{\"hooks\": ", "[]", "{\"hooks\": 1}"] {
            fs::write(&file, broken).unwrap();
            let refused = run(&home, &["hooks", "install", agent, "--command", QUIET, "--yes"]);
            let name = file.to_str().unwrap();
            assert!(refused.code == Some(1) && refused.err.contains(name), "{refused:?}");
            assert_eq!(text(&file), broken);
        }
    }
}

#[test]
fn a_program_in_a_build_folder_is_refused() {
    let home = Home::new();
    let before = everything(&home);
    let refused = run(&home, &["hooks", "install", "claude", "--yes"]);
    let err = &refused.err;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    for part in [crate::support::workroom().to_str().unwrap(), "a build folder", "--command"] {
        assert!(err.contains(part), "{err}");
    }
    let missing = run(&home, &["hooks", "install", "claude", "--yes", "--command", "/nonexistent/workroom"]);
    assert!(missing.code == Some(1) && missing.err.contains("/nonexistent/workroom"), "{missing:?}");
    assert_eq!(everything(&home), before);
    assert_eq!(run(&home, &["hooks", "install", "emacs"]).code, Some(2));
}

#[test]
fn without_a_name_only_the_agents_of_this_machine_are_changed() {
    let home = Home::new();
    let none = run(&home, &["hooks", "install", "--command", QUIET, "--yes"]);
    assert!(none.code == Some(1) && none.err.contains("no agent was found"), "{none:?}");
    fs::create_dir(user(&home).join(".gemini")).unwrap();
    script(&user(&home).join("bin/qwen"), "exit 0");
    let mut install = command(&home, &["hooks", "install", "--command", QUIET, "--yes"]);
    install.env("PATH", format!("{}:/usr/bin:/bin", user(&home).join("bin").display()));
    let ran = Ran::command(install, "");
    assert!(
        ran.code == Some(0) && ran.err.contains("Found on this machine: Gemini CLI, Qwen Code."),
        "{ran:?}"
    );
    for (agent, file, _) in AGENTS {
        assert_eq!(user(&home).join(file).exists(), ["gemini", "qwen"].contains(&agent), "{agent}");
    }
}

/// The commands of the hooks in a file.
fn commands(file: &Path) -> Vec<String> {
    fn collect(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) if ["command", "bash"].contains(&&**name) => {
                            found.push(text.clone())
                        }
                        value => collect(value, found),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&serde_json::from_str(&text(file)).unwrap(), &mut found);
    found.retain(|command| command != "command");
    found
}

#[test]
fn a_hook_runs_the_program_and_does_nothing_without_it() {
    let home = Home::new();
    // A quote and a space in the path must not end the word of the shell.
    let program = user(&home).join("it's here/workroom");
    script(&program, "echo \"$@\"; cat");
    for (agent, file, _) in &AGENTS[..5] {
        done(&home, &["hooks", "install", agent, "--command", program.to_str().unwrap(), "--yes"]);
        let commands = commands(&user(&home).join(file));
        assert!(commands.len() >= 8, "{commands:?}");
        let first = Ran::command(shell(&commands[0]), "input").ok();
        let home_of_store = home.path();
        let start = format!("--home {} hook {agent} ", home_of_store.display());
        assert!(first.starts_with(&start) && first.ends_with("input"), "{first}");
        for command in &commands {
            let gone = Ran::command(shell(&command.replace("/workroom'", "/gone'")), "input");
            assert_eq!((gone.code, &*gone.out, &*gone.err), (Some(0), "", ""), "{command}");
        }
    }
    fs::remove_file(&program).unwrap();
    let commands = commands(&user(&home).join(".copilot/settings.json"));
    assert_eq!(Ran::command(shell(&commands[0]), "input").ok(), "");
}

fn shell(command: &str) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]);
    shell
}
