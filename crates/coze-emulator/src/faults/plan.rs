//! Which call gets which fault.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;

use super::fault::Fault;

/// A fault to come.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Armed {
    /// Its words.
    fault: String,
    /// Calls that still pass before it.
    passes: u32,
    /// Calls that it still hits.
    hits: u32,
}

/// Faults to come.
#[derive(Debug, Default)]
pub(crate) struct Plan(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    queued: Vec<Fault>,
    random: Option<Random>,
}

#[derive(Debug)]
struct Random {
    numbers: fastrand::Rng,
    share: f64,
    faults: Vec<Fault>,
}

impl Plan {
    pub(crate) fn new(queued: Vec<Fault>) -> Self {
        Self(Mutex::new(Inner {
            queued,
            random: None,
        }))
    }

    /// Hits a share of all calls with one of the faults; the same seed draws the same ones.
    pub(crate) fn with_random(self, seed: u64, share: f64, faults: Vec<Fault>) -> Self {
        self.lock().random = Some(Random {
            numbers: fastrand::Rng::with_seed(seed),
            share,
            faults,
        });
        self
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.lock().queued.push(fault);
    }

    /// The faults that calls will get, in the order in which they were added, without the random ones.
    pub(crate) fn armed(&self) -> Vec<Armed> {
        let inner = self.lock();
        let armed = inner.queued.iter().map(|fault| Armed {
            fault: fault.text.clone(),
            passes: fault.after.unwrap_or(0),
            hits: fault.times.unwrap_or(1),
        });
        armed.collect()
    }

    pub(crate) fn clear(&self) {
        *self.lock() = Inner::default();
    }

    /// The fault of the next call of a path.
    pub(crate) fn next(&self, path: &str) -> Option<Fault> {
        let mut inner = self.lock();
        let mut hit = None;
        inner.queued.retain_mut(|fault| {
            if hit.is_some() || !fault.hits(path) {
                return true;
            }
            if let Some(after) = fault.after.filter(|after| *after > 0) {
                fault.after = Some(after - 1);
                return true;
            }
            let left = fault.times.unwrap_or(1);
            if left > 0 {
                hit = Some(fault.clone());
            }
            fault.times = Some(left.saturating_sub(1));
            left > 1
        });
        if hit.is_some() {
            return hit;
        }
        let random = inner.random.as_mut()?;
        // Drawn for every call, so that a sequence of calls has a sequence of faults.
        if random.numbers.f64() >= random.share {
            return None;
        }
        let faults: Vec<_> = random
            .faults
            .iter()
            .filter(|fault| fault.hits(path))
            .collect();
        let drawn = random.numbers.choice(faults)?;
        Some(drawn.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(plan: &Plan, calls: usize) -> Vec<bool> {
        (0..calls).map(|_| plan.next("/v1/a").is_some()).collect()
    }

    #[test]
    fn a_fault_waits_repeats_and_is_used_up() {
        let plan = Plan::new(vec!["on=/v1/a after=1 times=2 close".parse().unwrap()]);
        assert!(plan.next("/v1/b").is_none());
        assert_eq!(hits(&plan, 4), [false, true, true, false]);
    }

    #[test]
    fn random_faults_repeat_with_their_seed() {
        let draw = |seed| {
            hits(
                &Plan::default().with_random(seed, 0.3, vec![Fault::default()]),
                1_000,
            )
        };
        assert_eq!(draw(1), draw(1));
        assert_ne!(draw(1), draw(2));
        let hit = draw(1).into_iter().filter(|hit| *hit).count();
        assert!((250..350).contains(&hit), "{hit}");
    }
}
