//! Tests that run in Node.

use std::process::Command;

use super::needs;

/// Installs the dependencies of a folder in the repository and runs `npm test` there, with the binary of this build.
pub fn npm_test(folder: &str) {
    if !needs::met(&["node", "npm"], folder) {
        return;
    }
    let folder = super::repository().join(folder);
    let install = if folder.join("package-lock.json").exists() { "ci" } else { "install" };
    for arguments in [&[install, "--no-audit", "--no-fund"][..], &["test"]] {
        let mut npm = Command::new("npm");
        npm.args(arguments).current_dir(&folder).env("WORKROOM_BIN", super::workroom());
        let output = npm.output().unwrap();
        let (stdout, stderr) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "npm {}:\n{stdout}\n{stderr}", arguments.join(" "));
    }
}
