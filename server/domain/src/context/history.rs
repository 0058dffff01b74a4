//! The part of the history that is shown: a run without gaps, at the end or around the linked event.

use std::collections::VecDeque;
use std::ops::Range;

use workroom_protocol::event::WorkroomEvent;

use super::markdown::date;
use super::shelf::{Forms, Piece, Section};

/// The cost of `- `, in quarters of a token.
const MARK: usize = 2;
/// The cost of `2026-11-20 `, in quarters of a token.
const DATE: usize = 11;

/// A run of events.
pub(super) struct History<'a> {
    pub(super) events: &'a [WorkroomEvent],
    /// The index of the linked event.
    pub(super) focus: Option<usize>,
    /// How many conversation events exist, gathered or not.
    pub(super) total: u64,
    pub(super) title: &'static str,
    limit: usize,
    heading: usize,
    shown: Range<usize>,
    pieces: VecDeque<Piece>,
}

impl<'a> History<'a> {
    pub(super) fn new(
        events: &'a [WorkroomEvent],
        more: u64,
        focus: Option<usize>,
        limit: usize,
        forms: Forms,
    ) -> Self {
        let title =
            if focus.is_some() { "Events around the linked event" } else { Section::RecentEvents.title() };
        let total = (events.len() as u64).saturating_add(more);
        let start = focus.unwrap_or(events.len());
        Self {
            events,
            focus,
            total,
            title,
            limit,
            heading: forms.heading(title, total) + if forms.markdown { DATE } else { 0 },
            shown: start..start,
            pieces: VecDeque::new(),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The range of events that are shown, oldest first.
    pub(super) fn shown(&self) -> Range<usize> {
        self.shown.clone()
    }

    /// Each shown event with its Markdown.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&WorkroomEvent, &str)> {
        self.events[self.shown()].iter().zip(self.pieces.iter().map(|piece| piece.markdown.as_str()))
    }

    /// Shows more events, at most `count`, while there is `room`. Returns the remaining room.
    pub(super) fn grow(&mut self, mut room: usize, count: usize, price: impl Fn(usize) -> Piece) -> usize {
        let until = self.len().saturating_add(count).min(self.limit);
        while self.len() < until
            && let Some(index) = self.next()
        {
            let piece = price(index);
            let cost = self.mark(index) + if self.shown.is_empty() { self.heading } else { 0 } + piece.cost;
            if cost > room {
                break;
            }
            room -= cost;
            if index < self.shown.start {
                self.shown.start = index;
                self.pieces.push_front(piece);
            } else {
                self.shown.end = index + 1;
                self.pieces.push_back(piece);
            }
        }
        room
    }

    /// Whether gathering more events would change what is shown: more events would fit, the balance around the linked
    /// event would shift, or a shown reply could name whom it answers.
    pub(super) fn ran_out(&self) -> bool {
        let at_an_end =
            self.shown.start == 0 || (self.focus.is_some() && self.shown.end == self.events.len());
        let grows = at_an_end && self.len() < self.limit;
        let has_more = self.total > self.events.len() as u64;
        has_more && !self.shown.is_empty() && (grows || self.answers_what_is_not_there())
    }

    /// Whether a shown event replies to an event that was not gathered, so that the reply cannot name its author.
    fn answers_what_is_not_there(&self) -> bool {
        let mut answered = self.events[self.shown()].iter().filter_map(|event| event.reply_to.as_ref());
        answered.any(|id| self.events.iter().all(|event| event.id != *id))
    }

    /// The next event to show: the previous one, or alternately the previous and the following one around a linked
    /// event.
    fn next(&self) -> Option<usize> {
        let before = self.shown.start.checked_sub(1);
        let after = Some(self.shown.end).filter(|index| *index < self.events.len());
        match self.focus {
            Some(focus) if self.shown.is_empty() => Some(focus),
            Some(focus) if focus - self.shown.start > self.shown.end - 1 - focus => after.or(before),
            _ => before.or(after),
        }
    }

    /// The cost of the list mark, and of the date if the event before it is of another day. The first shown event
    /// always has a date, whose cost is included in the heading.
    fn mark(&self, index: usize) -> usize {
        if self.heading == 0 {
            return 0;
        }
        let day = |index: usize| date(self.events[index].timestamp);
        let same_day = index.checked_sub(1).is_none_or(|before| day(before) == day(index));
        if same_day { MARK } else { MARK + DATE }
    }
}
