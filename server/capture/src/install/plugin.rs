//! The plugin of opencode, which has no hooks of its own.

use super::program::Program;
use super::{InstallError, Installed};
use crate::agent::Agent;

const TEMPLATE: &str = include_str!("opencode.js");

/// The start of the first line of the file, which shows that Workroom wrote it.
const FIRST: &str = "// Workroom's plugin for opencode.";

/// The line with the command.
const COMMAND: (&str, &str) = ("const COMMAND = ", ";");

/// The event under which the plugin is reported as installed: one file has all of them.
const ALL: &str = "plugin";

pub(super) fn add(text: &str, program: &Program) -> Result<String, InstallError> {
    if !text.trim().is_empty() && !text.starts_with(FIRST) {
        return Err(InstallError::Foreign);
    }
    Ok(written(program))
}

pub(super) fn remove(text: &str) -> Result<String, InstallError> {
    match text.trim().is_empty() || text.starts_with(FIRST) {
        true => Ok(String::new()),
        false => Ok(text.to_owned()),
    }
}

pub(super) fn installed(text: &str) -> Vec<Installed> {
    let Some(program) = program(text).filter(|_| text.starts_with(FIRST)) else { return Vec::new() };
    let current = written(&program) == text;
    vec![Installed { event: ALL.into(), program, position: (0, 0), current }]
}

/// Returns the file. The event follows the arguments in it.
fn written(program: &Program) -> String {
    let arguments = program.arguments(Agent::Opencode, "");
    let arguments = serde_json::Value::from(&arguments[..arguments.len() - 1]);
    TEMPLATE.replacen("[\"workroom\"]", &arguments.to_string(), 1)
}

/// Reads the program from the file.
fn program(text: &str) -> Option<Program> {
    let line = text.lines().find_map(|line| line.strip_prefix(COMMAND.0)?.strip_suffix(COMMAND.1))?;
    let mut arguments: Vec<String> = serde_json::from_str(line).ok()?;
    if arguments.len() < 3 {
        return None;
    }
    let path = arguments.remove(0);
    let home = (arguments[0] == "--home").then(|| arguments[1].clone());
    Some(Program { path, home })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workroom() -> Program {
        Program { path: "/opt/a \"b\"/workroom".into(), home: Some("/srv/é".into()) }
    }

    #[test]
    fn the_file_names_the_program() -> Result<(), InstallError> {
        let text = add("", &workroom())?;
        let line = r#"const COMMAND = ["/opt/a \"b\"/workroom","--home","/srv/é","hook","opencode"];"#;
        assert!(text.starts_with(FIRST) && text.lines().any(|is| is == line), "{text}");
        let found = installed(&text);
        assert_eq!(found.len(), 1);
        assert!(found[0].program == workroom() && found[0].current);
        assert_eq!(add(&text, &workroom())?, text);
        assert_eq!(remove(&text)?, "");
        Ok(())
    }

    #[test]
    fn a_file_of_somebody_else_stays() {
        assert_eq!(add("export const A = 1;\n", &workroom()), Err(InstallError::Foreign));
        assert_eq!(remove("export const A = 1;\n").as_deref(), Ok("export const A = 1;\n"));
        assert!(installed("export const A = 1;\n").is_empty());
    }
}
