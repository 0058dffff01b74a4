//! Which hooks Codex trusts. It does not run any other hook, and `codex exec` does not report that it skips one.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, TableLike};

use super::{InstallError, Installed, MARK};

/// A hook that the user trusts, as Codex records it in `config.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Codex's own name of the hook: its file, event and position.
    pub key: String,
    /// The hash of the hook, which Codex calculates.
    pub hash: String,
}

/// Returns Codex's own name of a hook in this file.
pub fn trust_key(file: &Path, hook: &Installed) -> String {
    let mut event = String::new();
    for c in hook.event.chars() {
        if c.is_ascii_uppercase() && !event.is_empty() {
            event.push('_');
        }
        event.push(c.to_ascii_lowercase());
    }
    format!("{}:{event}:{}:{}", file.display(), hook.position.0, hook.position.1)
}

/// Returns the text of `config.toml` in which these hooks are trusted.
pub fn trusted(text: &str, hooks: &[Trust]) -> Result<String, InstallError> {
    let (mark, mut whole) = parse(text)?;
    let table = table(whole.as_table_mut(), "hooks")?;
    let state = self::table(table, "state")?;
    // In one order, so that the same hooks make the same text.
    let mut hooks: Vec<_> = hooks.iter().collect();
    hooks.sort_by(|a, b| a.key.cmp(&b.key));
    for Trust { key, hash } in hooks {
        let is_same = state.get(key).and_then(|entry| entry.get(HASH)).and_then(Item::as_str) == Some(hash);
        if is_same {
            continue;
        }
        let entry = self::table(state, key)?;
        entry.insert(HASH, toml_edit::value(hash));
    }
    Ok(format!("{mark}{whole}"))
}

/// Returns the text of `config.toml` without the hooks with these names.
pub fn untrusted(text: &str, keys: &[String]) -> Result<String, InstallError> {
    let (mark, mut whole) = parse(text)?;
    let Some(hooks) = whole.get_mut("hooks").and_then(Item::as_table_like_mut) else {
        return Ok(text.into());
    };
    let Some(state) = hooks.get_mut("state").and_then(Item::as_table_like_mut) else {
        return Ok(text.into());
    };
    let mut is_changed = false;
    for key in keys {
        is_changed |= state.remove(key).is_some();
    }
    if !is_changed {
        return Ok(text.into());
    }
    // Tables without a header of their own are not in the text, so they are removed with their last entry.
    if is_implicit(hooks.get("state")) {
        hooks.remove("state");
    }
    if is_implicit(whole.get("hooks")) {
        whole.remove("hooks");
    }
    Ok(format!("{mark}{whole}"))
}

/// Returns the hash under which a hook with this name is trusted.
pub fn recorded(text: &str, key: &str) -> Option<String> {
    let (_, whole) = parse(text).ok()?;
    let entry = whole.get("hooks")?.get("state")?.get(key)?;
    entry.get(HASH)?.as_str().map(str::to_owned)
}

const HASH: &str = "trusted_hash";

/// Returns the byte order mark that editors on Windows write, and the rest.
fn parse(text: &str) -> Result<(&str, DocumentMut), InstallError> {
    let (mark, text) = text.strip_prefix(MARK).map_or(("", text), |text| (MARK, text));
    let whole =
        text.parse().map_err(|error: toml_edit::TomlError| InstallError::Syntax(error.to_string()))?;
    Ok((mark, whole))
}

fn is_implicit(item: Option<&Item>) -> bool {
    item.and_then(Item::as_table).is_some_and(|table| table.is_implicit() && table.is_empty())
}

/// Returns a table of a table, which is created without a header of its own.
fn table<'a>(parent: &'a mut dyn TableLike, name: &str) -> Result<&'a mut dyn TableLike, InstallError> {
    let entry = parent.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(true);
        Item::Table(table)
    });
    entry.as_table_like_mut().ok_or_else(|| InstallError::Form(name.into(), "a table"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::Program;

    fn hooks() -> Vec<Trust> {
        let program = Program { path: "/bin/w".into(), home: None };
        let hook = |event: &str, position| Installed {
            event: event.into(),
            program: program.clone(),
            position,
            current: true,
        };
        let hash = |key: String| Trust { key, hash: "sha256:0a".into() };
        vec![
            hash(trust_key(Path::new("/h/hooks.json"), &hook("PermissionRequest", (0, 0)))),
            hash(trust_key(Path::new("/h/hooks.json"), &hook("Stop", (1, 0)))),
        ]
    }

    #[test]
    fn trust_is_added_and_removed_without_a_trace() -> Result<(), InstallError> {
        for text in [
            "",
            "# mine\nmodel = \"m\" # why\n\n[tools]\nweb = true\n",
            "a = 1\n\n[hooks.state.\"x:stop:0:0\"]\ntrusted_hash = \"b\"\n",
        ] {
            let with = trusted(text, &hooks())?;
            assert!(with.starts_with(text), "{with}");
            let part =
                "[hooks.state.\"/h/hooks.json:permission_request:0:0\"]\ntrusted_hash = \"sha256:0a\"\n";
            assert!(with.contains(part) && !with.contains("[hooks]"), "{with}");
            assert_eq!(recorded(&with, "/h/hooks.json:stop:1:0").as_deref(), Some("sha256:0a"));
            assert_eq!(trusted(&with, &hooks())?, with);
            let keys: Vec<_> = hooks().into_iter().map(|hook| hook.key).collect();
            assert_eq!(untrusted(&with, &keys)?, text);
        }
        Ok(())
    }

    #[test]
    fn other_forms_are_rejected_or_kept() {
        assert!(trusted("hooks = 1", &hooks()).is_err());
        assert!(trusted("[hooks", &hooks()).is_err());
        assert_eq!(untrusted("hooks = 1", &["x".into()]).as_deref(), Ok("hooks = 1"));
        assert_eq!(recorded("hooks = 1", "x"), None);
    }
}
