//! The secrets of a text as ranges, and the markers that take their place.

pub(super) const MARKER: &str = "[redacted:";

/// A secret: where it is, what it is, and how much its rule knows. Of several rules the one that knows most names it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub start: usize,
    pub end: usize,
    pub kind: &'static str,
    pub rank: u8,
}

/// The ranges of the markers in `text`.
pub(super) fn markers(text: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    memchr::memmem::find_iter(text, MARKER).filter_map(|start| {
        let kind = &text[start + MARKER.len()..];
        let len = kind
            .iter()
            .take(41)
            .take_while(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || **b == b'_')
            .count();
        let closed = (1..=40).contains(&len) && kind.get(len) == Some(&b']');
        closed.then_some((start, start + MARKER.len() + len + 1))
    })
}

/// The spans from left to right, none touching another, none cutting through a marker of `text`.
pub(super) fn merged(mut spans: Vec<Span>, text: &[u8]) -> Vec<Span> {
    spare_markers(&mut spans, text);
    spans.sort_by_key(|span| (span.start, span.end));
    let mut merged: Vec<Span> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut().filter(|last| span.start < last.end) {
            Some(last) => {
                if span.rank > last.rank {
                    (last.kind, last.rank) = (span.kind, span.rank);
                }
                last.end = last.end.max(span.end);
            }
            None => merged.push(span),
        }
    }
    merged
}

fn spare_markers(spans: &mut Vec<Span>, text: &[u8]) {
    let markers: Vec<_> = markers(text).collect();
    spans.retain_mut(|span| {
        let from = markers.partition_point(|(_, end)| *end <= span.start);
        let touched = &markers[from..];
        if let Some((start, end)) = touched.first().filter(|(start, _)| *start < span.start)
            && *start < span.end
        {
            span.start = span.start.max(*end);
        }
        if let Some((start, _)) = touched.iter().take_while(|(start, _)| *start < span.end).last()
            && let Some((_, end)) = touched.iter().find(|(s, _)| s == start)
            && *end > span.end
        {
            span.end = *start;
        }
        span.start < span.end
    });
}
