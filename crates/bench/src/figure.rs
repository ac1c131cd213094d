//! What a figure is, and how it is printed: one JSON object a line.

mod beside;

use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::Number;

use crate::Outcome;

/// The median of some runs, with the smallest and the largest beside it.
#[derive(Debug, Serialize)]
pub struct Figure {
    figure: String,
    value: Number,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ours: Option<Side>,
    n: usize,
    spread: [Number; 2],
}

/// One side of a comparison.
#[derive(Debug, Serialize)]
struct Side {
    #[serde(skip_serializing_if = "Option::is_none")]
    what: Option<&'static str>,
    value: Number,
    unit: &'static str,
}

impl Figure {
    /// One value a run.
    pub fn new(name: impl Into<String>, unit: &'static str, runs: &[f64]) -> Self {
        let smallest = runs.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = runs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        Self {
            figure: name.into(),
            value: number(median(runs)),
            unit,
            baseline: None,
            ours: None,
            n: runs.len(),
            spread: [number(smallest), number(largest)],
        }
    }

    /// How many times the baseline we reach. Both were measured in each round, one after the other, so the ratio is
    /// taken round by round: what disturbs the machine disturbs both.
    pub fn ratio(
        name: impl Into<String>,
        what: &'static str,
        unit: &'static str,
        baseline: &[f64],
        ours: &[f64],
    ) -> Self {
        let ratios: Vec<f64> = baseline.iter().zip(ours).map(|(baseline, ours)| ours / baseline).collect();
        Self {
            baseline: Some(Side { what: Some(what), value: number(median(baseline)), unit }),
            ours: Some(Side { what: None, value: number(median(ours)), unit }),
            ..Self::new(name, "ratio", &ratios)
        }
    }

    #[expect(clippy::print_stdout, reason = "figures go to standard output")]
    pub fn print(&self) -> Outcome {
        println!("{}", serde_json::to_string(self)?);
        Ok(())
    }
}

/// What a person who waits should know; figures are on standard output.
#[expect(clippy::print_stderr, reason = "notes go to standard error, beside the figures")]
pub fn say(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::disallowed_methods, reason = "measuring is what this program does")]
pub fn instant() -> Instant {
    Instant::now()
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median(runs: &[f64]) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(below), Some(above)) if sorted.len().is_multiple_of(2) => f64::midpoint(*below, *above),
        (_, Some(middle)) => *middle,
        (_, None) => f64::NAN,
    }
}

/// With four digits that mean something; whole numbers stay whole.
fn number(value: f64) -> Number {
    let rounded = if value == 0.0 {
        0.0
    } else {
        let digits = (3.0 - value.abs().log10().floor()).clamp(0.0, 6.0);
        let scale = 10_f64.powf(digits);
        (value * scale).round() / scale
    };
    if rounded.fract() == 0.0 {
        Number::from(rounded as i64)
    } else {
        Number::from_f64(rounded).unwrap_or_else(|| Number::from(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_of_odd_and_even_runs() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert!(median(&[]).is_nan());
    }

    #[test]
    fn a_figure_is_one_line() {
        let figure = Figure::ratio("x.sqlite", "floor", "req/s", &[9_000.4, 10_000.0], &[3_600.0, 4_500.0]);
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"figure":"x.sqlite","value":0.425,"unit":"ratio","baseline":{"what":"floor","value":9500,"unit":"req/s"},"ours":{"value":4050,"unit":"req/s"},"n":2,"spread":[0.4,0.45]}"#
        );
        let figure = Figure::new("y", "changes", &[0.0]);
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"figure":"y","value":0,"unit":"changes","n":1,"spread":[0,0]}"#
        );
    }
}
