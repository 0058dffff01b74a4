//! Guarantees for readers of the context.
#![allow(clippy::expect_used, reason = "a test fails by panicking")]

use workroom_protocol::actor::{Actor, ActorKind};
use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::external_ref::{AttachedRef, ExternalThreadRef};
use workroom_protocol::resolve::{ResolveFormat, Resolved};
use workroom_protocol::workroom::WorkroomVisibility;

use super::*;
use crate::text::estimate_tokens;

mod fixtures;
mod markdown;
mod properties;

use fixtures::*;

fn fit(gathered: Gathered, budget: &Budget) -> Resolved {
    super::fit(gathered, budget).resolved
}

const FORMATS: [ResolveFormat; 3] = [ResolveFormat::Json, ResolveFormat::Markdown, ResolveFormat::Both];

fn budget(max_tokens: usize, format: ResolveFormat) -> Budget {
    Budget { max_tokens, max_events: None, format }
}

fn both(max_tokens: usize) -> Budget {
    budget(max_tokens, ResolveFormat::Both)
}

fn tokens(resolved: &Resolved) -> usize {
    estimate_tokens(&serde_json::to_string(resolved).expect("writes"))
}

/// The positions of the shown events.
fn seqs(resolved: &Resolved) -> Vec<u64> {
    resolved.recent_events.iter().map(|event| event.seq).collect()
}

fn with_title(title: &str) -> Gathered {
    let mut from = empty();
    from.workroom.title = title.into();
    if let Some(thread) = &mut from.thread {
        thread.title = title.into();
    }
    from
}

fn with_refs(refs: Vec<AttachedRef>) -> Gathered {
    let mut from = empty();
    if let Some(thread) = &mut from.thread {
        thread.external_ref = refs.iter().find(|one| one.primary).map(|one| one.target.clone());
        thread.external_refs = refs;
    }
    from
}

#[test]
fn ten_thousand_events_leave_room_for_everything_else() {
    let resolved = fit(crowded(), &both(2_000));
    assert!(tokens(&resolved) <= 2_000);
    assert_eq!(seqs(&resolved), [9_997, 9_998, 9_999, 10_000]);
    assert_eq!(
        [resolved.pending_approvals.len(), resolved.needs_human.len(), resolved.open_failures.len()],
        [1, 1, 1]
    );
    assert!(!resolved.receipts.is_empty() && !resolved.artifacts.is_empty());
    assert!(!resolved.participants.is_empty() && !resolved.external_refs.is_empty());
    assert!(resolved.workroom.is_some() && resolved.thread.is_some());
    assert_eq!(resolved.truncated["recent_events"], 9_996);
    let markdown = resolved.markdown.expect("markdown");
    assert!(markdown.contains("## Latest events (4 of 10000)\n"), "{markdown}");
    assert!(markdown.contains(r#""before_seq":9997}"#), "{markdown}");
}

#[test]
fn a_larger_budget_shows_more() {
    for format in FORMATS {
        let mut before = 0;
        for max_tokens in [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 100_000] {
            let resolved = fit(crowded(), &budget(max_tokens, format));
            assert!(tokens(&resolved) <= max_tokens, "{format:?} {max_tokens}");
            let shown = 10_000 - resolved.truncated["recent_events"];
            assert!(shown >= before, "{format:?} {max_tokens}: {shown} events after {before}");
            before = shown;
        }
        assert_eq!(before, 200, "{format:?}");
    }
}

#[test]
fn texts_are_whole_if_they_fit() {
    let long = "All of this is to be read. ".repeat(30);
    let from = Gathered {
        recent_events: (1..=3).map(|seq| message(seq, human("alice"), &long)).collect(),
        head_seq: 3,
        ..empty()
    };
    let resolved = fit(from, &budget(4_000, ResolveFormat::Json));
    let whole = Kind::Message { content: long };
    assert!(resolved.recent_events.iter().all(|event| event.kind == whole));
    assert!(resolved.truncated.is_empty());
}

#[test]
fn each_format_has_the_parts_it_names() {
    let json = fit(small(), &budget(10_000, ResolveFormat::Json));
    let markdown = fit(small(), &budget(10_000, ResolveFormat::Markdown));
    let both = fit(small(), &both(10_000));
    assert!(json.markdown.is_none());
    assert_eq!(both.markdown, markdown.markdown);
    let without_markdown = Resolved { markdown: None, ..both };
    let text = |resolved: &Resolved| serde_json::to_string(resolved).expect("writes");
    assert_eq!(text(&without_markdown), text(&json));
    insta::assert_snapshot!(text(&Resolved { markdown: None, ..markdown }));
    insta::assert_json_snapshot!(json);
}

#[test]
fn a_small_room_fits_without_omissions() {
    for format in FORMATS {
        for from in [empty(), Gathered { more_threads: 0, ..whole_workroom(empty()) }] {
            let resolved = fit(from, &budget(2_000, format));
            assert!(resolved.truncated.is_empty(), "{:?}", resolved.truncated);
        }
    }
}

#[test]
fn the_smallest_budget_holds_if_nothing_is_pending() {
    let nothing_waits = |from| Gathered {
        pending_approvals: Vec::new(),
        needs_human: Vec::new(),
        open_failures: Vec::new(),
        ..from
    };
    let titles = ["x".repeat(500), "解析器".repeat(160), "\"\\\u{1}".repeat(160), String::new()];
    for format in FORMATS {
        for title in &titles {
            let from =
                Gathered { head_seq: u64::MAX, more_receipts: u64::MAX, more_events: u64::MAX, ..crowded() };
            let mut from = nothing_waits(from);
            from.workroom.title = title.clone();
            if let Some(thread) = &mut from.thread {
                thread.title = title.clone();
            }
            for from in [from.clone(), focused(from.clone(), 100), whole_workroom(from)] {
                let has_thread = from.thread.is_some();
                let resolved = fit(from, &budget(200, format));
                assert!(tokens(&resolved) <= 200, "{format:?} {title:.10}: {}", tokens(&resolved));
                assert_eq!(resolved.thread_title.is_some(), has_thread);
                assert!(resolved.markdown.is_some() || format != ResolveFormat::Markdown);
            }
        }
    }
}

#[test]
fn pending_items_are_never_left_out() {
    let text = "Delete every branch that was merged. ".repeat(20);
    let approvals: Vec<_> = (1..=500).map(|seq| item(seq, Some("shell"), &text)).collect();
    let ids: Vec<_> = approvals.iter().map(|item| item.event_id.clone()).collect();
    for format in FORMATS {
        let from = Gathered { pending_approvals: approvals.clone(), ..crowded() };
        let resolved = fit(from, &budget(200, format));
        assert_eq!(resolved.truncated["recent_events"], 10_000);
        assert!(resolved.workroom.is_none() && resolved.thread.is_none() && resolved.external_ref.is_none());
        assert!(
            resolved.participants.is_empty() && resolved.receipts.is_empty() && resolved.artifacts.is_empty()
        );
        // About 60 tokens each as JSON, and 35 as Markdown.
        assert!(tokens(&resolved) < 200 + 500 * 70, "{format:?}: {}", tokens(&resolved));
        if format == ResolveFormat::Markdown {
            let markdown = resolved.markdown.expect("markdown");
            assert!(ids.iter().all(|id| markdown.contains(&id.0)));
        } else {
            assert!(resolved.pending_approvals.iter().map(|item| &item.event_id).eq(&ids));
            assert!(resolved.pending_approvals.iter().all(|item| item.text.chars().count() <= 40));
        }
        if format == ResolveFormat::Both {
            let fit = fit(Gathered { pending_approvals: approvals.clone(), ..empty() }, &both(200));
            insta::assert_snapshot!(fit.markdown.expect("says so"));
        }
    }
}

#[test]
fn a_few_pending_items_are_in_fields_and_markdown() {
    let approvals: Vec<_> = (1..=10).map(|seq| item(seq, Some("shell"), "cargo publish")).collect();
    let resolved = fit(Gathered { pending_approvals: approvals.clone(), ..crowded() }, &both(2_000));
    assert!(tokens(&resolved) <= 2_000);
    assert_eq!(resolved.pending_approvals.len(), 10);
    let markdown = resolved.markdown.expect("markdown");
    assert!(approvals.iter().all(|item| markdown.contains(&item.event_id.0)));
}

#[test]
fn history_is_centred_on_the_linked_event() {
    let shown_around = |index: usize, max_events: Option<usize>| {
        let budget = Budget { max_events, ..budget(4_000, ResolveFormat::Json) };
        let from = Gathered { pending_approvals: Vec::new(), ..focused(crowded(), index) };
        let resolved = fit(from, &budget);
        let seqs = seqs(&resolved);
        assert!(seqs.windows(2).all(|pair| pair[0] + 1 == pair[1]), "{seqs:?}");
        let focus = 9_801 + index as u64;
        assert!(seqs.contains(&focus), "{seqs:?}");
        let before = seqs.iter().filter(|seq| **seq < focus).count();
        (before, seqs.len() - before - 1)
    };
    let (before, after) = shown_around(100, None);
    assert!(before >= 4 && before.abs_diff(after) <= 1, "{before} {after}");
    assert_eq!(shown_around(100, Some(1)), (0, 0));
    assert_eq!(shown_around(100, Some(7)), (3, 3));
    // If one side has no more events, the other side gets the room.
    assert_eq!(shown_around(1, Some(7)), (1, 5));
    assert_eq!(shown_around(199, Some(7)), (6, 0));
}

#[test]
fn the_linked_event_can_be_of_any_kind_and_has_more_room() {
    let mut from = crowded();
    let title = "A title that never ends. ".repeat(12);
    from.recent_events[100].kind = Kind::WorkroomCreated {
        title: title.clone(),
        owner: "o".repeat(500),
        workspace: Some("/w".repeat(2_000)),
        repo_identity: None,
        branch: Some("b".repeat(250)),
        visibility: WorkroomVisibility::Shared { allowed_tokens: vec!["tok_1".into(); 100] },
    };
    for format in FORMATS {
        let resolved = fit(focused(from.clone(), 100), &budget(1_500, format));
        assert!(tokens(&resolved) <= 1_500);
        match resolved.markdown {
            Some(markdown) => assert!(
                markdown.contains("(the linked event) coder created the workroom: A title"),
                "{markdown}"
            ),
            None => assert!(seqs(&resolved).contains(&9_901)),
        }
    }
    let resolved = fit(focused(crowded(), 100), &budget(2_000, ResolveFormat::Json));
    let length = |seq| {
        let event = resolved.recent_events.iter().find(|event| event.seq == seq).expect("shown");
        super::super::event_text::text(&event.kind).expect("says something").chars().count()
    };
    assert!(length(9_901) > 2 * length(9_902));
}

#[test]
fn the_event_limit_holds_in_every_format() {
    for format in FORMATS {
        for max_events in [0, 1, 3] {
            let budget = Budget { max_events: Some(max_events), ..budget(100_000, format) };
            for from in [crowded(), focused(crowded(), 100)] {
                let resolved = fit(from, &budget);
                assert_eq!(resolved.truncated["recent_events"], 10_000 - max_events as u64);
            }
        }
    }
}

#[test]
fn the_primary_and_the_newest_references_are_kept() {
    let refs: Vec<_> = (1..=100).map(|number| issue(number, number == 3)).collect();
    let resolved = fit(with_refs(refs), &both(2_000));
    let shown: Vec<_> = resolved.external_refs.iter().map(|one| one.target.clone()).collect();
    let expected: Vec<_> =
        [3].into_iter().chain(102 - shown.len() as u64..=100).map(|n| issue(n, false).target).collect();
    assert!(shown.len() > 3);
    assert_eq!(shown, expected);
    assert_eq!(resolved.truncated["external_refs"], 100 - shown.len() as u64);
    assert_eq!(resolved.external_ref, Some(issue(3, true).target));
}

#[test]
fn an_address_longer_than_the_budget_is_left_out_whole() {
    let url = format!("https://example.com/{}", "long/".repeat(3_000));
    let page = AttachedRef {
        target: ExternalThreadRef::Web { url: url.clone() },
        title: None,
        url: Some(url),
        primary: true,
        attached_at: time(1),
    };
    let from = with_refs(vec![issue(1, false), page]);
    let resolved = fit(from.clone(), &both(2_000));
    assert_eq!(resolved.external_refs, [issue(1, false)]);
    assert_eq!(resolved.truncated["external_refs"], 1);
    assert_eq!(resolved.external_ref, None);
    assert!(resolved.workroom.is_some());
    assert!(fit(from, &budget(100_000, ResolveFormat::Json)).external_ref.is_some());
}

#[test]
fn long_names_and_titles_are_clipped() {
    for (title, format) in FORMATS.into_iter().flat_map(|f| [("t".repeat(500), f), ("題".repeat(500), f)]) {
        let mut from = with_title(&title);
        let actor = Actor { kind: ActorKind::Human, handle: title.clone() };
        from.recent_events = (1..=50).map(|seq| message(seq, actor.clone(), &title)).collect();
        from.participants = vec![participant(&title, 3); 50];
        let resolved = fit(from, &budget(2_000, format));
        assert!(tokens(&resolved) <= 2_000);
        assert!(resolved.thread_title.is_some_and(|title| title.chars().count() <= 100));
        assert!(50 - resolved.truncated["recent_events"] >= 3, "{format:?} {:?}", resolved.truncated);
        assert!(resolved.truncated["participants"] < 50, "{format:?} {:?}", resolved.truncated);
    }
}

#[test]
fn texts_that_cost_more_are_clipped_shorter() {
    let text = "解析器在行尾丢失注释，请检查格式化程序。".repeat(60);
    let mut from = crowded();
    from.recent_events = (9_801..=10_000).map(|seq| message(seq, coder(), &text)).collect();
    for item in from.pending_approvals.iter_mut().chain(&mut from.needs_human).chain(&mut from.receipts) {
        item.text = text.clone();
    }
    for (format, events) in FORMATS.into_iter().zip([4, 8, 3]) {
        let resolved = fit(from.clone(), &budget(2_000, format));
        assert!(tokens(&resolved) <= 2_000);
        let shown = 10_000 - resolved.truncated["recent_events"];
        assert!(shown >= events, "{format:?} {shown}");
    }
}

#[test]
fn the_published_crate_reads_the_answer() {
    for from in [small(), focused(small(), 2), whole_workroom(small()), empty()] {
        let json = serde_json::to_string(&fit(from, &both(2_000))).expect("writes");
        serde_json::from_str::<codewhale_protocol::workroom::WorkroomResolveResponse>(&json).expect(&json);
    }
}
