//! Welch's t-test: do two samples have the same mean, whatever their variances?

/// Measured values.
pub(crate) struct Sample(Vec<f64>);

impl Sample {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(crate) fn add(&mut self, value: f64) {
        self.0.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn mean(&self) -> f64 {
        self.0.iter().sum::<f64>() / self.0.len() as f64
    }

    /// The unbiased estimate.
    pub(crate) fn variance(&self) -> f64 {
        let mean = self.mean();
        self.0.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (self.0.len() as f64 - 1.0)
    }

    fn variance_of_mean(&self) -> f64 {
        self.variance() / self.0.len() as f64
    }
}

/// t and its degrees of freedom (Welch and Satterthwaite).
pub(crate) fn t(one: &Sample, other: &Sample) -> (f64, f64) {
    let (a, b) = (one.variance_of_mean(), other.variance_of_mean());
    let freedom = |part: f64, sample: &Sample| part * part / (sample.len() as f64 - 1.0);
    (
        (one.mean() - other.mean()) / (a + b).sqrt(),
        (a + b).powi(2) / (freedom(a, one) + freedom(b, other)),
    )
}

/// The chance that two samples of one distribution differ by `t` or more, in either direction: one
/// less the integral of Student's density from -|t| to |t|, by Simpson's rule. The density's
/// constant cancels out against the integral over [-60, 60], outside of which nothing that could
/// be printed is left with the hundreds of degrees of freedom here.
pub(crate) fn p(t: f64, freedom: f64) -> f64 {
    let density = |x: f64| (1.0 + x * x / freedom).powf(-(freedom + 1.0) / 2.0);
    let integral = |end: f64| {
        let steps = 20_000;
        let width = end / f64::from(steps);
        let inner = (1..steps)
            .map(|step| density(width * f64::from(step)) * if step % 2 == 0 { 2.0 } else { 4.0 });
        (density(0.0) + inner.sum::<f64>() + density(end)) * width / 3.0
    };
    (1.0 - integral(t.abs().min(60.0)) / integral(60.0)).max(0.0)
}
