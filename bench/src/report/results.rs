//! Everything that was measured, and whether it is what it should be.

pub(crate) use super::quantity::{Bound, CLIENT, OURS, Quantity, WEECHAT};

/// One value.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) quantity: Quantity,
    /// Whose, or under which circumstances.
    pub(crate) who: String,
    pub(crate) value: f64,
}

/// All values of a run, in the order in which they were measured.
#[derive(Clone, Debug, Default)]
pub(crate) struct Results {
    pub(crate) values: Vec<Value>,
    /// What could not be measured, and why.
    pub(crate) missing: Vec<String>,
    /// The machine and the circumstances, one line each.
    pub(crate) facts: Vec<String>,
}

/// A target, and whether it was reached.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Verdict {
    /// The target in words.
    pub(crate) target: String,
    /// `None`: what it compares with was not measured.
    pub(crate) reached: Option<bool>,
}

impl Results {
    /// Takes in a value.
    pub(crate) fn add(&mut self, quantity: Quantity, who: &str, value: f64) {
        self.values.push(Value { quantity, who: who.to_owned(), value });
    }

    /// Notes that something could not be measured.
    pub(crate) fn miss(&mut self, what: &str, why: &anyhow::Error) {
        self.missing.push(format!("{what}: {why:#}"));
    }

    /// The value of a quantity.
    pub(crate) fn value(&self, quantity: Quantity, who: &str) -> Option<f64> {
        let found = self.values.iter().find(|value| value.quantity == quantity && value.who == who);
        found.map(|value| value.value)
    }

    /// The values by quantity, in the table's order; within one, as they were measured.
    pub(crate) fn by_quantity(&self) -> Vec<(Quantity, Vec<&Value>)> {
        let all = Quantity::ALL.iter().map(|quantity| {
            (*quantity, self.values.iter().filter(|value| value.quantity == *quantity).collect::<Vec<_>>())
        });
        all.filter(|(_, values)| !values.is_empty()).collect()
    }

    /// A value as a multiple of what its quantity is compared with.
    pub(crate) fn ratio(&self, value: &Value) -> Option<f64> {
        let base = self.value(value.quantity, value.quantity.base()?)?;
        (base != 0.0).then(|| value.value / base)
    }

    /// How a value stands to its targets.
    pub(crate) fn verdicts(&self, value: &Value) -> Vec<Verdict> {
        let bounds = value.quantity.bounds();
        bounds
            .iter()
            .filter(|(who, _)| *who == value.who || *who == "*")
            .map(|(_, bound)| self.verdict(value, *bound))
            .collect()
    }

    fn verdict(&self, value: &Value, bound: Bound) -> Verdict {
        let unit = value.quantity.unit();
        let compare = |quantity, who| self.value(quantity, who);
        match bound {
            Bound::Max(most) => Verdict { target: format!("≤ {most} {unit}"), reached: Some(value.value <= most) },
            Bound::MaxTimes(times, quantity, who) => Verdict {
                target: format!("≤ {times} × {who}"),
                reached: compare(quantity, who).map(|other| value.value <= times * other),
            },
            Bound::MinTimes(times, quantity, who) => Verdict {
                target: format!("≥ {times} × {who}"),
                reached: compare(quantity, who).map(|other| value.value >= times * other),
            },
            Bound::MaxPlus(more, quantity, who) => Verdict {
                target: format!("≤ {} + {more} {unit}", quantity.name()),
                reached: compare(quantity, who).map(|other| value.value <= other + more),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_compare_within_one_run() {
        let mut results = Results::default();
        results.add(Quantity::FanoutCpu, "floor", 4.0);
        results.add(Quantity::FanoutCpu, OURS, 5.0);
        let ours = results.values[1].clone();
        assert_eq!(results.ratio(&ours), Some(1.25));
        let verdicts = results.verdicts(&ours);
        assert_eq!(verdicts[0].reached, Some(false), "{verdicts:?}");
        assert_eq!(verdicts[1].reached, None, "Socket.IO was not measured");
    }
}
