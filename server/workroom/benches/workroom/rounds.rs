//! Runs a floor and a figure in turn, so that both see the same load on the machine.

use std::time::{Duration, Instant};

use crate::Outcome;

/// The measurements of a figure and its floor, by round.
pub struct Rounds {
    pub floors: Vec<f64>,
    pub figures: Vec<f64>,
}

impl Rounds {
    /// Runs both in turn, after one warm-up round of each.
    pub fn run(
        count: usize,
        mut floor: impl FnMut() -> Outcome<f64>,
        mut figure: impl FnMut() -> Outcome<f64>,
    ) -> Outcome<Self> {
        floor()?;
        figure()?;
        let mut rounds = Self { floors: Vec::new(), figures: Vec::new() };
        for _ in 0..count {
            rounds.floors.push(floor()?);
            rounds.figures.push(figure()?);
        }
        Ok(rounds)
    }

    /// The ratio of each round.
    pub fn ratios(&self) -> Vec<f64> {
        self.figures.iter().zip(&self.floors).map(|(figure, floor)| figure / floor).collect()
    }
}

/// Returns the median.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[length / 2],
        length => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
    }
}

/// Returns the duration of one of `count` operations: the median, in seconds. Other programs on the machine interrupt
/// some operations for longer than many operations take together.
pub fn each(count: usize, mut operation: impl FnMut(usize) -> Outcome<()>) -> Outcome<f64> {
    let mut taken = Vec::with_capacity(count);
    for number in 0..count {
        let begun = Instant::now();
        operation(number)?;
        taken.push(begun.elapsed().as_secs_f64());
    }
    Ok(median(&taken))
}

/// Returns the duration of all the work, in seconds.
pub fn whole(work: impl FnOnce() -> Outcome<()>) -> Outcome<f64> {
    let begun = Instant::now();
    work()?;
    Ok(begun.elapsed().max(Duration::from_nanos(1)).as_secs_f64())
}
