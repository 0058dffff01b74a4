//! The figures, as a table and as JSON.

use serde_json::{Value, json};

use crate::rounds::{Rounds, median};

/// The unit of a number.
#[derive(Clone, Copy)]
pub enum Unit {
    Seconds,
    PerSecond,
    Bytes,
    /// A share of a whole, shown in percent.
    Share,
    Ratio,
}

/// The target of a figure.
#[derive(Clone, Copy)]
pub enum Aim {
    AtMost(f64),
    AtLeast(f64),
}

/// One row of the table.
pub struct Figure {
    name: String,
    unit: Unit,
    floor: Option<f64>,
    value: f64,
    /// The values of all rounds: the ratio to the floor, or the value itself without a floor.
    rounds: Vec<f64>,
    aim: Option<Aim>,
}

impl Figure {
    /// Creates a figure that is judged by its ratio to a floor.
    pub fn against(
        name: impl Into<String>,
        unit: Unit,
        rounds: &Rounds,
        aim: impl Into<Option<Aim>>,
    ) -> Self {
        Self {
            name: name.into(),
            unit,
            floor: Some(median(&rounds.floors)),
            value: median(&rounds.figures),
            rounds: rounds.ratios(),
            aim: aim.into(),
        }
    }

    /// Creates a figure that is judged by itself, by the median of its rounds.
    pub fn alone(name: impl Into<String>, unit: Unit, rounds: Vec<f64>, aim: impl Into<Option<Aim>>) -> Self {
        Self { name: name.into(), unit, floor: None, value: median(&rounds), rounds, aim: aim.into() }
    }

    fn is_met(&self) -> Option<bool> {
        let judged = median(&self.rounds);
        self.aim.map(|aim| match aim {
            Aim::AtMost(most) => judged <= most,
            Aim::AtLeast(least) => judged >= least,
        })
    }

    fn cells(&self) -> [String; 7] {
        let judged = if self.floor.is_some() { Unit::Ratio } else { self.unit };
        let shown = |value: f64| judged.shown(value);
        let least = self.rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let most = self.rounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        [
            self.name.clone(),
            self.floor.map_or(String::new(), |floor| self.unit.shown(floor)),
            self.unit.shown(self.value),
            self.floor.map_or(String::new(), |_| shown(median(&self.rounds))),
            match self.aim {
                Some(Aim::AtMost(most)) => format!("≤ {}", shown(most)),
                Some(Aim::AtLeast(least)) => format!("≥ {}", shown(least)),
                None => String::new(),
            },
            match self.is_met() {
                Some(true) => "met".into(),
                Some(false) => "missed".into(),
                None => String::new(),
            },
            if self.rounds.len() > 1 {
                format!("{} – {}", shown(least), shown(most))
            } else {
                String::new()
            },
        ]
    }

    /// Returns the row for programs: seconds, bytes and shares as plain numbers.
    pub fn json(&self) -> Value {
        let aim = self.aim.map(|aim| match aim {
            Aim::AtMost(most) => json!({"at_most": most}),
            Aim::AtLeast(least) => json!({"at_least": least}),
        });
        json!({
            "name": self.name,
            "unit": self.unit.name(),
            "floor": self.floor,
            "figure": self.value,
            "ratio": self.floor.map(|_| median(&self.rounds)),
            "aim": aim,
            "met": self.is_met(),
            "rounds": self.rounds,
        })
    }
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::PerSecond => "per second",
            Self::Bytes => "bytes",
            Self::Share => "share",
            Self::Ratio => "ratio",
        }
    }

    fn shown(self, value: f64) -> String {
        match self {
            Self::Seconds if value.abs() < 1e-3 => format!("{:.2} µs", value * 1e6),
            Self::Seconds if value.abs() < 1.0 => format!("{:.2} ms", value * 1e3),
            Self::Seconds => format!("{value:.2} s"),
            Self::PerSecond => format!("{value:.0}/s"),
            Self::Bytes => format!("{:.1} MiB", value / 1024.0 / 1024.0),
            Self::Share => format!("{:.4} %", value * 100.0),
            Self::Ratio => format!("{value:.2}"),
        }
    }
}

const HEADER: [&str; 7] = ["what", "floor", "figure", "ratio", "aim", "", "spread of the rounds"];

/// Formats the rows in columns, under a header.
pub fn table(figures: &[Figure]) -> String {
    let rows: Vec<[String; 7]> =
        std::iter::once(HEADER.map(String::from)).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let mut text = String::new();
    for row in &rows {
        let cells = row.iter().zip(widths).enumerate().map(|(column, (cell, width))| match column {
            1..=4 => format!("{cell:>width$}"),
            _ => format!("{cell:<width$}"),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}
