//! The examples in the documentation match the server.

use std::collections::HashMap;
use std::process::{Child, Stdio};

use crate::support::needs::NEEDS;
use crate::support::{Home, Server, repository};
use serde_json::json;

/// Stable names for values that differ from run to run: `wr_1` for the first workroom, and so on.
#[derive(Default)]
struct Names {
    real: HashMap<String, String>,
}

// The number of hex digits of each.
const PREFIXES: [(&str, usize); 9] = [
    ("wr_", 32),
    ("thr_", 32),
    ("evt_", 32),
    ("art_", 32),
    ("sub_", 32),
    ("apr_", 32),
    ("tok_", 32),
    ("ses_", 32),
    ("sha256:", 64),
];
const TIME: &str = "2026-11-20T08:30:00.000Z";

impl Names {
    /// Converts a line from the server to the form in the documentation.
    fn shortened(&mut self, line: &str) -> String {
        let mut out = String::new();
        let mut rest = line;
        'next: while !rest.is_empty() {
            for (prefix, digits) in PREFIXES {
                let id = rest.get(..prefix.len() + digits).filter(|id| {
                    id.starts_with(prefix) && id[prefix.len()..].bytes().all(|b| b.is_ascii_hexdigit())
                });
                if let Some(id) = id.filter(|id| !id.ends_with(&"0".repeat(32))) {
                    out.push_str(&self.name(id, prefix));
                    rest = &rest[id.len()..];
                    continue 'next;
                }
            }
            if let Some(hex) = rest.strip_prefix("\"epoch\":\"").and_then(|rest| rest.get(..32)) {
                out.push_str("\"epoch\":\"…");
                rest = &rest["\"epoch\":\"".len() + hex.len()..];
                continue;
            }
            if let Some(secret) = rest.strip_prefix("wrk_human_").and_then(|rest| rest.get(..50)) {
                out.push_str("wrk_human_…");
                rest = &rest["wrk_human_".len() + secret.len()..];
                continue;
            }
            let is_time = rest.get(..TIME.len()).is_some_and(|text| {
                text.bytes()
                    .zip(TIME.bytes())
                    .all(|(a, b)| if b.is_ascii_digit() { a.is_ascii_digit() } else { a == b })
            });
            // Times in the context for people, `2026-11-20 08:30`, are replaced in the same way.
            let is_minute = rest.get(..16).is_some_and(|text| {
                text.bytes()
                    .zip(b"2026-11-20 08:30")
                    .all(|(a, b)| if b.is_ascii_digit() { a.is_ascii_digit() } else { a == *b })
            });
            if is_time || is_minute {
                let length = if is_time { TIME.len() } else { 16 };
                out.push_str(if is_time { TIME } else { "2026-11-20 08:30" });
                rest = &rest[length..];
                continue;
            }
            let character = rest.chars().next().unwrap();
            out.push(character);
            rest = &rest[character.len_utf8()..];
        }
        out
    }

    fn name(&mut self, id: &str, prefix: &str) -> String {
        if let Some((name, _)) = self.real.iter().find(|(_, real)| *real == id) {
            return name.clone();
        }
        let number = self.real.keys().filter(|name| name.starts_with(prefix)).count() + 1;
        let name = format!("{prefix}{number}");
        self.real.insert(name.clone(), id.into());
        name
    }

    /// Converts a line from the documentation to the form that the server expects.
    fn real(&self, line: &str) -> String {
        let mut names: Vec<_> = self.real.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        names.into_iter().fold(line.to_owned(), |line, (name, real)| {
            line.replace(&format!("{name}\""), &format!("{real}\""))
                .replace(&format!("{name}/"), &format!("{real}/"))
        })
    }
}

/// The page with every response replaced by that of the server. Lines with `→` are the person's, lines with `⇢` an
/// agent's.
fn replayed(page: &str, server: &mut Server, agent: &mut Server) -> String {
    let mut names = Names::default();
    let mut out = String::new();
    let mut in_transcript = false;
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            in_transcript = fence == "transcript";
        } else if in_transcript && let Some(request) = line.strip_prefix("→ ") {
            server.send_raw(format!("{}\n", names.real(request)));
        } else if in_transcript && let Some(request) = line.strip_prefix("⇢ ") {
            agent.send_raw(format!("{}\n", names.real(request)));
        } else if in_transcript && line.starts_with('⇠') {
            out.push_str(&format!("⇠ {}\n", names.shortened(&agent.line())));
            continue;
        } else if in_transcript && line.starts_with('←') {
            let mut answers = vec![server.line()];
            while lines.next_if(|next| next.starts_with('←')).is_some() {
                answers.push(server.line());
            }
            // Notifications about a write can arrive before or after its response; the page shows the response first.
            answers.sort_by_key(|answer| answer.contains(r#""method":""#));
            for answer in answers {
                out.push_str(&format!("← {}\n", names.shortened(&answer)));
            }
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}

#[test]
fn the_transcripts_match_the_server() {
    let path = repository().join("docs/protocol.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let home = Home::new();
    let mut server = home.server();
    let mut agent = home.agent("acme", "m-1", "builder");
    let replayed = replayed(&page, &mut server, &mut agent);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &replayed).unwrap();
    }
    for (shown, said) in page.lines().zip(replayed.lines()) {
        assert_eq!(
            shown, said,
            "`UPDATE=1 cargo test -p workroom --test e2e documents` rewrites docs/protocol.md"
        );
    }
    assert_eq!(page.lines().count(), replayed.lines().count());
}

#[test]
fn every_link_between_the_pages_has_a_target() {
    let root = repository();
    let mut pages = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    for folder in ["docs", "docs/decisions"] {
        let entries = std::fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        pages.extend(entries.filter(|path| path.extension().is_some_and(|e| e == "md")));
    }
    let mut broken = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap();
            let elsewhere = target.contains("://") || target.contains('…') || file.is_empty();
            if !elsewhere && !page.parent().unwrap().join(file).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// The section of the README about tests, and `.ci/run`.
fn told_of_tests() -> [String; 2] {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let tests = readme.split("\n## Tests\n").nth(1).unwrap().split("\n## ").next().unwrap();
    [tests.to_owned(), std::fs::read_to_string(repository().join(".ci/run")).unwrap()]
}

#[test]
fn the_readme_lists_the_tools_that_tests_need_and_ci_installs_them() {
    let [readme, ci] = told_of_tests();
    for need in NEEDS {
        assert!(readme.contains(need.name), "README.md, Tests: {}", need.name);
        let installed = format!("{}:{}", need.command, need.package);
        assert!(ci.contains(&installed), ".ci/run: {installed}");
    }
    let command = blocks(&readme, "").swap_remove(0);
    assert_eq!(command, "cargo test\n");
    assert!(ci.contains("\ncargo test "));
}

/// A test that runs a command that not every machine has must declare it in its needs, so that it is skipped without
/// it.
#[test]
fn tests_run_only_commands_that_they_declare() {
    // Available on every Unix, and the linker of Rust programs.
    let given = ["/bin/sh", "cc"];
    let mut folders = vec![repository().join("tests")];
    let mut wrong = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("node_modules") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                for rest in text.split("Command::new(\"").skip(1) {
                    let command = rest.split('"').next().unwrap();
                    let is_need = NEEDS.iter().any(|need| need.command == command);
                    let is_asked_for = is_need && text.contains("needs::met(");
                    if !given.contains(&command) && !is_asked_for {
                        wrong.push(format!("{}: {command}", path.display()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "not in tests/support/needs.rs, or not asked for there: {wrong:#?}");
}

/// The fenced blocks of a page in one language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let fence = format!("```{language}\n");
    page.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn the_shell_examples_of_the_readme_work() {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let home = Home::new();
    let path = format!(
        "{}:{}",
        crate::support::workroom().parent().unwrap().display(),
        std::env::var("PATH").unwrap()
    );
    let examples = blocks(&readme, "sh");
    let [first, request, approve, pipe] = &examples[..] else { panic!("{examples:?}") };
    let shell = |script: &str, names: &[(&str, &str)]| {
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-euc", script]).env("PATH", &path).env("WORKROOM_HOME", home.path());
        shell.envs(names.iter().copied()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let end = |shell: Child| {
        let output = shell.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = end(shell(first, &[]));
    assert!(shown.contains("Blockers") && shown.contains("What is left?"), "{shown}");

    let mut server = home.server();
    server.ok("event/subscribe", json!({}));
    let thread = server.ok("thread/list", json!({}))["threads"][0]["id"].clone();
    let waiting = shell(request, &[("thread", thread.as_str().unwrap())]);
    server.notification();
    let inbox = end(shell("workroom inbox", &[]));
    let asked = server.ok("approval/list", json!({}))["approvals"][0]["approval_id"].clone();
    assert!(inbox.contains(asked.as_str().unwrap()) && inbox.contains("git push"), "{inbox}");
    let (mut person, theirs) = crate::support::terminal::open();
    let mut approving = std::process::Command::new("/bin/sh");
    approving.args(["-euc", approve]).env("PATH", &path).env("WORKROOM_HOME", home.path());
    approving.env("approval", asked.as_str().unwrap()).stdin(theirs);
    let approving = approving.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut person, b"y\n").unwrap();
    end(approving);
    server.notification();
    assert!(end(waiting).ends_with("pushing\n"));

    assert!(end(shell(pipe, &[])).contains(r#""title":"Release 2.0""#));
}

/// The blocks of a page whose opening fence is ```` ```<language> <name> ````.
fn named_blocks(page: &str) -> HashMap<String, String> {
    let mut blocks = HashMap::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some((_, name)) = line.strip_prefix("```").and_then(|rest| rest.split_once(' ')) else {
            continue;
        };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        blocks.insert(name.to_owned(), block.join("\n") + "\n");
    }
    blocks
}

#[test]
fn the_documented_host_configurations_match_what_install_writes() {
    let page = std::fs::read_to_string(repository().join("docs/agents.md")).unwrap();
    let mut shown = named_blocks(&page);
    let home = tempfile::tempdir().unwrap();
    let program = crate::support::workroom().to_str().unwrap().to_owned();
    for host in ["claude", "codex", "gemini", "opencode", "copilot", "qwen", "cursor", "vscode"] {
        let file = home.path().join(host);
        let mut command = std::process::Command::new(&program);
        command.args(["mcp", "install", host, "--yes", "--file"]).arg(&file).stdout(Stdio::null());
        assert!(command.status().unwrap().success(), "{host}");
        let written = std::fs::read_to_string(&file).unwrap().replace(&program, "/usr/local/bin/workroom");
        assert_eq!(shown.remove(host).as_ref(), Some(&written), "{host}");
    }
    assert!(shown.is_empty(), "{shown:?}");
}
