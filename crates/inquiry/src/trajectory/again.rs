//! The trajectory estimated again from readings that were put right.
//!
//! Owns: [`Again`], [`Settled`]. Does not own: the passes (`trajectory`), what is put right (`motion`).
//! As programmed: what does not change with the readings is prepared once; the first passes, which only lead to the right
//! place, use one report of [`EVERY`] and how errors move is kept from the first; no covariance, no impact. Around a motion
//! that settled under nearly the same readings one pass is enough.

use super::*;

/// Share of the reports that the first passes use.
const EVERY: usize = 4;
/// Passes: resolution of the ground, m; one report of so many.
const PASSES: [(f64, usize); 3] = [(500.0, EVERY), (150.0, EVERY), (RESOLUTION_M, 1)];
/// Those of a coarse estimate: around what the first one leaves the second meets the ground where the beams did.
const COARSE: [usize; 2] = [0, 0];

/// Where an estimate settled.
pub(crate) struct Settled {
    start: Pose,
    mean: Errors,
    poses: Vec<Pose>,
}

/// What all estimates of one flight share.
pub(crate) struct Again<'a> {
    mission: &'a Mission,
    evidence: &'a Evidence,
    replayed: &'a Replayed,
    trust: &'a Trust,
    prior: Prior,
    expect: [Expect<'a>; PASSES.len()],
    received: inertial::Received,
    measured: Vec<Measured>,
}

impl<'a> Again<'a> {
    /// Ready to estimate.
    pub(crate) fn of(
        mission: &'a Mission,
        evidence: &'a Evidence,
        replayed: &'a Replayed,
        trust: &'a Trust,
    ) -> Self {
        let prior = Prior::of(mission);
        let expect = PASSES.map(|(resolution_m, _)| Expect::at_resolution(mission, resolution_m));
        let received = inertial::received(evidence, trust, mission.nav.t);
        let measured = readings::collect(evidence, trust, &times(mission, &received.steps));
        Self { mission, evidence, replayed, trust, prior, expect, received, measured }
    }

    /// Estimates from readings put right by `steps` and `reports`.
    ///
    /// - `around`: where it settled with nearly the same readings.
    pub(crate) fn estimate(
        &self,
        steps: impl Fn(&mut Step),
        reports: impl Fn(&mut Measured),
        around: Option<&Settled>,
    ) -> Option<(Linear, Settled)> {
        let first = if around.is_some() { PASSES.len() - 1 } else { 0 };
        let passes: Vec<usize> = (first..PASSES.len()).collect();
        self.passes(&self.read(steps, reports), around, &passes)
    }

    /// The same over the coarsest ground alone: quick, and not led astray by craters.
    pub(crate) fn coarse(
        &self,
        steps: impl Fn(&mut Step),
        reports: impl Fn(&mut Measured),
    ) -> Option<Linear> {
        Some(self.passes(&self.read(steps, reports), None, &COARSE)?.0)
    }

    fn read(&self, steps: impl Fn(&mut Step), reports: impl Fn(&mut Measured)) -> Read {
        let mut put_right = self.received.steps.clone();
        put_right.iter_mut().for_each(steps);
        let bias_m_s2 = bias_m_s2(self.mission);
        let steps = inertial::filled(put_right, &self.received, self.replayed, bias_m_s2);
        let mut measured = self.measured.clone();
        measured.iter_mut().for_each(reports);
        Read { steps, measured }
    }

    /// Some passes of [`PASSES`], one after the other.
    fn passes(
        &self,
        read: &Read,
        around: Option<&Settled>,
        passes: &[usize],
    ) -> Option<(Linear, Settled)> {
        let (mut start, mut mean, mut poses) = match around {
            Some(Settled { start, mean, poses }) => (*start, *mean, poses.clone()),
            None => (planned(self.mission), [0.0; N], Vec::new()),
        };
        let (mut plans, mut linear) = (None, None);
        for pass in passes {
            let (expect, (_, every)) = (&self.expect[*pass], PASSES[*pass]);
            let parts = (read, expect, &self.prior);
            let estimator = Estimator::of(self.mission, self.evidence, self.trust, parts);
            let way = Way { every, whole: false, plans: plans.take() };
            let done = estimator.pass(&start, &mean, &poses, way);
            done.settle(&mut start, &mut mean);
            poses = done.poses();
            plans = Some(done.plans);
            linear = Some(done.linear);
        }
        Some((linear?, Settled { start, mean, poses }))
    }
}
