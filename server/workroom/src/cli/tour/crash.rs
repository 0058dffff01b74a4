//! Kills a server while it writes, and checks that nothing was lost or duplicated.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::cast::Cast;
use super::player::{Message, Player, event};
use super::stage::{NOTIFICATION, Role, Stage, ensure};
use crate::cli::failure::Failure;

// Enough events that the kill comes when some are answered, some are on disk and some are not read yet.
const EVENTS: usize = 200;
const PAGE: usize = 200;
// About half the time of a commit, so that the kill often interrupts one. The guarantee is the same at any moment.
const INTO_THE_COMMIT: Duration = Duration::from_millis(2);

/// What the builder's subscription and responses reported, over both of its servers.
#[derive(Default)]
struct Heard {
    /// The events in responses, by the number of their request.
    answered: BTreeMap<usize, Value>,
    /// The positions of the events that the subscription sent, in that order.
    told: Vec<u64>,
}

/// Kills the builder's server while it writes, continues with a new server, and checks the log.
pub(super) async fn survive(
    stage: &mut Stage,
    cast: &mut Cast,
    room: &Value,
    epoch: &Value,
) -> Result<(), Failure> {
    stage.step(&format!(
        "The builder writes {EVENTS} events without waiting for responses, and its server is killed in the middle."
    ))?;
    let params = json!({"workroom_id": room["id"], "title": "Test run", "kind": "receipt_log"});
    let run = cast.you.call(stage, "thread/create", params).await?["id"].take();
    cast.you.heard().await?;
    let (builder, _) = cast.with(Role::Builder)?;
    let begun = builder.call(stage, "event/subscribe", json!({"thread_id": run})).await?;
    let mut heard = Heard::default();
    let (before, cursor) = write_until_killed(stage, builder, &run, &begun, &mut heard).await?;
    let on_disk = events_of(&mut cast.you, &run).await?.len();
    stage.remark(&format!(
        "of {EVENTS} events sent, {} were confirmed and {on_disk} are on disk",
        before.len()
    ))?;
    ensure(on_disk >= before.len(), "a confirmed event is not on disk")?;

    stage.step("It starts again with the same idempotency keys, and resumes its subscription.")?;
    cast.join(stage, Role::Builder, epoch).await?;
    let (builder, you) = cast.with(Role::Builder)?;
    let params = json!({"thread_id": run, "after_seq": cursor, "epoch": epoch});
    builder.call(stage, "event/subscribe", params).await?;
    retry(stage, builder, &run, &mut heard).await?;

    let log = events_of(you, &run).await?;
    let mut yours = Vec::new();
    while yours.len() < EVENTS {
        yours.push(seq(&you.heard().await?.0)?);
    }
    check(&before, &heard, &yours, &log)?;
    stage.holds(&format!(
        "{EVENTS} events on disk, each once, and those confirmed before the kill are unchanged"
    ))?;
    stage.holds("the builder (before and after the kill) and you received each event once, in order")?;
    let head = check_positions(you).await?;
    stage.holds(&format!("positions 1 to {head} of the log, without a gap"))
}

/// Sends everything, kills the server while it responds, and returns the responses and the last position sent.
async fn write_until_killed(
    stage: &Stage,
    builder: &mut Player,
    run: &Value,
    begun: &Value,
    heard: &mut Heard,
) -> Result<(BTreeMap<usize, Value>, u64), Failure> {
    let mut numbers = BTreeMap::new();
    let (first, rest) = lines(builder, run, &mut numbers);
    stage.sent(builder.role(), first.lines().next().unwrap_or_default())?;
    stage.remark(&format!("and {} more", EVENTS - 1))?;
    builder.send(&first).await?;
    // The first response shows that the server is in the middle of the work.
    while heard.answered.is_empty() {
        let line = listen(builder, &numbers, heard).await?;
        if !heard.answered.is_empty() {
            stage.received(builder.role(), &line.unwrap_or_default())?;
        }
    }
    builder.send(&rest).await?;
    tokio::time::sleep(INTO_THE_COMMIT).await;
    let pid = builder.pid().unwrap_or_default();
    builder.kill().await?;
    stage.remark(&format!("kill -9 {pid}"))?;
    // The pipe still has what the server wrote before it was killed.
    while listen(builder, &numbers, heard).await?.is_some() {}
    let begun = begun["head_seq"].as_u64().unwrap_or_default();
    let cursor = heard.told.last().copied().unwrap_or(begun);
    Ok((std::mem::take(&mut heard.answered), cursor))
}

/// Sends everything again, and listens until everything was confirmed and received.
async fn retry(stage: &Stage, builder: &mut Player, run: &Value, heard: &mut Heard) -> Result<(), Failure> {
    let mut numbers = BTreeMap::new();
    let (first, rest) = lines(builder, run, &mut numbers);
    stage.sent(builder.role(), first.lines().next().unwrap_or_default())?;
    stage.remark(&format!("and {} more, as before", EVENTS - 1))?;
    builder.send(&(first + &rest)).await?;
    let (mut shown_told, mut shown_answer) = (false, false);
    while heard.answered.len() < EVENTS || heard.told.len() < EVENTS {
        let Some(line) = listen(builder, &numbers, heard).await? else {
            return Err(Failure::message("the new server ended"));
        };
        let answer = !line.starts_with(NOTIFICATION);
        if answer && !shown_answer {
            stage.received(builder.role(), &line)?;
            shown_answer = true;
        }
        if !answer && !shown_told {
            stage.received(builder.role(), &line)?;
            shown_told = true;
        }
    }
    Ok(())
}

/// Returns the lines of all requests in two halves, and the number that belongs to each id.
fn lines(builder: &mut Player, run: &Value, numbers: &mut BTreeMap<u64, usize>) -> (String, String) {
    let mut halves = (String::new(), String::new());
    for number in 1..=EVENTS {
        let params = json!({
            "thread_id": run,
            "kind": {"event": "tool_result", "tool_name": "test", "success": true, "summary": summary(number)},
            "idempotency_key": format!("test-run-{number}"),
        });
        let (id, line) = builder.request("event/append", &params);
        numbers.insert(id, number);
        let half = if number <= EVENTS / 2 { &mut halves.0 } else { &mut halves.1 };
        half.push_str(&line);
        half.push('\n');
    }
    halves
}

fn summary(number: usize) -> String {
    format!("run {number} of {EVENTS} passes")
}

/// Records the next message, and returns its line; `None` at the end of the server's output.
async fn listen(
    builder: &mut Player,
    numbers: &BTreeMap<u64, usize>,
    heard: &mut Heard,
) -> Result<Option<String>, Failure> {
    let Some((message, line)) = builder.receive().await? else { return Ok(None) };
    match message {
        Message::Told(line) => heard.told.push(seq(&event(&line)?)?),
        Message::Answer(mut answer) => {
            let number = answer["id"].as_u64().and_then(|id| numbers.get(&id));
            let number = number.ok_or_else(|| Failure::message("a response without a request"))?;
            ensure(answer["result"]["event"].is_object(), "a write was rejected")?;
            heard.answered.insert(*number, answer["result"]["event"].take());
        }
    }
    Ok(Some(line))
}

/// Checks what the tour promises.
fn check(
    before: &BTreeMap<usize, Value>,
    heard: &Heard,
    yours: &[u64],
    log: &[Value],
) -> Result<(), Failure> {
    for (number, event) in before {
        ensure(heard.answered.get(number) == Some(event), "a retry returned a different event")?;
    }
    let expected: BTreeSet<String> = (1..=EVENTS).map(summary).collect();
    let written: BTreeSet<String> =
        log.iter().filter_map(|event| Some(event["kind"]["summary"].as_str()?.to_owned())).collect();
    ensure(log.len() == EVENTS && written == expected, "an event was lost or duplicated")?;
    let positions = log.iter().map(seq).collect::<Result<Vec<_>, _>>()?;
    ensure(heard.told == positions, "the resumed subscription missed or repeated an event")?;
    ensure(yours == positions, "your subscription missed or repeated an event")
}

/// Returns the test results in the thread, in the order of the log.
async fn events_of(you: &mut Player, run: &Value) -> Result<Vec<Value>, Failure> {
    let mut events = Vec::new();
    let mut after = 0;
    loop {
        let params = json!({"thread_id": run, "kinds": ["tool_result"], "after_seq": after, "limit": PAGE});
        let mut page = you.ask("event/list", params).await?;
        events.extend(page["events"].as_array_mut().map(std::mem::take).unwrap_or_default());
        if page["more"] != true {
            return Ok(events);
        }
        after = events.last().map_or(Ok(after), seq)?;
    }
}

/// Reads the whole log, whose positions must be 1, 2, 3 and so on; returns the last position.
async fn check_positions(you: &mut Player) -> Result<u64, Failure> {
    let mut head = 0;
    loop {
        let page = you.ask("event/list", json!({"after_seq": head, "limit": PAGE})).await?;
        for event in page["events"].as_array().into_iter().flatten() {
            ensure(seq(event)? == head + 1, "the log has a gap")?;
            head += 1;
        }
        if page["more"] != true {
            return Ok(head);
        }
    }
}

fn seq(event: &Value) -> Result<u64, Failure> {
    event["seq"].as_u64().ok_or_else(|| Failure::message("an event without position"))
}
