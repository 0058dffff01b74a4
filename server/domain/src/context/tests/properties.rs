//! Properties for any input: the budget holds, everything left out is counted, and nothing escapes its place in the
//! Markdown.

use proptest::collection::vec;
use proptest::prelude::*;
use workroom_protocol::event::WorkroomEvent;
use workroom_protocol::resolve::OpenItem;

use super::markdown::assert_framed;
use super::*;

/// Short and long texts in several scripts, with line breaks and invisible characters.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z ]{0,20}",
        1 => "\\PC{0,10}",
        1 => "[解析器丢失注释]{0,10}",
        1 => "[\n\r\t\"\\\\#>`-]{0,4}",
        1 => any::<String>(),
    ];
    (piece, prop_oneof![6 => 1usize..4, 1 => 30usize..100]).prop_map(|(piece, times)| piece.repeat(times))
}

fn actor() -> impl Strategy<Value = Actor> {
    prop_oneof![3 => Just(coder()), 3 => Just(human("alice")), 1 => text().prop_map(|handle| human(&handle))]
}

fn kind() -> impl Strategy<Value = Kind> {
    (text(), text(), any::<bool>(), 0..8).prop_map(|(a, b, success, which)| match which {
        0 => Kind::Mention { mentioned_user: a },
        1 => Kind::ToolCall { tool_name: a, summary: b, call_id: None },
        2 => Kind::ToolResult {
            tool_name: a,
            success,
            summary: Some(b),
            call_id: success.then(|| "c".repeat(90)),
        },
        3 => Kind::receipt(a),
        4 => Kind::Resumed {},
        _ => Kind::Message { content: a },
    })
}

fn events(most: usize) -> impl Strategy<Value = Vec<WorkroomEvent>> {
    vec((actor(), kind(), prop_oneof![5 => 1u64..3, 1 => 1_000u64..3_000]), 0..most).prop_map(|parts| {
        let mut seq = 0;
        let numbered = parts.into_iter().map(|(actor, kind, step)| {
            seq += step;
            WorkroomEvent { reply_to: (step == 1).then(|| event_id(seq - 1)), ..event(seq, actor, kind) }
        });
        numbered.collect()
    })
}

fn items(most: usize) -> impl Strategy<Value = Vec<OpenItem>> {
    vec((text(), proptest::option::of(text()), actor()), 0..most).prop_map(|parts| {
        let numbered = parts.into_iter().zip(1..);
        numbered
            .map(|((text, tool, actor), seq)| OpenItem { actor, ..item(seq, tool.as_deref(), &text) })
            .collect()
    })
}

fn more() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0u64..100_000]
}

prop_compose! {
    fn gathered()(
        scope in 0..3,
        focus in any::<prop::sample::Index>(),
        titles in (text(), text()),
        recent_events in events(40),
        waiting in prop_oneof![
            2 => Just((Vec::new(), Vec::new(), Vec::new())),
            2 => (items(4), items(3), items(3)),
            1 => (items(60), items(3), items(3)),
        ],
        done in (items(8), items(8)),
        paths in vec((text(), proptest::option::of(text())), 0..8),
        handles in vec(text(), 0..8),
        refs in vec((text(), 0u64..1_000), 0..12),
        mores in (more(), more(), more(), more(), more(), more()),
    ) -> Gathered {
        let mut from = Gathered {
            pending_approvals: waiting.0,
            needs_human: waiting.1,
            open_failures: waiting.2,
            decisions: done.0,
            receipts: done.1,
            artifacts: paths.iter().zip(1..).map(|((path, label), n)| artifact(n, path, label.as_deref())).collect(),
            participants: handles.iter().map(|handle| participant(handle, 3)).collect(),
            head_seq: recent_events.last().map_or(0, |event| event.seq),
            recent_events,
            more_threads: 0,
            more_participants: mores.0,
            more_decisions: mores.1,
            more_artifacts: mores.2,
            more_receipts: mores.3,
            more_events: mores.4,
            ..empty()
        };
        from.workroom.title = titles.0.chars().take(500).collect();
        if let Some(thread) = &mut from.thread {
            thread.title = titles.1.chars().take(500).collect();
            thread.external_refs = refs
                .iter()
                .map(|(title, n)| AttachedRef { title: Some(title.clone()), ..issue(*n, *n == refs[0].1) })
                .collect();
            thread.external_ref = thread.external_refs.first().map(|one| one.target.clone());
        }
        match scope {
            0 => Gathered { more_threads: mores.5, ..whole_workroom(from) },
            1 if !from.recent_events.is_empty() => {
                let index = focus.index(from.recent_events.len());
                focused(from, index)
            }
            _ => from,
        }
    }
}

fn waiting(from: &Gathered) -> Vec<&OpenItem> {
    from.pending_approvals.iter().chain(&from.needs_human).chain(&from.open_failures).collect()
}

/// For each section, the number of entries in all and the number in the fields.
fn sections(from: &Gathered, resolved: &Resolved) -> [(&'static str, &'static str, u64, usize); 7] {
    let refs = from.thread.as_ref().map_or(0, |thread| thread.external_refs.len());
    let history = if from.focus.is_some() { "Events around the linked event" } else { "Latest events" };
    let all = |gathered: usize, more: u64| gathered as u64 + more;
    [
        ("external_refs", "What it is about", all(refs, 0), resolved.external_refs.len()),
        ("threads", "Threads", all(from.threads.len(), from.more_threads), resolved.threads.len()),
        (
            "participants",
            "Participants",
            all(from.participants.len(), from.more_participants),
            resolved.participants.len(),
        ),
        ("receipts", "Receipts", all(from.receipts.len(), from.more_receipts), resolved.receipts.len()),
        ("artifacts", "Artifacts", all(from.artifacts.len(), from.more_artifacts), resolved.artifacts.len()),
        ("decisions", "Decisions", all(from.decisions.len(), from.more_decisions), resolved.decisions.len()),
        (
            "recent_events",
            history,
            all(from.recent_events.len(), from.more_events),
            resolved.recent_events.len(),
        ),
    ]
}

/// The number of list items in a section of the Markdown.
fn listed(markdown: &str, title: &str) -> usize {
    let mut inside = false;
    let lines = markdown.lines().filter(|line| {
        if let Some(heading) = line.strip_prefix("## ") {
            inside = heading == title || heading.starts_with(&format!("{title} ("));
        }
        inside && line.starts_with("- ")
    });
    lines.count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn the_budget_holds_and_omissions_are_counted(
        from in gathered(),
        max_tokens in prop_oneof![200usize..1_000, 1_000usize..6_000],
        format in prop::sample::select(&FORMATS[..]),
        max_events in prop_oneof![3 => Just(None), 1 => (0usize..10).prop_map(Some)],
    ) {
        let budget = Budget { max_tokens, max_events, format };
        let plan = plan::best(&from, &budget, max_tokens * cost::TOKEN);
        let planned = cost::json(&plan.resolved()) <= max_tokens * cost::TOKEN;
        prop_assert!(planned || plan.is_least(), "the plan costs more than it adds up to");

        let resolved = fit(from.clone(), &budget);
        let sections = sections(&from, &resolved);
        let cost = tokens(&resolved);
        if cost > max_tokens {
            prop_assert!(!waiting(&from).is_empty(), "{} tokens", cost);
            prop_assert!(resolved.workroom.is_none() && resolved.thread.is_none() && resolved.external_ref.is_none());
            for (name, _, total, _) in sections {
                prop_assert_eq!(resolved.truncated.get(name).copied().unwrap_or_default(), total, "{}", name);
            }
        }

        for (name, title, total, shown) in sections {
            let truncated = resolved.truncated.get(name).copied();
            prop_assert!(truncated != Some(0));
            let kept = usize::try_from(total - truncated.unwrap_or_default()).expect("few");
            match format {
                ResolveFormat::Json => prop_assert_eq!(kept, shown, "{}", name),
                ResolveFormat::Markdown => prop_assert_eq!(shown, 0),
                ResolveFormat::Both => prop_assert_eq!(kept, shown, "{}", name),
            }
            if let Some(markdown) = &resolved.markdown
                && (format == ResolveFormat::Markdown || markdown.contains("\n## "))
            {
                prop_assert_eq!(kept, listed(markdown, title), "{} in\n{}", name, markdown);
            }
        }
        prop_assert!(resolved.recent_events.len() <= max_events.unwrap_or(usize::MAX));
        prop_assert!(resolved.markdown.is_none() || format != ResolveFormat::Json);

        if format == ResolveFormat::Markdown {
            let markdown = resolved.markdown.as_deref().unwrap_or_default();
            prop_assert!(waiting(&from).iter().all(|item| markdown.contains(&item.event_id.0)));
            for (title, items) in [
                ("Pending approvals", &from.pending_approvals),
                ("Open questions", &from.needs_human),
                ("Open failures", &from.open_failures),
            ] {
                prop_assert_eq!(listed(markdown, title), items.len());
            }
        } else {
            let kept = resolved.pending_approvals.iter().chain(&resolved.needs_human).chain(&resolved.open_failures);
            prop_assert!(kept.map(|item| &item.event_id).eq(waiting(&from).iter().map(|item| &item.event_id)));
        }
        if let Some(markdown) = &resolved.markdown {
            assert_framed(markdown);
        }
    }

    #[test]
    fn more_history_changes_the_result_only_if_it_was_wanted(
        from in gathered(),
        max_tokens in 200usize..3_000,
        gathered in 1usize..12,
    ) {
        let budget = budget(max_tokens, ResolveFormat::Both);
        let at = from.focus.as_ref().and_then(|id| from.recent_events.iter().position(|event| event.id == *id));
        let all = from.recent_events.len();
        let kept = match at {
            Some(at) => at.saturating_sub(gathered)..all.min(at + gathered + 1),
            None => all.saturating_sub(gathered)..all,
        };
        let mut part = from.clone();
        part.recent_events = from.recent_events[kept.clone()].to_vec();
        part.more_events += (all - kept.len()) as u64;
        let fitted = super::super::fit(part, &budget);
        if !fitted.wants_history {
            let whole = serde_json::to_value(fit(from, &budget)).expect("writes");
            prop_assert_eq!(serde_json::to_value(fitted.resolved).expect("writes"), whole);
        }
    }

    #[test]
    fn history_has_no_gaps_and_is_at_the_end_or_around_the_linked_event(
        from in gathered(),
        max_tokens in 200usize..5_000,
    ) {
        let resolved = fit(from.clone(), &budget(max_tokens, ResolveFormat::Both));
        let shown = resolved.recent_events.len();
        let position = |seq: u64| from.recent_events.iter().position(|event| event.seq == seq).expect("gathered");
        let all = from.recent_events.len();
        let focus = from.focus.as_ref().map(|id| from.recent_events.iter().position(|e| e.id == *id).expect("there"));
        if let (Some(first), Some(last)) = (resolved.recent_events.first(), resolved.recent_events.last()) {
            let (first, last) = (position(first.seq), position(last.seq));
            prop_assert_eq!(last - first + 1, shown);
            match focus {
                None => prop_assert_eq!(last, all - 1),
                Some(focus) => {
                    let (before, after) = (focus.checked_sub(first).expect("in it"), last - focus);
                    let balanced = before.abs_diff(after) <= 1;
                    prop_assert!(balanced || first == 0 || last == all - 1, "{} {}", before, after);
                }
            }
        } else if focus.is_some() && max_tokens >= 1_000 {
            prop_assert!(!waiting(&from).is_empty());
        }
    }
}
