//! A figure that is what we take, with what the baseline takes beside it: for times that have a bound.

use super::{Figure, Side, median, number};

impl Figure {
    /// One value a run for each side; the value of the figure is ours.
    pub fn beside(
        name: impl Into<String>,
        what: &'static str,
        unit: &'static str,
        baseline: &[f64],
        ours: &[f64],
    ) -> Self {
        Self {
            baseline: Some(Side { what: Some(what), value: number(median(baseline)), unit }),
            ours: Some(Side { what: None, value: number(median(ours)), unit }),
            ..Self::new(name, unit, ours)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_is_ours() {
        let figure = Figure::beside("x_ms", "one statement", "ms", &[1.0, 2.0, 3.0], &[4.0, 6.0, 5.0]);
        assert_eq!(
            serde_json::to_string(&figure).unwrap(),
            r#"{"figure":"x_ms","value":5,"unit":"ms","baseline":{"what":"one statement","value":2,"unit":"ms"},"ours":{"value":5,"unit":"ms"},"n":3,"spread":[4,6]}"#
        );
    }
}
