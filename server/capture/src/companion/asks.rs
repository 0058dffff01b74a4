//! Requests for permission: they wait in the inbox while the agent's own dialog stays usable. The first answer wins.

use std::collections::HashSet;
use std::sync::{Arc, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use workroom_domain::shown;
use workroom_protocol::Timestamp;
use workroom_protocol::actor::ActorKind;
use workroom_protocol::approval::{
    Approval, ApprovalCancelParams, ApprovalListParams, ApprovalRequestParams, ApprovalState,
    ApprovalWaitParams,
};
use workroom_protocol::event::{EventSubscribeParams, WorkroomEventKind as Kind};
use workroom_protocol::exact::ExactJson;
use workroom_protocol::id::{ApprovalId, EventId, ThreadId};
use workroom_protocol::methods::{
    ApprovalCancel, ApprovalList, ApprovalRequest, ApprovalWait, EventSubscribe,
};
use workroom_protocol::presence::PresenceState;
use workroom_rpc::peer::Peer;

use super::desk::{Desk, Trouble, Who};
use super::reader::keep;
use crate::answer::{Answer, Decision};
use crate::hosts::{self, Wants};
use crate::sign::Use;
use crate::wire::Asked;

/// A request that waits for its answer.
#[derive(Debug)]
pub(super) struct Open {
    /// What is asked for, as the spool has it: shortened and redacted like the signs that it is compared with.
    used: Use,
    /// The subagent that asks.
    subagent: Option<String>,
    /// How the agent's terminal answered it.
    how: OnceLock<String>,
    settled: CancellationToken,
}

impl Open {
    /// Ends the request: it was answered where the agent runs.
    pub(super) fn settle(&self, how: &str) {
        let _ = self.how.set(how.to_owned());
        self.settled.cancel();
    }
}

impl Desk {
    /// Asks people, and returns the answer. Returns none if the agent's terminal answers first: the agent then ends the
    /// hook, which `ending` shows, or one of its next signs does.
    pub(super) async fn ask(&self, asked: Asked, ending: Arc<CancellationToken>) -> Answer {
        let input = serde_json::from_str(asked.input.text()).unwrap_or(Value::Null);
        let whole = Use { tool: asked.tool.clone(), input, call: asked.call.clone() };
        let sign = self.state.lock().await.asks.remove(&asked.ask);
        let (used, subagent) = sign.unwrap_or_else(|| (whole.clone(), None));
        let settled = CancellationToken::new();
        let open = Arc::new(Open { used, subagent, how: OnceLock::new(), settled });
        self.open.lock().unwrap_or_else(PoisonError::into_inner).insert(asked.ask.clone(), open.clone());
        let watching = {
            let open = open.clone();
            tokio::spawn(async move {
                ending.cancelled().await;
                open.settle("answered in the agent's terminal");
            })
        };
        let answered = match hosts::wants(&asked.tool) {
            Wants::Answers => self.question(&asked, &whole, &open).await,
            Wants::Permission | Wants::Plan => self.permission(&asked, &whole, &open).await,
        };
        watching.abort();
        self.open.lock().unwrap_or_else(PoisonError::into_inner).remove(&asked.ask);
        let mut state = self.state.lock().await;
        if !self.has_open() && state.presence.state == PresenceState::Waiting {
            let now = self.now();
            state.now_is(PresenceState::Working, None, now);
            self.store(&mut state);
        }
        drop(state);
        match answered {
            Ok(decision) => Answer { decision, ..Answer::default() },
            Err(trouble) => {
                tracing::warn!(%trouble, "a request for permission stays in the agent's terminal");
                Answer::default()
            }
        }
    }

    /// A permission is an approval, which permits exactly this action.
    async fn permission(&self, asked: &Asked, whole: &Use, open: &Open) -> Result<Option<Decision>, Trouble> {
        let (peer, thread_id) = self.place(asked).await?;
        let params = ApprovalRequestParams {
            thread_id,
            tool_name: asked.tool.clone(),
            summary: hosts::line(whole),
            risk: None,
            arguments: Some(asked.input.clone()),
            options: None,
            expires_at: None,
            supersedes: None,
            idempotency_key: Some(format!("ask-{}", asked.ask)),
        };
        let approval = peer.call::<ApprovalRequest>(&params).await?;
        let id = approval.approval_id.clone();
        self.held().insert(id.clone());
        let params = ApprovalWaitParams { approval_id: id.clone(), timeout_ms: None, as_requester: true };
        let ended = match peer.call_until::<ApprovalWait>(&params, &open.settled).await {
            Ok(ended) => ended,
            Err(_) if open.settled.is_cancelled() => {
                let reason = open.how.get().cloned();
                let cancelled =
                    peer.call::<ApprovalCancel>(&ApprovalCancelParams { approval_id: id, reason }).await;
                if let Err(error) = cancelled {
                    tracing::debug!(%error, "the approval was decided at the same moment");
                }
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(decision(&ended, hosts::wants(&asked.tool)))
    }

    /// Closes what earlier companions of the session have left in the inbox, and no hook waits for any more: requests
    /// from before `until`, if it is given, that no hook has asked for again.
    pub(super) async fn close_left(&self, until: Option<Timestamp>) -> Result<(), Trouble> {
        let mut state = self.state.lock().await;
        let Some(thread) = state.progress.thread.clone() else { return Ok(()) };
        let states = Some(vec![ApprovalState::Pending]);
        let params = ApprovalListParams { thread_id: Some(thread.clone()), states, ..Default::default() };
        let pending = self.call::<ApprovalList>(&mut state, Who::Agent, &params).await?.approvals;
        let own = state.presence.session_id.clone();
        for approval in pending {
            let id = approval.approval_id;
            // The same agent can have asked through MCP, in a session of its own.
            if approval.session_id != own
                || until.is_some_and(|until| approval.requested_at >= until)
                || self.held().contains(&id)
            {
                continue;
            }
            let reason = Some("nobody waits for this any more".into());
            let params = ApprovalCancelParams { approval_id: id, reason };
            match self.call::<ApprovalCancel>(&mut state, Who::Agent, &params).await {
                Ok(_) | Err(Trouble::Refused(_)) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        let asked = state.progress.asked.clone();
        for (key, question) in asked {
            if self.is_open(&key) {
                continue;
            }
            let resumed = format!("ask-{key}-resumed");
            let about = (Some(&question), &*resumed);
            self.append(&mut state, Who::Agent, &thread, Kind::Resumed {}, about).await?;
            state.progress.asked.remove(&key);
        }
        self.store(&mut state);
        Ok(())
    }

    /// The approvals that hooks of this companion have waited for.
    fn held(&self) -> MutexGuard<'_, HashSet<ApprovalId>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_open(&self, ask: &str) -> bool {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).contains_key(ask)
    }

    /// A question waits for a person's reply in the thread.
    async fn question(&self, asked: &Asked, whole: &Use, open: &Open) -> Result<Option<Decision>, Trouble> {
        let (_, thread) = self.place(asked).await?;
        let reason = in_words(&whole.input);
        let key = format!("ask-{}", asked.ask);
        let (question, follower) = {
            let mut state = self.state.lock().await;
            let follower = self.new_agent(state.progress.model.as_deref()).await?.0;
            let kind = Kind::NeedsHuman { reason };
            let question = self.append(&mut state, Who::Agent, &thread, kind, (None, &key)).await?;
            keep(&mut state.progress.questions, question.clone());
            state.progress.asked.insert(asked.ask.clone(), question.clone());
            self.store(&mut state);
            (question, follower)
        };
        let params = EventSubscribeParams {
            thread_id: Some(thread.clone()),
            kinds: Some(vec!["message".into(), "resumed".into()]),
            after_seq: Some(0),
            ..EventSubscribeParams::default()
        };
        let (_, mut events) = follower.subscribe::<EventSubscribe>(&params).await?;
        let replied = async {
            while let Ok(Some(appended)) = events.next().await {
                let event = match appended.event.read() {
                    Ok(event) if event.reply_to.as_ref() == Some(&question) => event,
                    _ => continue,
                };
                match event.kind {
                    Kind::Message { content } if event.actor.kind == ActorKind::Human => {
                        return Some(content);
                    }
                    Kind::Resumed {} => return None,
                    _ => {}
                }
            }
            None
        };
        let reply = tokio::select! {
            reply = replied => reply,
            () = open.settled.cancelled() => {
                self.resume(&thread, &question, &key).await?;
                None
            }
        };
        self.state.lock().await.progress.asked.remove(&asked.ask);
        Ok(reply.and_then(|reply| answers(asked, &reply)))
    }

    async fn resume(&self, thread: &ThreadId, question: &EventId, key: &str) -> Result<(), Trouble> {
        let mut state = self.state.lock().await;
        let key = format!("{key}-resumed");
        self.append(&mut state, Who::Agent, thread, Kind::Resumed {}, (Some(question), &key)).await?;
        Ok(())
    }

    /// The agent's connection, and the thread of its session.
    async fn place(&self, asked: &Asked) -> Result<(Arc<Peer>, ThreadId), Trouble> {
        let mut state = self.state.lock().await;
        let thread = self.thread(&mut state, &format!("ask-{}", asked.ask)).await?;
        let peer = self.agent(&mut state).await?;
        self.store(&mut state);
        Ok((peer, thread))
    }

    /// Whether a request waits for an answer.
    pub(super) fn has_open(&self) -> bool {
        !self.open.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// A tool was used, so the request for exactly this use was answered in the agent's terminal.
    pub(super) fn settle_use(&self, used: &Use) {
        let is_same = |open: &Open| match (&open.used.call, &used.call) {
            (Some(open), Some(used)) if open == used => true,
            _ => open.used.tool == used.tool && is_part(&open.used.input, &used.input),
        };
        self.settle(is_same, "allowed in the agent's terminal");
    }

    /// The agent's terminal has answered the request with this id of the agent's own.
    pub(super) fn settle_call(&self, call: &str, allowed: Option<bool>) {
        let how = match allowed {
            Some(true) => "allowed in the agent's terminal",
            Some(false) => "denied in the agent's terminal",
            None => "answered in the agent's terminal",
        };
        self.settle(|open| open.used.call.as_deref() == Some(call), how);
    }

    /// The session, or this subagent of it, continued without an answer to its requests.
    pub(super) fn settle_turn(&self, subagent: Option<&str>, how: &str) {
        self.settle(|open| open.subagent.as_deref() == subagent, how);
    }

    /// The session is over.
    pub(super) fn settle_all(&self, how: &str) {
        self.settle(|_| true, how);
    }

    fn settle(&self, is_meant: impl Fn(&Open) -> bool, how: &str) {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.values().filter(|open| is_meant(open)).for_each(|open| open.settle(how));
    }
}

/// Whether the input of a use is the one that was asked for. The answers to a question are added to it.
fn is_part(asked: &Value, used: &Value) -> bool {
    match (asked, used) {
        (Value::Object(asked), Value::Object(used)) => {
            asked.iter().all(|(name, value)| used.get(name) == Some(value))
        }
        _ => asked == used,
    }
}

/// What a person's decision means for the agent.
fn decision(ended: &Approval, wants: Wants) -> Option<Decision> {
    let by =
        ended.decided_by.as_ref().map_or_else(String::new, |actor| shown::line(&actor.handle).into_owned());
    let reason = ended.reason.as_deref().unwrap_or_default();
    match ended.state {
        ApprovalState::Approved => {
            // A plan is accepted only with an input, which has no members.
            let input = (wants == Wants::Plan).then(|| ExactJson::parse("{}").ok()).flatten();
            Some(Decision { allow: true, message: None, input })
        }
        ApprovalState::Denied => {
            let message = match reason {
                "" => format!("{by} denied this in Workroom."),
                reason => format!("{by} denied this in Workroom: {reason}"),
            };
            Some(Decision { allow: false, message: Some(message), input: None })
        }
        ApprovalState::Pending
        | ApprovalState::Expired
        | ApprovalState::Cancelled
        | ApprovalState::Superseded => None,
    }
}

/// The questions and their options, for people.
fn in_words(input: &Value) -> String {
    let mut text = String::new();
    for question in questions(input) {
        if !text.is_empty() {
            text.push_str("\n\n");
        }
        text.push_str(question.get("question").and_then(Value::as_str).unwrap_or("A question without words"));
        for option in options(question) {
            text.push_str("\n- ");
            text.push_str(option);
        }
    }
    text
}

fn questions(input: &Value) -> impl Iterator<Item = &Value> {
    input.get("questions").and_then(Value::as_array).into_iter().flatten()
}

fn options(question: &Value) -> impl Iterator<Item = &str> {
    let options = question.get("options").and_then(Value::as_array).into_iter().flatten();
    options.filter_map(|option| option.get("label").unwrap_or(option).as_str())
}

/// The answers in the agent's own form. A reply to several questions has one line for each.
fn answers(asked: &Asked, reply: &str) -> Option<Decision> {
    let mut input: Value = serde_json::from_str(asked.input.text()).ok()?;
    let asked_questions: Vec<Value> = questions(&input).cloned().collect();
    let mut lines = reply.lines().map(str::trim).filter(|line| !line.is_empty());
    let chosen: Vec<String> = asked_questions
        .iter()
        .map(|question| {
            let said =
                if asked_questions.len() == 1 { reply.trim() } else { lines.next().unwrap_or_default() };
            let named = options(question).find(|option| option.eq_ignore_ascii_case(said));
            named.unwrap_or(said).to_owned()
        })
        .collect();
    let input = if asked.tool == hosts::QUESTION {
        json!({"answers": chosen.iter().map(|answer| vec![answer]).collect::<Vec<_>>()})
    } else {
        let texts = asked_questions.iter().filter_map(|question| question.get("question")?.as_str());
        let answers = texts.zip(&chosen).map(|(question, answer)| (question.to_owned(), json!(answer)));
        input["answers"] = Value::Object(answers.collect());
        input
    };
    Some(Decision { allow: true, message: None, input: ExactJson::parse(&input.to_string()).ok() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tool: &str, questions: Value) -> Asked {
        let input = ExactJson::parse(&json!({"questions": questions}).to_string()).unwrap();
        Asked { ask: "a".into(), tool: tool.into(), input, call: None }
    }

    fn answered(asked: &Asked, reply: &str) -> Value {
        serde_json::from_str(answers(asked, reply).unwrap().input.unwrap().text()).unwrap()
    }

    #[test]
    fn a_reply_chooses_an_option_or_has_its_own_words() {
        let question =
            json!([{"question": "Which color?", "options": [{"label": "Red"}, {"label": "Blue"}]}]);
        let claude = asked("AskUserQuestion", question.clone());
        assert_eq!(
            answered(&claude, " blue\n"),
            json!({"questions": question, "answers": {"Which color?": "Blue"}})
        );
        assert_eq!(answered(&claude, "a dark green")["answers"], json!({"Which color?": "a dark green"}));
        assert_eq!(answered(&asked("question", question), "RED"), json!({"answers": [["Red"]]}));
    }

    #[test]
    fn several_questions_are_answered_line_by_line() {
        let question = json!([{"question": "A?", "options": ["x"]}, {"question": "B?", "options": []}]);
        let claude = asked("AskUserQuestion", question);
        assert_eq!(
            answered(&claude, "X\n\nsomething else")["answers"],
            json!({"A?": "x", "B?": "something else"})
        );
        assert_eq!(in_words(&serde_json::from_str(claude.input.text()).unwrap()), "A?\n- x\n\nB?");
    }
}
