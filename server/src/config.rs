//! Where things are, and who runs this: argv and environment in one place.

use std::path::PathBuf;

/// The folder that holds the store: `$WORKROOM_HOME`, else `$CODEWHALE_HOME/workrooms`,
/// else `~/.codewhale/workrooms`. `None` when there is no home folder either.
pub fn home() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("WORKROOM_HOME").or_else(|| Some(set("CODEWHALE_HOME")?.join("workrooms"))).or_else(|| {
        Some(std::env::home_dir().filter(|home| home.is_absolute())?.join(".codewhale/workrooms"))
    })
}

/// The handle of the person at this machine: the name of the user, as one word.
pub fn owner() -> String {
    let named = ["USER", "LOGNAME", "USERNAME"].into_iter().find_map(|name| {
        let name: String = std::env::var(name).ok()?;
        let handle: String =
            name.chars().filter(|c| c.is_alphanumeric() || "._-".contains(*c)).take(64).collect();
        (!handle.is_empty()).then_some(handle)
    });
    named.unwrap_or_else(|| "owner".into())
}

/// Whether the environment presents an access token.
pub fn token_presented() -> bool {
    std::env::var_os("CODEWHALE_RUNTIME_TOKEN").is_some_and(|token| !token.is_empty())
}
