//! The folders of workrooms.

use std::path::Path;

use serde_json::json;

use super::artifacts::Room;

/// A folder that was chosen without a link on its way is never followed through one that was put there later.
#[cfg(unix)]
#[test]
fn a_folder_that_is_replaced_by_a_link_is_not_followed() {
    use std::os::unix::fs::symlink;
    let mut room = Room::new();
    let outside = tempfile::tempdir().unwrap();
    std::fs::create_dir(outside.path().join("inner")).unwrap();
    for secret in ["secret", "inner/secret"] {
        std::fs::write(outside.path().join(secret), "x").unwrap();
    }
    let project = room.path().canonicalize().unwrap().join("project");
    let (make, target): (fn(&Path), _) = (|place| std::fs::create_dir_all(place).unwrap(), outside.path());
    let nothing: fn(&Path) = |_| {};
    let file: fn(&Path) = |place| std::fs::write(place, "x").unwrap();
    for (make, link, workspace, path) in [
        (make, "", "", "secret"),
        (nothing, "", "", "secret"),
        (file, "", "", "secret"),
        (make, "", "inner", "secret"),
        (nothing, "", "inner", "secret"),
        (nothing, "a", "a/inner", "secret"),
        (make, "a", "a/inner", "secret"),
    ] {
        let workspace = if workspace.is_empty() { project.clone() } else { project.join(workspace) };
        let link = if link.is_empty() { project.clone() } else { project.join(link) };
        make(&workspace);
        room.server.ok("workroom/update", json!({"workroom_id": room.room, "workspace": workspace}));
        if link.is_dir() {
            std::fs::remove_dir_all(&link).unwrap();
        } else if link.exists() {
            std::fs::remove_file(&link).unwrap();
        } else {
            std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        }
        symlink(target, &link).unwrap();
        for path in [path.to_owned(), format!("{}/{path}", workspace.display())] {
            let params = json!({"thread_id": room.thread, "path": path, "kind": "x"});
            let error = room.server.err("artifact/link", params);
            let message = error["message"].as_str().unwrap();
            assert!(
                message.contains("is a symbolic link") && message.contains("workroom/update"),
                "{message}"
            );
        }
        std::fs::remove_file(&link).unwrap();
        let _ = std::fs::remove_dir_all(&project);
    }
    // Chosen again, the folder is the one that the link leads to.
    symlink(target, &project).unwrap();
    room.server.ok("workroom/update", json!({"workroom_id": room.room, "workspace": project}));
    let artifact = room.link("secret");
    // A folder above it that becomes a link hides what was linked before, too.
    std::fs::remove_file(&project).unwrap();
    let kept = room.path().join("kept");
    std::fs::create_dir(&kept).unwrap();
    std::fs::write(kept.join("secret"), "x").unwrap();
    room.server.ok("workroom/update", json!({"workroom_id": room.room, "workspace": kept}));
    assert_eq!(room.read(&artifact, 0, 10)["content"], "x");
    std::fs::remove_dir_all(&kept).unwrap();
    symlink(target, &kept).unwrap();
    let error = room.server.err("artifact/read", json!({"artifact_id": artifact["artifact_id"]}));
    assert!(error["message"].as_str().unwrap().contains("is a symbolic link"), "{error}");
}
