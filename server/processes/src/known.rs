//! Detects whether a coding agent started this process, from its environment and its ancestors.
//!
//! This is a record for people, and keeps honest agents from deciding by mistake. It is not a protection: a process can
//! clear its environment, or have another process start it.

use std::sync::OnceLock;

use super::table::{Process, ancestors};

/// A coding agent, and how to recognize its processes.
struct Host {
    name: &'static str,
    /// The names of its programs. A program may add a suffix that begins with `-` or `.`.
    programs: &'static [&'static str],
    /// The packages from which an interpreter runs it.
    packages: &'static [&'static str],
    /// The environment variables that it sets for its child processes. A trailing `*` matches any ending.
    variables: &'static [&'static str],
}

// Taken from runs of each host, and from its documentation. Variables that people set themselves, such as CODEX_HOME or
// an API key, are left out. So is CLAUDE_PROJECT_DIR, because several agents set it.
const HOSTS: &[Host] = &[
    Host {
        name: "claude-code",
        programs: &["claude"],
        packages: &["@anthropic-ai/claude-code"],
        variables: &["CLAUDECODE", "CLAUDE_PID", "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_SESSION_ID"],
    },
    Host {
        name: "codex",
        programs: &["codex"],
        packages: &["@openai/codex"],
        variables: &["CODEX_SANDBOX*", "CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_CI"],
    },
    Host {
        name: "qwen-code",
        programs: &["qwen"],
        packages: &["@qwen-code/qwen-code"],
        variables: &["QWEN_CODE", "QWEN_CODE_*"],
    },
    Host {
        name: "gemini",
        programs: &["gemini"],
        packages: &["@google/gemini-cli"],
        variables: &["GEMINI_CLI", "GEMINI_CLI_NO_RELAUNCH", "GEMINI_SESSION_ID"],
    },
    Host {
        name: "copilot",
        programs: &["copilot"],
        packages: &["@github/copilot"],
        variables: &["COPILOT_CLI", "COPILOT_CLI_*", "COPILOT_LOADER_PID", "COPILOT_AGENT*"],
    },
    Host {
        name: "opencode",
        programs: &["opencode"],
        packages: &["opencode-ai"],
        variables: &["OPENCODE", "OPENCODE_PID", "OPENCODE_SESSION*", "OPENCODE_RUN_ID"],
    },
    Host { name: "cursor-agent", programs: &["cursor-agent"], packages: &[], variables: &["CURSOR_AGENT"] },
    Host { name: "codewhale", programs: &["codewhale"], packages: &[], variables: &["CODEWHALE_AGENT*"] },
    Host {
        name: "amp",
        programs: &["amp"],
        packages: &["@sourcegraph/amp"],
        variables: &["AMP_CURRENT_THREAD_ID"],
    },
    Host { name: "goose", programs: &["goose"], packages: &[], variables: &["GOOSE_TERMINAL"] },
    Host { name: "aider", programs: &["aider"], packages: &[], variables: &[] },
    Host { name: "crush", programs: &["crush"], packages: &["@charmland/crush"], variables: &["CRUSH"] },
    // Several agents set it, to their name and version.
    Host { name: "agent", programs: &[], packages: &[], variables: &["AI_AGENT"] },
];

/// A program that runs another program, which one of its arguments names.
struct Interpreter {
    name: &'static str,
    /// Options whose value is the next argument. That argument is not the script.
    with_values: &'static [&'static str],
    /// Options that are followed by the text of a program, or by something that is not the file of a program.
    with_text: &'static [&'static str],
}

const fn interpreter(
    name: &'static str,
    with_values: &'static [&'static str],
    with_text: &'static [&'static str],
) -> Interpreter {
    Interpreter { name, with_values, with_text }
}

const NODE: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-C",
    "--conditions",
    "--env-file",
    "--title",
    "--input-type",
    "--icu-data-dir",
    "--openssl-config",
    "--redirect-warnings",
    "--diagnostic-dir",
    "--max-http-header-size",
    "--stack-trace-limit",
];
const SHELL: &[&str] = &["--rcfile", "--init-file", "-O", "+O", "-o", "+o"];
const PACKAGES: &[&str] = &["-p", "--package", "-w", "--workspace", "--prefix", "--cache", "--registry"];

// Taken from the manual of each. `npx` and `npm exec` run packages by name.
const INTERPRETERS: &[Interpreter] = &[
    interpreter("node", NODE, &["-e", "--eval", "-p", "--print", "-pe"]),
    interpreter(
        "bun",
        &["-r", "--preload", "--env-file", "-c", "--config", "--cwd"],
        &["-e", "--eval", "-p"],
    ),
    interpreter("deno", &["-c", "--config", "--import-map", "--lock", "--cert", "--env-file"], &["eval"]),
    interpreter("npx", PACKAGES, &["-c", "--call"]),
    interpreter("npm", PACKAGES, &["-c", "--call"]),
    interpreter("python", &["-W", "-X", "--check-hash-based-pycs"], &["-c"]),
    interpreter("sh", SHELL, &["-c"]),
    interpreter("bash", SHELL, &["-c"]),
    interpreter("dash", SHELL, &["-c"]),
    interpreter("zsh", SHELL, &["-c"]),
];

/// Subcommands that are followed by the program, as in `bun run` and `npm exec`.
const RUNS: &[&str] = &["run", "exec", "x", "start", "task"];

/// The coding agent that started this process, if one can be detected.
pub fn agent() -> Option<&'static str> {
    static FOUND: OnceLock<Option<&'static str>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        of_environment(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
            .or_else(|| ancestors().iter().find_map(of_process))
    })
}

/// The nearest ancestor of this process that is a known coding agent. Without one, the nearest ancestor that is no shell:
/// agents start their hooks through a shell, or themselves.
pub fn agent_process() -> Option<Process> {
    let ancestors = ancestors();
    let is_shell = |process: &&Process| {
        let program = process.argv.first().map_or("", String::as_str);
        SHELLS.iter().any(|shell| is_program(program, shell))
    };
    let known = ancestors.iter().find(|process| of_process(process).is_some());
    known.or_else(|| ancestors.iter().find(|process| !is_shell(process))).cloned()
}

const SHELLS: &[&str] = &["sh", "bash", "dash", "zsh", "fish", "ksh", "busybox"];

/// The agent that a process is. Both its arguments and its name are examined, because it can change the first.
fn of_process(process: &Process) -> Option<&'static str> {
    of_command(&process.argv).or_else(|| of_command(std::slice::from_ref(&process.name)))
}

/// The agent that sets these environment variables.
fn of_environment(names: impl Iterator<Item = String>) -> Option<&'static str> {
    let names: Vec<_> = names.collect();
    let is_set = |variable: &&str| match variable.strip_suffix('*') {
        Some(beginning) => names.iter().any(|name| name.starts_with(beginning)),
        None => names.iter().any(|name| name == variable),
    };
    HOSTS.iter().find(|host| host.variables.iter().any(&is_set)).map(|host| host.name)
}

/// The agent whose process has these arguments.
fn of_command(argv: &[String]) -> Option<&'static str> {
    let program = argv.first()?;
    let interpreter = INTERPRETERS.iter().find(|interpreter| is_program(program, interpreter.name));
    let scripts = interpreter.map(|interpreter| interpreter.scripts(&argv[1..])).unwrap_or_default();
    let is_host = |host: &&Host| {
        std::iter::once(&**program).chain(scripts.iter().copied()).any(|path| {
            host.programs.iter().any(|name| is_program(path, name))
                || host.packages.iter().any(|package| path.replace('\\', "/").contains(package))
        })
    };
    HOSTS.iter().find(is_host).map(|host| host.name)
}

impl Interpreter {
    /// The arguments that may name the script: the first one that is neither an option nor an option's value. After an
    /// unknown long option, both the next argument and the one after it may be the script.
    fn scripts<'a>(&self, arguments: &'a [String]) -> Vec<&'a str> {
        let mut scripts = Vec::new();
        let mut arguments = arguments.iter().map(String::as_str).peekable();
        let mut is_doubtful = false;
        while let Some(argument) = arguments.next() {
            let (name, has_value) = match argument.split_once('=') {
                Some((name, _)) => (name, true),
                None => (argument, false),
            };
            if self.with_text.contains(&name) {
                break;
            }
            if argument == "--" {
                scripts.extend(arguments.next());
                break;
            }
            if argument == "-m" && self.name == "python" {
                scripts.extend(arguments.next());
                break;
            }
            if self.with_values.contains(&name) {
                if !has_value {
                    arguments.next();
                }
                continue;
            }
            if argument.starts_with(['-', '+']) {
                // Most options that switch something off take no value.
                is_doubtful = argument.starts_with("--") && !has_value && !argument.starts_with("--no");
                continue;
            }
            scripts.push(argument);
            if !std::mem::take(&mut is_doubtful) && !RUNS.contains(&argument) {
                break;
            }
        }
        scripts
    }
}

/// Whether a path names a program: `codex`, `codex-x86_64-linux`, `python3.12`, `claude.exe`.
fn is_program(path: &str, name: &str) -> bool {
    // The names of login shells begin with `-`.
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path).trim_start_matches('-');
    let Some(rest) = file.strip_prefix(name) else { return false };
    let rest = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.is_empty() || rest.starts_with(['-', '.', ' ', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agents_are_recognized_by_their_programs() {
        for (line, name) in [
            ("claude --resume", Some("claude-code")),
            (
                "/usr/bin/node /home/dev/.npm/_npx/1/node_modules/@anthropic-ai/claude-code/cli.js -p",
                Some("claude-code"),
            ),
            ("node --no-warnings /usr/local/bin/gemini", Some("gemini")),
            ("/opt/codex/codex-x86_64-unknown-linux-musl app-server", Some("codex")),
            ("bun /usr/bin/opencode", Some("opencode")),
            ("node /opt/qwen-code/node_modules/@qwen-code/qwen-code/cli.js", Some("qwen-code")),
            ("/usr/bin/copilot", Some("copilot")),
            ("cursor-agent", Some("cursor-agent")),
            ("codewhale", Some("codewhale")),
            ("python3.12 /home/dev/.local/bin/aider", Some("aider")),
            ("node --require x /opt/node_modules/@google/gemini-cli/dist/index.js", Some("gemini")),
            ("node -r x --env-file=.env --title t /usr/bin/gemini", Some("gemini")),
            ("node --some-new-option value /usr/bin/qwen", Some("qwen-code")),
            ("node -- /usr/bin/codex", Some("codex")),
            ("bash --rcfile X codex", Some("codex")),
            ("bash -eu -o pipefail /usr/bin/claude", Some("claude-code")),
            ("python3 -W ignore aider", Some("aider")),
            ("python3 -u -m aider", Some("aider")),
            ("npx --yes @openai/codex", Some("codex")),
            ("npm exec -- @anthropic-ai/claude-code", Some("claude-code")),
            ("bun run --bun opencode", Some("opencode")),
            ("node server.js /home/dev/codex", None),
            ("bash -l deploy.sh claude", None),
            ("bash --rcfile codex deploy.sh", None),
            ("node --no-warnings build.js gemini", None),
            ("node -e text codex", None),
            ("python3 manage.py --agent aider", None),
            ("vim claude.md", None),
            ("/usr/bin/codexample", None),
            ("-bash", None),
            ("bash -c claude", None),
            ("/usr/share/code/code .", None),
            ("", None),
        ] {
            let argv: Vec<_> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(of_command(&argv), name, "{line}");
        }
    }

    #[test]
    fn agents_are_recognized_by_their_environment_variables() {
        for (names, name) in [
            (&["HOME", "CLAUDECODE"][..], Some("claude-code")),
            (&["CODEX_SANDBOX_NETWORK_DISABLED"], Some("codex")),
            (&["QWEN_CODE_SESSION_ID", "CLAUDE_PROJECT_DIR", "GEMINI_PROJECT_DIR"], Some("qwen-code")),
            (&["COPILOT_CLI", "CLAUDE_PROJECT_DIR"], Some("copilot")),
            (&["GEMINI_SESSION_ID", "CLAUDE_PROJECT_DIR"], Some("gemini")),
            (&["OPENCODE"], Some("opencode")),
            (&["AI_AGENT"], Some("agent")),
            (&["CODEX_HOME", "GEMINI_API_KEY", "ANTHROPIC_MODEL", "TERM"], None),
        ] {
            assert_eq!(of_environment(names.iter().map(|name| (*name).to_owned())), name, "{names:?}");
        }
    }
}
