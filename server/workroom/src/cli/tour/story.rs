//! The story of the tour.

use std::path::Path;

use serde_json::{Value, json};

use super::cast::Cast;
use super::crash;
use super::leave;
use super::stage::{Role, Stage};
use crate::cli::failure::Failure;

type Told<T = ()> = Result<T, Failure>;

/// Tells the story, and returns the link that is resolved at the end.
pub(super) async fn tell(stage: &mut Stage, cast: &mut Cast) -> Told<String> {
    stage.text(
        "Workroom keeps rooms that people and coding agents share: threads of events that are on disk when they are \
         confirmed.\nThis tour runs real servers with a temporary store. → goes to a server, ← comes from one; ids \
         and long lines are shortened.",
    )?;
    let folder = std::env::current_dir().ok().filter(|folder| folder.to_str().is_some());

    stage.step("Your editor starts a server, and opens a room for the folder you are in.")?;
    let client = json!({"name": "your-editor", "version": "1.0"});
    let epoch = cast.you.call(stage, "initialize", json!({"client_info": client})).await?["epoch"].take();
    let room = match &folder {
        Some(folder) => json!({"workspace": folder}),
        None => json!({"title": "Tour"}),
    };
    let room = cast.you.call(stage, "workroom/create", room).await?;

    stage.step("It creates two threads, and attaches pasted URLs to them: an issue and a pull request.")?;
    let task = thread(stage, cast, &room, "Fix the flaky test", &page(&room, "issues/7")).await?;
    let review = thread(stage, cast, &room, "Review of the fix", &page(&room, "pull/8")).await?;

    stage.step("It subscribes to the room, and so receives every event in it from everybody.")?;
    cast.you.call(stage, "event/subscribe", json!({"workroom_id": room["id"]})).await?;

    stage.step("Two agents with different models join, each with its own server process.")?;
    cast.join(stage, Role::Builder, &epoch).await?;
    cast.join(stage, Role::Reviewer, &epoch).await?;

    stage
        .step("The builder works on the issue; your editor receives its events live from another process.")?;
    let kinds = [json!({"event": "worker_started", "summary": "Looking for the race in the cache test"})];
    append(stage, cast, Role::Builder, &task, &kinds).await?;
    let kinds = [
        json!({"event": "tool_call", "tool_name": "bash", "summary": "cargo test cache -- --test-threads 8"}),
        json!({"event": "tool_result", "tool_name": "bash", "success": true, "summary": "3 of 50 runs fail"}),
    ];
    append(stage, cast, Role::Builder, &task, &kinds).await?;
    if let Some(file) = folder.as_deref().and_then(file_to_link) {
        let (builder, you) = cast.with(Role::Builder)?;
        let params =
            json!({"thread_id": task, "path": file, "kind": "document", "label": "What I read first"});
        let artifact = builder.call(stage, "artifact/link", params).await?;
        you.hears(stage, &json!({"id": artifact["event_id"]})).await?;
    }

    stage.step("The reviewer, with another model, comments in the other thread.")?;
    let kinds =
        [json!({"event": "message", "content": "The fix locks twice on the slow path; once is enough."})];
    append(stage, cast, Role::Reviewer, &review, &kinds).await?;

    ask(stage, cast, &task).await?;
    crash::survive(stage, cast, &room, &epoch).await?;
    leave::ask(stage, cast, &task).await?;

    stage.step("The builder is done, and posts a receipt.")?;
    let kinds = [
        json!({"event": "receipt", "summary": "Waits for the writer now; 500 of 500 runs pass. Pull request #8."}),
    ];
    append(stage, cast, Role::Builder, &task, &kinds).await?;

    hand_over(stage, cast, &room, &task).await
}

async fn thread(stage: &Stage, cast: &mut Cast, room: &Value, title: &str, page: &str) -> Told<Value> {
    let params = json!({"workroom_id": room["id"], "title": title, "kind": "agent_task"});
    let id = cast.you.call(stage, "thread/create", params).await?["id"].take();
    cast.you.call(stage, "thread/attachRef", json!({"thread_id": id, "url": page})).await?;
    Ok(id)
}

/// Returns a page of the room's repository, or of an invented one if the room has none.
fn page(room: &Value, path: &str) -> String {
    let repository = &room["repo_identity"];
    let host = repository["host"].as_str().unwrap_or("github.com");
    match (repository["owner"].as_str(), repository["name"].as_str()) {
        (Some(owner), Some(name)) => format!("https://{host}/{owner}/{name}/{path}"),
        _ => format!("https://github.com/acme/rocket/{path}"),
    }
}

/// Appends one event of an agent, or several together, and waits until the person's editor has received each.
async fn append(stage: &Stage, cast: &mut Cast, role: Role, thread: &Value, kinds: &[Value]) -> Told<Value> {
    let (agent, you) = cast.with(role)?;
    let params = |kind: &Value| json!({"thread_id": thread, "kind": kind});
    let events = match kinds {
        [kind] => vec![agent.call(stage, "event/append", params(kind)).await?["event"].take()],
        _ => {
            let events: Vec<_> = kinds.iter().map(params).collect();
            let mut written = agent.call(stage, "event/appendBatch", json!({"events": events})).await?;
            written["events"].as_array_mut().map(std::mem::take).unwrap_or_default()
        }
    };
    for event in &events {
        you.hears(stage, event).await?;
    }
    events.into_iter().next_back().ok_or_else(|| Failure::message("nothing was written"))
}

/// The builder asks a question, and the person answers.
async fn ask(stage: &mut Stage, cast: &mut Cast, task: &Value) -> Told {
    stage.step("The builder asks a question, and receives the answer through a subscription.")?;
    let kinds = [json!({"event": "needs_human", "reason": "May I change the public type of the cache?"})];
    let question = append(stage, cast, Role::Builder, task, &kinds).await?;
    let (builder, you) = cast.with(Role::Builder)?;
    builder.call(stage, "event/subscribe", json!({"thread_id": task, "kinds": ["message"]})).await?;
    let answer = json!({
        "thread_id": task,
        "kind": {"event": "message", "content": "No: keep the type, wait for the writer instead."},
        "reply_to": question["id"],
    });
    let answer = you.call(stage, "event/append", answer).await?["event"].take();
    builder.hears(stage, &answer).await?;
    // The person's own subscription receives it too.
    let (own, _) = you.heard().await?;
    if own["id"] != answer["id"] {
        return Err(Failure::message("you received a different event than you wrote"));
    }
    append(stage, cast, Role::Builder, task, &[json!({"event": "resumed"})]).await?;
    Ok(())
}

/// Resolves the link that an agent gets, and shows the context.
async fn hand_over(stage: &mut Stage, cast: &mut Cast, room: &Value, task: &Value) -> Told<String> {
    stage.step("The next agent only needs a link: it resolves to what matters, within a budget.")?;
    let (reviewer, you) = cast.with(Role::Reviewer)?;
    let params = json!({"workroom_id": room["id"], "thread_id": task});
    let link = you.call(stage, "workroom/link", params).await?["url"].take();
    let params = json!({"link": link, "max_tokens": 1000, "format": "markdown"});
    let resolved = reviewer.call(stage, "workroom/resolve", params).await?;
    let markdown = resolved["markdown"].as_str().filter(|markdown| !markdown.trim().is_empty());
    stage.markdown(markdown.ok_or_else(|| Failure::message("the link resolves to nothing"))?)?;
    Ok(link.as_str().unwrap_or_default().to_owned())
}

/// Returns a file of the folder to link, if it has one of the files that most folders have.
fn file_to_link(folder: &Path) -> Option<&'static str> {
    ["README.md", "README", "Cargo.toml", "package.json", "pyproject.toml", "go.mod"]
        .into_iter()
        .find(|name| folder.join(name).symlink_metadata().is_ok_and(|found| found.is_file()))
}
