//! The command that a hook runs.

use crate::agent::Agent;

/// The program that the hooks run, and the folder of its store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// The absolute path of the program.
    pub path: String,
    /// The folder of the store, if it is not the usual one.
    pub home: Option<String>,
}

impl Program {
    /// Returns the arguments that start the hook of `event`, beginning with the program.
    pub fn arguments<'a>(&'a self, agent: Agent, event: &'a str) -> Vec<&'a str> {
        let mut arguments = vec![self.path.as_str()];
        if let Some(home) = &self.home {
            arguments.extend(["--home", home]);
        }
        arguments.extend(["hook", agent.name(), event]);
        arguments
    }

    /// Returns the command line for a shell. It does nothing if the program is missing: Copilot CLI would deny every
    /// tool, and Claude Code would show an error at every event.
    ///
    /// The text is the same every time, because Codex runs only the exact command that the user has trusted.
    pub fn shell(&self, agent: Agent, event: &str) -> String {
        let command: Vec<_> = self.arguments(agent, event).into_iter().map(quoted).collect();
        format!("[ -x {} ] || exit 0; exec {}", quoted(&self.path), command.join(" "))
    }

    /// Reads the program from a command line that [`Self::shell`] wrote; `None` for any other text.
    pub fn of_shell(agent: Agent, event: &str, command: &str) -> Option<Self> {
        let (path, rest) = word(command.strip_prefix("[ -x ")?)?;
        let rest = rest.strip_prefix(" ] || exit 0; exec ")?;
        let (_, rest) = word(rest)?;
        let home = match rest.strip_prefix(" --home ") {
            Some(rest) => Some(word(rest)?.0),
            None => None,
        };
        let program = Self { path, home };
        (program.shell(agent, event) == command).then_some(program)
    }
}

/// Returns a text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+@%:,=".contains(c);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// Returns the first word of a command line without its quotes, and the rest.
fn word(text: &str) -> Option<(String, &str)> {
    let (mut read, mut rest) = (String::new(), text);
    loop {
        if let Some(inner) = rest.strip_prefix('\'') {
            let end = inner.find('\'')?;
            read.push_str(&inner[..end]);
            rest = &inner[end + 1..];
        } else if let Some(after) = rest.strip_prefix(r"\'") {
            read.push('\'');
            rest = after;
        } else {
            let end = rest.find([' ', '\'', '\\']).unwrap_or(rest.len());
            read.push_str(&rest[..end]);
            rest = &rest[end..];
            if rest.is_empty() || rest.starts_with(' ') {
                return (!read.is_empty()).then_some((read, rest));
            }
            if rest.starts_with('\\') && !rest.starts_with(r"\'") {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_command_line_names_the_program_the_store_and_the_event() {
        let program = Program { path: "/usr/local/bin/workroom".into(), home: None };
        assert_eq!(
            program.shell(Agent::Claude, "Stop"),
            "[ -x /usr/local/bin/workroom ] || exit 0; exec /usr/local/bin/workroom hook claude Stop"
        );
        let program = Program { path: "/opt/it's here/w".into(), home: Some("/srv/a b".into()) };
        assert_eq!(
            program.shell(Agent::Codex, "Stop"),
            r"[ -x '/opt/it'\''s here/w' ] || exit 0; exec '/opt/it'\''s here/w' --home '/srv/a b' hook codex Stop"
        );
    }

    #[test]
    fn commands_of_others_are_not_ours() {
        for command in [
            "",
            "workroom hook claude Stop",
            "[ -x /bin/w ] || exit 0; exec /bin/w hook claude Start",
            "[ -x /bin/w ] || exit 0; exec /bin/w hook claude Stop --more",
            "[ -x /bin/w ] || exit 0; exec /bin/v hook claude Stop",
            "[ -x '/bin/w",
            r"[ -x \",
        ] {
            assert_eq!(Program::of_shell(Agent::Claude, "Stop", command), None, "{command}");
        }
    }

    proptest! {
        #[test]
        fn a_written_command_line_is_read_again(path in r"/[a-z '\\$é\n]{0,12}", home in proptest::option::of("/[a-z ']{0,9}")) {
            let program = Program { path, home };
            let command = program.shell(Agent::Qwen, "Stop");
            prop_assert_eq!(Program::of_shell(Agent::Qwen, "Stop", &command), Some(program));
        }
    }
}
