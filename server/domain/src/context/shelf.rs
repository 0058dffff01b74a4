//! Sections that fill the remaining room, entry by entry.

use serde::Serialize;

use super::cost;
use super::markdown::heading;

/// A section whose entries can be left out. The variants are in the order in which sections get their first entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    ExternalRefs,
    Threads,
    Participants,
    Receipts,
    Artifacts,
    Decisions,
    RecentEvents,
}

impl Section {
    /// The sections before the pending items in Markdown, which give the background for them.
    pub(super) const BEFORE_WHAT_WAITS: [Self; 3] = [Self::ExternalRefs, Self::Participants, Self::Threads];
    /// The sections after the pending items in Markdown, which list results so far.
    pub(super) const AFTER_WHAT_WAITS: [Self; 3] = [Self::Decisions, Self::Receipts, Self::Artifacts];

    /// The name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ExternalRefs => "external_refs",
            Self::Threads => "threads",
            Self::Participants => "participants",
            Self::Receipts => "receipts",
            Self::Artifacts => "artifacts",
            Self::Decisions => "decisions",
            Self::RecentEvents => "recent_events",
        }
    }

    /// The heading in Markdown.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::ExternalRefs => "What it is about",
            Self::Threads => "Threads",
            Self::Participants => "Participants",
            Self::Receipts => "Receipts",
            Self::Artifacts => "Artifacts",
            Self::Decisions => "Decisions",
            Self::RecentEvents => "Latest events",
        }
    }
}

/// The formats in which an entry is sent, which determine its cost.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forms {
    pub(super) json: bool,
    pub(super) markdown: bool,
}

impl Forms {
    /// The cost of `value` as a list element and as Markdown, and its Markdown.
    pub(super) fn piece<T: Serialize>(self, value: &T, line: impl FnOnce(&T) -> String) -> Piece {
        let markdown = if self.markdown { line(value) } else { String::new() };
        let comma = 1;
        let json = if self.json { cost::json(value) + comma } else { 0 };
        Piece { cost: json + cost::text(&markdown), markdown }
    }

    /// The cost of the section's heading.
    pub(super) fn heading(self, title: &str, total: u64) -> usize {
        if self.markdown { cost::text(&heading(title, total, total, true)) } else { 0 }
    }
}

/// An entry with its cost.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) cost: usize,
    pub(super) markdown: String,
}

/// A section and its first entries, which are shown.
pub(super) struct Shelf<'a> {
    pub(super) section: Section,
    /// How many entries exist, gathered or not.
    pub(super) total: u64,
    gathered: usize,
    heading: usize,
    price: Box<dyn Fn(usize) -> Piece + 'a>,
    /// The next entry, if it was priced but did not fit.
    next: Option<Piece>,
    shown: Vec<Piece>,
}

impl<'a> Shelf<'a> {
    /// A section that shows no entries yet. `price` returns the entry at an index below `gathered` with its cost.
    pub(super) fn new(
        section: Section,
        gathered: usize,
        more: u64,
        forms: Forms,
        price: impl Fn(usize) -> Piece + 'a,
    ) -> Self {
        let total = (gathered as u64).saturating_add(more);
        let heading = forms.heading(section.title(), total);
        Self { section, total, gathered, heading, price: Box::new(price), next: None, shown: Vec::new() }
    }

    /// How many entries are shown.
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    /// The Markdown of the shown entries.
    pub(super) fn lines(&self) -> impl Iterator<Item = &str> {
        self.shown.iter().map(|piece| piece.markdown.as_str())
    }

    /// Discards the price of the next entry, whose text can depend on what is shown elsewhere.
    pub(super) fn reprice(&mut self) {
        self.next = None;
    }

    /// Shows the next entry if there is one and it fits `room`. Returns its cost.
    fn take(&mut self, room: usize) -> Option<usize> {
        if self.shown.len() == self.gathered {
            return None;
        }
        let piece = self.next.take().unwrap_or_else(|| (self.price)(self.shown.len()));
        let cost = piece.cost + if self.shown.is_empty() { self.heading } else { 0 };
        if cost > room {
            self.next = Some(piece);
            return None;
        }
        self.shown.push(piece);
        Some(cost)
    }
}

/// Shows entries of all sections in turn, one from each, while there is `room`. Returns the remaining room.
pub(super) fn fill(shelves: &mut [Shelf<'_>], mut room: usize) -> usize {
    loop {
        let before = room;
        for shelf in shelves.iter_mut() {
            room -= shelf.take(room).unwrap_or(0);
        }
        if room == before {
            return room;
        }
    }
}
