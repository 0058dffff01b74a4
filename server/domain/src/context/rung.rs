//! What is always there, from the fullest form to the barest.

/// How much there is of the Markdown around the sections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frame {
    /// No Markdown.
    None,
    /// A title, and how much waits; no sections.
    Pointer,
    /// A title and the sections.
    Bare,
    /// Also the link and how to ask for more.
    Brief,
    /// Also what all this is and how to answer.
    Full,
}

/// How long what waits for somebody is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    /// Longer than what is said elsewhere.
    Roomy,
    /// Half of that.
    Middle,
    /// The shortest texts.
    Short,
    /// The shortest texts, without the agent, and without the thread when the link names it.
    Lean,
}

/// One form of what is always there.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rung {
    /// The form is taken when it costs no more than this share of the budget, in percent.
    /// The fuller the form, the more it has to leave for history.
    pub(super) share: usize,
    /// How long what waits is.
    pub(super) items: Length,
    /// How much there is of the Markdown.
    pub(super) frame: Frame,
    /// Whether `workroom` is there.
    pub(super) workroom: bool,
    /// Whether `thread` is there.
    pub(super) thread: bool,
    /// Whether `external_ref` is there.
    pub(super) about: bool,
    /// Whether the linked event is there.
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

/// The forms, fullest first. The last one fits 200 tokens when nothing waits.
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
