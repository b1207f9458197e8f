//! Warm-up, then timed rounds in which the contenders take turns, in alternating order.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tokio::task::JoinSet;

type Call = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<f64>> + Send>> + Send + Sync>;

/// One way to make a call. It returns the sum of the records' values, which has to be the same for all.
pub(crate) struct Contender {
    name: String,
    call: Call,
}

impl Contender {
    pub(crate) fn new<F>(name: &str, call: impl Fn() -> F + Send + Sync + 'static) -> Contender
    where
        F: Future<Output = Result<f64>> + Send + 'static,
    {
        Contender { name: name.to_owned(), call: Arc::new(move || Box::pin(call())) }
    }
}

/// What is measured of a contender in one round.
#[derive(Clone, Copy)]
enum Figure {
    CallsPerSecond,
    /// So many tasks, each with one call after the other.
    CallsPerSecondOf(u32),
    MicrosecondsPerRecordOf(u32),
}

pub(crate) struct Rounds {
    length: Duration,
    count: usize,
    pub(crate) measures: Vec<Value>,
}

impl Rounds {
    pub(crate) fn new(length: Duration, count: usize) -> Rounds {
        Rounds { length, count, measures: Vec::new() }
    }

    pub(crate) async fn calls_per_second(&mut self, name: &str, contenders: &[Contender]) -> Result<()> {
        self.measure(name, "calls/s", contenders, Figure::CallsPerSecond).await
    }

    pub(crate) async fn calls_per_second_concurrently(
        &mut self,
        name: &str,
        tasks: u32,
        contenders: &[Contender],
    ) -> Result<()> {
        self.measure(name, "calls/s", contenders, Figure::CallsPerSecondOf(tasks)).await
    }

    pub(crate) async fn microseconds_per_record(
        &mut self,
        name: &str,
        records: u32,
        contenders: &[Contender],
    ) -> Result<()> {
        self.measure(name, "µs/record", contenders, Figure::MicrosecondsPerRecordOf(records)).await
    }

    async fn measure(&mut self, name: &str, unit: &str, contenders: &[Contender], figure: Figure) -> Result<()> {
        eprintln!("Rust: {name}");
        let Some(first) = contenders.first() else { return Ok(()) };
        let sum = (first.call)().await?;
        let mut figures = vec![Vec::new(); contenders.len()];
        for contender in contenders {
            self.round(&contender.call, sum, figure).await?;
        }
        for round in 0..self.count {
            let mut order: Vec<usize> = (0..contenders.len()).collect();
            if round % 2 == 1 {
                order.reverse();
            }
            for index in order {
                figures[index].push(self.round(&contenders[index].call, sum, figure).await?);
            }
        }
        let results = contenders.iter().zip(figures);
        let results: Vec<Value> =
            results.map(|(contender, rounds)| json!({ "name": contender.name, "rounds": rounds })).collect();
        self.measures.push(json!({ "name": name, "unit": unit, "results": results }));
        Ok(())
    }

    async fn round(&self, call: &Call, sum: f64, figure: Figure) -> Result<f64> {
        match figure {
            Figure::CallsPerSecond => Ok(1.0 / seconds_per_call(call, sum, self.length).await?),
            Figure::MicrosecondsPerRecordOf(records) => {
                Ok(seconds_per_call(call, sum, self.length).await? * 1e6 / f64::from(records))
            }
            Figure::CallsPerSecondOf(tasks) => {
                let mut all = JoinSet::new();
                for _ in 0..tasks {
                    let (call, length) = (Arc::clone(call), self.length);
                    all.spawn(async move { seconds_per_call(&call, sum, length).await });
                }
                let each = all.join_all().await.into_iter().collect::<Result<Vec<f64>>>()?;
                Ok(each.into_iter().map(f64::recip).sum())
            }
        }
    }
}

async fn seconds_per_call(call: &Call, sum: f64, length: Duration) -> Result<f64> {
    let start = now();
    let mut calls = 0;
    loop {
        let difference = call().await? - sum;
        ensure!(difference.abs() < f64::EPSILON, "an answer is not whole");
        calls += 1;
        let took = start.elapsed();
        if took >= length {
            return Ok(took.as_secs_f64() / f64::from(calls));
        }
    }
}

#[allow(clippy::disallowed_methods, reason = "what is measured is real time")]
fn now() -> Instant {
    Instant::now()
}

#[allow(clippy::disallowed_methods, reason = "the SDK compares the end of a token with the real clock")]
pub(crate) fn today() -> SystemTime {
    SystemTime::now()
}
