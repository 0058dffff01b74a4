//! Chooses which entries are shown, and how long they are.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use workroom_protocol::event::WorkroomEventKind as Kind;
use workroom_protocol::external_ref::AttachedRef;
use workroom_protocol::id::EventId;
use workroom_protocol::resolve::{OpenItem, ResolveFormat, Resolved};

use super::clip::{Clips, SHORTEST};
use super::fixed::{self, Fixed, forms};
use super::history::History;
use super::markdown::{self, Window, lines};
use super::rung::{Frame, Rung};
use super::shelf::{Forms, Piece, Section, Shelf, fill};
use super::{Budget, Gathered, cost};
use crate::event_text;

/// The chosen entries.
pub(super) struct Plan<'a> {
    from: &'a Gathered,
    budget: &'a Budget,
    fixed: Fixed,
    /// The references that can be shown, in the order in which they get room.
    refs: Vec<&'a AttachedRef>,
    shelves: Vec<Shelf<'a>>,
    history: History<'a>,
    /// The shortest guide, if only that fits.
    guide: String,
    /// What remains of the budget.
    left: usize,
    /// Whether this plan, or one that lost against it, used all gathered events although more exist.
    pub(super) wants_history: bool,
}

/// The plan with the longest texts that still shows nearly as many entries as the plan with short texts.
pub(super) fn best<'a>(from: &'a Gathered, budget: &'a Budget, room: usize) -> Plan<'a> {
    let mut best = Plan::new(from, budget, room, 1);
    let (counts, step) = (best.counts(), best.fixed.step);
    // At the largest depth, texts are as long as any budget allows.
    for depth in [2, 4, 8, 16, 32, 64, 128] {
        let deeper = Plan::new(from, budget, room, depth);
        best.wants_history |= deeper.wants_history;
        let enough = deeper.fixed.step == step
            && deeper.counts().iter().zip(&counts).all(|(deeper, broad)| deeper.is_nearly(broad));
        if !enough {
            break;
        }
        let nothing_was_clipped = deeper.left == best.left;
        best = Plan { wants_history: best.wants_history, ..deeper };
        if nothing_was_clipped {
            break;
        }
    }
    best
}

/// The receipts whose text is in the history.
type Told = Rc<RefCell<HashSet<EventId>>>;

fn tell(told: &Told, history: &History<'_>) {
    let shown = history.events[history.shown()].iter();
    let receipts = shown.filter(|event| matches!(event.kind, Kind::Receipt { .. }));
    told.borrow_mut().extend(receipts.map(|event| event.id.clone()));
}

/// How many entries a section shows, and how many it has.
#[derive(Debug, Clone, Copy)]
struct Count {
    section: Section,
    shown: u64,
    total: u64,
}

impl Count {
    /// Whether this section may replace `broad` so that texts can be longer. It may not if it cuts a complete
    /// section, shows only few entries, or loses many.
    fn is_nearly(&self, broad: &Self) -> bool {
        let few = if self.section == Section::RecentEvents { 8 } else { 3 };
        let enough =
            if broad.shown == broad.total { broad.total } else { few.max(broad.shown - broad.shown / 4) };
        self.shown >= enough.min(broad.shown)
    }
}

impl<'a> Plan<'a> {
    fn new(from: &'a Gathered, budget: &'a Budget, room: usize, depth: usize) -> Self {
        let refs = refs(from, budget);
        let totals = totals(from);
        let at =
            from.focus.as_ref().and_then(|id| from.recent_events.iter().position(|event| event.id == *id));
        let fixed = Fixed::choose(from, budget, depth, room, &totals, |rung, clips| {
            at.map_or(0, |at| event(from, rung, clips, forms(budget.format, rung.frame), at, at).cost)
        });
        let (rung, clips, forms) = (fixed.rung, fixed.clips, forms(budget.format, fixed.rung.frame));
        let limit = match at {
            // A history around the linked event needs that event.
            Some(_) if !rung.focus => 0,
            _ => budget.max_events.unwrap_or(usize::MAX),
        };
        let mut history = History::new(&from.recent_events, from.more_events, at, limit, forms);
        // A receipt can be both in the history and in the list of receipts. Its text appears only in the first of
        // them.
        let told: Told = Rc::default();
        let mut shelves = shelves(from, &refs, clips, forms, &told);
        let price = |index| event(from, rung, clips, forms, index, at.unwrap_or(usize::MAX));

        let mut left = room.saturating_sub(fixed.cost);
        let half = left / 2;
        // First the linked or last event, then the few that every reader needs, then a fair share for the other
        // lists.
        left = history.grow(left, 1, price);
        let mut guide = String::new();
        if forms.markdown || rung.frame == Frame::Pointer {
            let short = markdown::short_guide(from, rung.frame);
            if let Some(rest) = left.checked_sub(cost::text(&short)) {
                (guide, left) = (short, rest);
            }
        }
        let kept = left / 3;
        left = kept + history.grow(left - kept, 3, price);
        tell(&told, &history);
        let others = half.min(left);
        left = left - others + fill(&mut shelves, others);
        let done = shelves.iter().find(|shelf| shelf.section == Section::Receipts).map_or(0, Shelf::len);
        left = history.grow(left, usize::MAX, |index| {
            let receipt = &from.recent_events[index];
            let is_done = matches!(receipt.kind, Kind::Receipt { .. })
                && from.receipts[..done].iter().any(|done| done.event_id == receipt.id);
            if is_done {
                let above = |event: &_| lines::receipt_above(event, &from.recent_events, at == Some(index));
                return forms.piece(&event_clips(rung, clips, at == Some(index)).event(receipt), above);
            }
            price(index)
        });
        tell(&told, &history);
        shelves.iter_mut().for_each(Shelf::reprice);
        left = fill(&mut shelves, left);
        let wants_history = history.ran_out();
        Self { from, budget, fixed, refs, shelves, history, guide, left, wants_history }
    }

    /// Whether nothing more can be left out.
    pub(super) fn is_least(&self) -> bool {
        self.fixed.least && self.guide.is_empty() && self.counts().iter().all(|count| count.shown == 0)
    }

    fn counts(&self) -> Vec<Count> {
        let shelves = self.shelves.iter();
        let history = (Section::RecentEvents, self.history.len(), self.history.total);
        let all = shelves.map(|shelf| (shelf.section, shelf.len(), shelf.total)).chain([history]);
        all.map(|(section, shown, total)| Count { section, shown: shown as u64, total }).collect()
    }

    /// The result.
    pub(super) fn resolved(&self) -> Resolved {
        let Self { from, budget, fixed: Fixed { rung, clips, .. }, .. } = self;
        let truncated = self.counts().into_iter().filter(|count| count.shown < count.total);
        let truncated = truncated.map(|count| (count.section.name().to_owned(), count.total - count.shown));
        let mut answer = fixed::skeleton(from, budget, *clips, rung, truncated.collect());
        if budget.format != ResolveFormat::Json && rung.frame != Frame::None {
            answer.markdown = Some(self.markdown());
        }
        if budget.format == ResolveFormat::Markdown {
            return answer;
        }
        let waiting =
            |items: &[_]| items.iter().map(|one| fixed::item(from, *clips, rung.items, one)).collect();
        answer.pending_approvals = waiting(&from.pending_approvals);
        answer.needs_human = waiting(&from.needs_human);
        answer.open_failures = waiting(&from.open_failures);
        for shelf in &self.shelves {
            let shown = shelf.len();
            match shelf.section {
                Section::ExternalRefs => answer.external_refs = self.shown_refs(shown),
                Section::Threads => answer.threads = first(&from.threads, shown, |t| clips.brief(t)),
                Section::Participants => {
                    answer.participants = first(&from.participants, shown, |p| clips.participant(p));
                }
                Section::Receipts => answer.receipts = first(&from.receipts, shown, |r| clips.item(r)),
                Section::Artifacts => answer.artifacts = first(&from.artifacts, shown, |a| clips.artifact(a)),
                Section::Decisions => answer.decisions = first(&from.decisions, shown, |d| clips.item(d)),
                Section::RecentEvents => {}
            }
        }
        let events = self.history.shown();
        let at = self.history.focus;
        answer.recent_events = events
            .map(|index| event_clips(rung, *clips, at == Some(index)).event(&from.recent_events[index]))
            .collect();
        answer
    }

    /// The first `shown` references, in the order in which they were attached.
    fn shown_refs(&self, shown: usize) -> Vec<AttachedRef> {
        let shown = &self.refs[..shown];
        let attached = self.from.thread.iter().flat_map(|thread| &thread.external_refs);
        let attached = attached.filter(|attached| shown.iter().any(|one| std::ptr::eq(*one, *attached)));
        attached.map(|attached| self.fixed.clips.attached(attached)).collect()
    }

    /// A shown event whose text is clipped, preferably a receipt.
    fn cut(&self) -> Option<EventId> {
        if self.budget.format != ResolveFormat::Markdown {
            return None;
        }
        let (from, Fixed { rung, clips, .. }) = (self.from, &self.fixed);
        let is_cut = |item: &&OpenItem| clips.item(item).text != item.text;
        let done = self.shelves.iter().find(|shelf| shelf.section == Section::Receipts).map_or(0, Shelf::len);
        let waiting = from.pending_approvals.iter().chain(&from.needs_human).chain(&from.open_failures);
        let mut waiting = waiting.filter(|one| fixed::item(from, *clips, rung.items, one).text != one.text);
        let item = from.receipts[..done].iter().find(is_cut).or_else(|| waiting.next());
        let text = |kind: &Kind| event_text::text(kind).map(Cow::into_owned);
        let in_history = || {
            let mut shown = self.history.shown().rev();
            let at = self.history.focus;
            let cut = shown.find(|index| {
                let event = &from.recent_events[*index];
                let clipped = event_clips(rung, *clips, at == Some(*index)).event(event);
                text(&clipped.kind) != text(&event.kind)
            })?;
            Some(from.recent_events[cut].id.clone())
        };
        item.map(|item| item.event_id.clone()).or_else(in_history)
    }

    fn markdown(&self) -> String {
        let (from, Fixed { rung, clips, .. }) = (self.from, &self.fixed);
        let mut text = markdown::head(from, *clips, rung.frame);
        if rung.frame >= Frame::Bare {
            markdown::shelves(&mut text, &self.shelves, &Section::BEFORE_WHAT_WAITS);
            text.push_str(&self.fixed.waiting);
            markdown::shelves(&mut text, &self.shelves, &Section::AFTER_WHAT_WAITS);
            markdown::history(&mut text, &self.history);
            text.push_str(&markdown::guide(from, rung.frame, &Window::of(&self.history, self.cut())));
        }
        text.push_str(&self.guide);
        text.truncate(text.trim_end().len());
        text
    }
}

fn first<T>(list: &[T], count: usize, clip: impl Fn(&T) -> T) -> Vec<T> {
    list.iter().take(count).map(clip).collect()
}

/// The number of entries of each section that has any.
fn totals(from: &Gathered) -> BTreeMap<String, u64> {
    let refs = from.thread.as_ref().map_or(0, |thread| thread.external_refs.len());
    let counts = [
        (Section::ExternalRefs, refs, 0),
        (Section::Threads, from.threads.len(), from.more_threads),
        (Section::Participants, from.participants.len(), from.more_participants),
        (Section::Receipts, from.receipts.len(), from.more_receipts),
        (Section::Artifacts, from.artifacts.len(), from.more_artifacts),
        (Section::Decisions, from.decisions.len(), from.more_decisions),
        (Section::RecentEvents, from.recent_events.len(), from.more_events),
    ];
    let totals = counts.map(|(section, gathered, more)| (section, (gathered as u64).saturating_add(more)));
    totals
        .into_iter()
        .filter(|(_, total)| *total > 0)
        .map(|(s, total)| (s.name().to_owned(), total))
        .collect()
}

/// The references that can be shown: the main reference of the thread first, then the newest. An address cannot be
/// clipped, so references that would use much of the budget are left out.
fn refs<'a>(from: &'a Gathered, budget: &Budget) -> Vec<&'a AttachedRef> {
    // A sixteenth of the budget, but at least 25 tokens, which the shortest references need.
    let most = budget.max_tokens.saturating_mul(cost::TOKEN) / 16 + 100;
    let attached = from.thread.as_ref().map_or(&[][..], |thread| &thread.external_refs);
    let fits = |one: &&AttachedRef| cost::json(&one.target) <= most;
    let mut refs: Vec<_> = attached.iter().rev().filter(fits).collect();
    refs.sort_by_key(|one| !one.primary);
    refs
}

fn shelves<'a>(
    from: &'a Gathered,
    refs: &[&'a AttachedRef],
    clips: Clips,
    forms: Forms,
    told: &Told,
) -> Vec<Shelf<'a>> {
    let told = told.clone();
    let refs = refs.to_vec();
    let attached = from.thread.as_ref().map_or(0, |thread| thread.external_refs.len());
    let item = move |list: &'a [_], index: usize| forms.piece(&clips.item(&list[index]), lines::item);
    vec![
        Shelf::new(Section::ExternalRefs, refs.len(), (attached - refs.len()) as u64, forms, move |index| {
            forms.piece(&clips.attached(refs[index]), lines::attached)
        }),
        Shelf::new(Section::Threads, from.threads.len(), from.more_threads, forms, move |index| {
            forms.piece(&clips.brief(&from.threads[index]), lines::brief)
        }),
        Shelf::new(
            Section::Participants,
            from.participants.len(),
            from.more_participants,
            forms,
            move |index| forms.piece(&clips.participant(&from.participants[index]), lines::participant),
        ),
        Shelf::new(Section::Receipts, from.receipts.len(), from.more_receipts, forms, move |index| {
            let receipt = clips.item(&from.receipts[index]);
            let is_below = told.borrow().contains(&receipt.event_id);
            forms.piece(&receipt, if is_below { lines::receipt_below } else { lines::item })
        }),
        Shelf::new(Section::Artifacts, from.artifacts.len(), from.more_artifacts, forms, move |index| {
            forms.piece(&clips.artifact(&from.artifacts[index]), lines::artifact)
        }),
        Shelf::new(Section::Decisions, from.decisions.len(), from.more_decisions, forms, move |index| {
            item(&from.decisions, index)
        }),
    ]
}

fn event(from: &Gathered, rung: &Rung, clips: Clips, forms: Forms, index: usize, focus: usize) -> Piece {
    let event = event_clips(rung, clips, index == focus).event(&from.recent_events[index]);
    forms.piece(&event, |event| lines::event(event, &from.recent_events, index == focus))
}

/// The lengths for an event. The linked event gets more room than others, if available.
fn event_clips(rung: &Rung, clips: Clips, is_focus: bool) -> Clips {
    let text = match rung.frame {
        Frame::Full if is_focus => clips.text * 4,
        Frame::Full | Frame::Brief => clips.text,
        Frame::Bare | Frame::Pointer | Frame::None => SHORTEST,
    };
    Clips { text, ..clips }
}
