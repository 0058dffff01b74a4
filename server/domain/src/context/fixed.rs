//! The fixed part of the context: the link, the titles and the pending items, in one of several forms.

use std::collections::BTreeMap;

use workroom_protocol::external_ref::ExternalThreadRef;
use workroom_protocol::resolve::{OpenItem, ResolveFormat, Resolved};

use super::clip::{Clips, SHORTEST};
use super::markdown::{self, Window};
use super::rung::{Frame, LADDER, Length, Rung};
use super::shelf::Forms;
use super::{Budget, Gathered, cost};

/// The chosen form and its cost.
pub(super) struct Fixed {
    pub(super) rung: &'static Rung,
    /// The position of the rung in the ladder.
    pub(super) step: usize,
    /// Whether no shorter form exists.
    pub(super) least: bool,
    pub(super) clips: Clips,
    pub(super) cost: usize,
    /// The pending items as Markdown.
    pub(super) waiting: String,
}

/// The pending items, clipped to one length.
struct Waiting {
    length: Length,
    clips: Clips,
    json: usize,
    markdown: String,
}

impl Fixed {
    /// Chooses the fullest form that leaves enough of `room`. `focus` returns the cost of the linked event in a form.
    ///
    /// `totals` has the number of entries of each section, each of which may have to be counted as left out.
    pub(super) fn choose(
        from: &Gathered,
        budget: &Budget,
        depth: usize,
        room: usize,
        totals: &BTreeMap<String, u64>,
        focus: impl Fn(&Rung, Clips) -> usize,
    ) -> Self {
        let last = LADDER.iter().rposition(|rung| applies(rung, from, budget.format)).unwrap_or_default();
        let mut known: Option<Waiting> = None;
        let mut step = 0;
        loop {
            let rung = &LADDER[step];
            if applies(rung, from, budget.format) {
                let clips = Clips::new(budget.max_tokens, depth, budget.format).at(rung);
                let waiting = match known.take() {
                    Some(waiting) if waiting.length == rung.items && waiting.clips == clips => waiting,
                    _ => Waiting::new(from, clips, rung.items, forms(budget.format, Frame::Bare)),
                };
                let cost = frame_cost(from, budget, clips, rung, totals) + waiting.cost(rung, budget.format);
                let needed = if rung.focus { cost + focus(rung, clips) } else { cost };
                let fits = needed <= room / 100 * rung.share + room % 100 * rung.share / 100;
                if fits || step == last {
                    let waiting = waiting.markdown;
                    return Self { rung, step, least: step == last, clips, cost, waiting };
                }
                known = Some(waiting);
            }
            step += 1;
        }
    }
}

/// The formats in which sections are sent.
pub(super) fn forms(format: ResolveFormat, frame: Frame) -> Forms {
    Forms {
        json: format != ResolveFormat::Markdown,
        markdown: format != ResolveFormat::Json && frame >= Frame::Bare,
    }
}

/// Whether a form applies. Markdown without all sections makes sense only if the fields contain the omitted ones, and
/// no Markdown at all would hide that items are pending.
fn applies(rung: &Rung, from: &Gathered, format: ResolveFormat) -> bool {
    let waits =
        !(from.pending_approvals.is_empty() && from.needs_human.is_empty() && from.open_failures.is_empty());
    match rung.frame {
        Frame::None => format == ResolveFormat::Both && !waits,
        Frame::Pointer => format == ResolveFormat::Both,
        Frame::Bare | Frame::Brief | Frame::Full => true,
    }
}

/// The fixed part without the pending items; `truncated` is used as given.
pub(super) fn skeleton(
    from: &Gathered,
    budget: &Budget,
    clips: Clips,
    rung: &Rung,
    truncated: BTreeMap<String, u64>,
) -> Resolved {
    let json = budget.format != ResolveFormat::Markdown;
    let thread = from.thread.as_ref();
    Resolved {
        link: from.link.clone(),
        url: from.link.to_url(),
        workroom: Some(&from.workroom).filter(|_| json && rung.workroom).map(|room| clips.workroom(room)),
        thread_title: thread.map(|thread| clips.title(&thread.title)),
        thread: thread.filter(|_| json && rung.thread).map(|thread| clips.thread(thread)),
        external_ref: about(from, budget).filter(|_| json && rung.about).cloned(),
        external_refs: Vec::new(),
        threads: Vec::new(),
        participants: Vec::new(),
        pending_approvals: Vec::new(),
        needs_human: Vec::new(),
        open_failures: Vec::new(),
        decisions: Vec::new(),
        artifacts: Vec::new(),
        receipts: Vec::new(),
        recent_events: Vec::new(),
        head_seq: from.head_seq,
        truncated,
        markdown: None,
    }
}

/// The thread's main reference, unless its address alone would use much of the budget.
fn about<'a>(from: &'a Gathered, budget: &Budget) -> Option<&'a ExternalThreadRef> {
    let about = from.thread.as_ref()?.external_ref.as_ref()?;
    Some(about).filter(|about| cost::json(about) <= budget.max_tokens.saturating_mul(cost::TOKEN) / 8)
}

/// A pending item, clipped to one length.
pub(super) fn item(from: &Gathered, clips: Clips, length: Length, item: &OpenItem) -> OpenItem {
    let text = match length {
        Length::Roomy => clips.text * 3 / 2,
        Length::Middle => (clips.text * 3 / 4).max(SHORTEST),
        Length::Short | Length::Lean => SHORTEST,
    };
    let mut item = Clips { text, ..clips }.item(item);
    if length == Length::Lean {
        item.agent = None;
        item.thread_id = item.thread_id.filter(|thread| from.link.thread_id.as_ref() != Some(thread));
    }
    item
}

impl Waiting {
    fn new(from: &Gathered, clips: Clips, length: Length, forms: Forms) -> Self {
        let mut all = Self { length, clips, json: 0, markdown: String::new() };
        for (title, items) in [
            ("Pending approvals", &from.pending_approvals),
            ("Open questions", &from.needs_human),
            ("Open failures", &from.open_failures),
        ] {
            if items.is_empty() {
                continue;
            }
            let count = items.len() as u64;
            if forms.markdown {
                all.markdown.push_str(&markdown::heading(title, count, count, false));
            }
            for one in items {
                let piece = forms.piece(&item(from, clips, length, one), |item| {
                    markdown::lines::waiting(item, from.link.thread_id.is_none())
                });
                all.json += piece.cost - cost::text(&piece.markdown);
                all.markdown.push_str(&piece.markdown);
            }
        }
        all
    }

    fn cost(&self, rung: &Rung, format: ResolveFormat) -> usize {
        let markdown = if forms(format, rung.frame).markdown { cost::text(&self.markdown) } else { 0 };
        self.json + markdown
    }
}

fn frame_cost(
    from: &Gathered,
    budget: &Budget,
    clips: Clips,
    rung: &Rung,
    totals: &BTreeMap<String, u64>,
) -> usize {
    let mut frame = skeleton(from, budget, clips, rung, totals.clone());
    if budget.format != ResolveFormat::Json && rung.frame != Frame::None {
        let mut markdown = markdown::head(from, clips, rung.frame);
        let widest = Window::widest(from, budget.format == ResolveFormat::Markdown);
        markdown.push_str(&markdown::guide(from, rung.frame, &widest));
        frame.markdown = Some(markdown);
    }
    cost::json(&frame)
}
