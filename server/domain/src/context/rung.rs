//! The forms of the fixed part, from fullest to shortest.

/// How much Markdown surrounds the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frame {
    /// No Markdown.
    None,
    /// A title and the number of pending items, without sections.
    Pointer,
    /// A title and the sections.
    Bare,
    /// Also the link and how to ask for more.
    Brief,
    /// Also an introduction and how to respond.
    Full,
}

/// The length of pending items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Longer than other texts.
    Roomy,
    /// Half of `Roomy`.
    Middle,
    /// The shortest texts.
    Short,
    /// The shortest texts, without the agent, and without the thread when the link names it.
    Lean,
}

/// One form of the fixed part.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rung {
    /// The maximum share of the budget that this form may cost, in percent. Fuller forms must leave more for history.
    pub(super) share: usize,
    /// The length of pending items.
    pub(super) items: Length,
    /// How much Markdown there is.
    pub(super) frame: Frame,
    /// Whether `workroom` is included.
    pub(super) workroom: bool,
    /// Whether `thread` is included.
    pub(super) thread: bool,
    /// Whether `external_ref` is included.
    pub(super) about: bool,
    /// Whether the linked event is included.
    pub(super) focus: bool,
}

const FULLEST: Rung = Rung {
    share: 60,
    items: Length::Roomy,
    frame: Frame::Full,
    workroom: true,
    thread: true,
    about: true,
    focus: true,
};
const BARE: Rung = Rung {
    share: 100,
    items: Length::Lean,
    frame: Frame::Bare,
    workroom: false,
    thread: false,
    about: false,
    focus: true,
};

/// The forms, fullest first. The last one fits 200 tokens if nothing is pending.
pub(super) const LADDER: [Rung; 11] = [
    FULLEST,
    Rung { items: Length::Middle, ..FULLEST },
    Rung { share: 65, items: Length::Short, frame: Frame::Brief, ..FULLEST },
    Rung { share: 70, items: Length::Short, frame: Frame::Brief, workroom: false, ..FULLEST },
    Rung { share: 85, items: Length::Short, frame: Frame::Brief, workroom: false, thread: false, ..FULLEST },
    Rung { items: Length::Short, ..BARE },
    BARE,
    Rung { frame: Frame::Pointer, ..BARE },
    Rung { focus: false, ..BARE },
    Rung { frame: Frame::Pointer, focus: false, ..BARE },
    Rung { frame: Frame::None, focus: false, ..BARE },
];
