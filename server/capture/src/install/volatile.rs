//! Places of programs that the next update, or the next cleaning, empties.

use std::path::{Component, Path};

/// Returns why a program at this path may be gone soon; `None` if its place lasts.
///
/// `temporary` is the folder for temporary files.
pub fn volatile(path: &Path, temporary: &Path) -> Option<&'static str> {
    let is_temporary = |folder: &Path| path.starts_with(folder);
    let usual =
        ["/tmp", "/private/tmp", "/var/tmp", "/var/folders", "/private/var/folders", "/dev/shm", "/run/user"];
    if is_temporary(temporary) || usual.iter().any(|folder| is_temporary(Path::new(folder))) {
        return Some("a temporary folder");
    }
    if path.starts_with("/nix/store") || path.starts_with("/gnu/store") {
        return Some("the package store, which has another path for each version");
    }
    let names: Vec<_> = path
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .filter_map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    why_volatile(&names)
}

/// Returns why a program in a folder with these names may be gone soon.
fn why_volatile(names: &[&str]) -> Option<&'static str> {
    let follow = |first: &str, second: &[&str]| {
        names.windows(2).any(|pair| pair[0] == first && second.contains(&pair[1]))
    };
    let one_of = |words: &[&str]| names.iter().any(|name| words.contains(name));
    if names.contains(&"target") {
        return Some("a build folder");
    }
    if follow(".cargo", &["registry", "git"]) {
        return Some("a cache of Cargo");
    }
    if one_of(&["_npx", "_cacache", "node_modules", ".npm", ".pnpm", ".pnpm-store"]) {
        return Some("a folder of a package manager for Node.js");
    }
    if one_of(&["Cellar", "Caskroom"]) {
        return Some("a folder of Homebrew for one version");
    }
    if one_of(&[".cache", "Caches", "cache"]) {
        return Some("a cache");
    }
    names.iter().any(|name| is_version(name)).then_some("a folder for one version")
}

/// Whether a folder is named after a version, such as `1.2.3` or `v0.4`.
fn is_version(name: &str) -> bool {
    let name = name.strip_prefix('v').unwrap_or(name);
    let mut parts = name.split('.');
    let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
    parts.next().is_some_and(|part| is_number(part) && part.bytes().all(|byte| byte.is_ascii_digit()))
        && parts.next().is_some_and(is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_one_version_and_caches_do_not_last() {
        for path in [
            "/work/workroom/target/debug/workroom",
            "/work/target/x86_64-unknown-linux-musl/release/workroom",
            "/home/ada/.cargo/registry/src/workroom",
            "/home/ada/.npm/_npx/0a1b/node_modules/.bin/workroom",
            "/usr/lib/node_modules/workroom/bin/workroom",
            "/opt/homebrew/Cellar/workroom/1.2.3/bin/workroom",
            "/nix/store/abc-workroom/bin/workroom",
            "/tmp/x/workroom",
            "/scratch/y/workroom",
            "/home/ada/.local/share/mise/installs/workroom/1.2/bin/workroom",
            "/home/ada/.nvm/versions/node/v22.1.0/bin/workroom",
            "/home/ada/.cache/uv/workroom",
        ] {
            assert!(volatile(Path::new(path), Path::new("/scratch")).is_some(), "{path}");
        }
    }

    #[test]
    fn places_of_installed_programs_last() {
        for path in [
            "/usr/local/bin/workroom",
            "/home/ada/.cargo/bin/workroom",
            "/opt/homebrew/bin/workroom",
            "/home/ada/.nix-profile/bin/workroom",
            "/home/ada/.local/bin/workroom",
            "/opt/workroom/1/workroom",
            "/srv/target.d/workroom",
        ] {
            assert_eq!(volatile(Path::new(path), Path::new("/scratch")), None, "{path}");
        }
    }
}
