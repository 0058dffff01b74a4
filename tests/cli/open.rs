use serde_json::json;

use crate::support::Home;

#[test]
fn opening_a_folder_shows_its_room_and_creates_it_only_once() {
    let home = Home::new();
    let folder = home.path().with_file_name("rocket");
    std::fs::create_dir_all(&folder).unwrap();
    let dir = folder.to_str().unwrap();
    let first = home.run(["open", dir]).ok();
    let link = first.lines().nth(1).unwrap().to_owned();
    assert!(first.starts_with("rocket (new)\ncodewhale://workroom/wr_"), "{first}");
    assert_eq!(home.run(["open", dir]).ok(), format!("rocket\n{link}\n"));
    let mut here = home.command(["open", "--json"]);
    here.current_dir(&folder);
    let opened = crate::support::Ran::command(here, "").json();
    assert_eq!((&opened["workroom"]["link"], &opened["created"]), (&json!(link), &json!(false)));
    let missing = folder.join("no");
    assert!(home.run(["open", missing.to_str().unwrap()]).failed().contains("is not a folder"));
}

#[test]
fn several_rooms_of_one_folder_are_reported_and_can_be_merged() {
    let home = Home::new();
    let folder = home.path().with_file_name("rocket");
    std::fs::create_dir_all(&folder).unwrap();
    let mut ada = home.server();
    let mut create = || ada.ok("workroom/create", json!({"workspace": folder, "another": true}));
    let (one, two) = (create(), create());
    drop(ada);
    let id = |room: &serde_json::Value| room["id"].as_str().unwrap().to_owned();
    let merge = format!("workroom room merge {} --into {}", id(&two), id(&one));
    let opened = home.run(["open", folder.to_str().unwrap()]);
    assert!(opened.err.contains(&merge), "{opened:?}");
    assert!(home.run(["list"]).err.contains("workroom room merge wr_"));
    let link = format!("<{}>.", two["link"].as_str().unwrap());
    let joined = home.run(["room", "merge", &link, "--into", &id(&one)]).ok();
    assert_eq!(joined, format!("Merged: rocket\n{}\n", one["link"].as_str().unwrap()));
    assert_eq!(home.run(["list"]).ok().lines().count(), 1);
    let shown = home.run(["show", &format!("[rocket]({})", two["link"].as_str().unwrap())]).ok();
    assert!(shown.contains(&id(&one)), "{shown}");
    assert_eq!(home.run(["open", folder.to_str().unwrap()]).ok().lines().count(), 2);
}

#[test]
fn a_reply_reports_mentions_that_reached_nobody() {
    let home = Home::new();
    let mut ada = home.server();
    let (_, thread) = ada.thread();
    let asked = ada.say(&thread, "?");
    drop(ada);
    let reply = home.run(["reply", &format!(" {},", asked["id"].as_str().unwrap()), "ask @ghost"]);
    assert_eq!(reply.code, Some(0));
    assert!(reply.err.contains("no member has the handle @ghost"), "{reply:?}");
}
