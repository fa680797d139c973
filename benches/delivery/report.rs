//! Medians and ratios.

use crate::harness::median;

/// One run of the daemon at a fan-out.
pub(crate) struct Run {
    pub(crate) ingest_per_second: f64,
    pub(crate) deliveries_per_second: f64,
    pub(crate) idle_rss: u64,
    pub(crate) after_rss: u64,
    pub(crate) cpu_per_delivery: f64,
    pub(crate) file_bytes: u64,
}

/// What was measured with one number of connections.
#[derive(Default)]
pub(crate) struct Row {
    pub(crate) connections: usize,
    /// Posts per second of (a).
    pub(crate) bare: Vec<f64>,
    pub(crate) one: Vec<Run>,
    /// Fan-out 1, many events in a post.
    pub(crate) lines: Vec<Run>,
    pub(crate) ten: Vec<Run>,
    /// Events per second that match nothing.
    pub(crate) ingest: Vec<f64>,
}

impl Row {
    fn print(&self, limit: f64) {
        let parts = [("fan-out 1", &self.one), ("fan-out 1, lines", &self.lines), ("fan-out 10", &self.ten)];
        for (part, runs) in parts {
            if runs.is_empty() {
                continue;
            }
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
            let (ingest, deliveries) = (of(|r| r.ingest_per_second), of(|r| r.deliveries_per_second));
            println!("(b) {} connections, {part}", self.connections);
            println!("    ingest                             {ingest:>10.0} /s   {:.2}", ingest / limit);
            println!(
                "    deliveries to the last arrival     {deliveries:>10.0} /s   {:.2}",
                deliveries / limit
            );
            println!("    CPU per delivery                   {:>10.1} µs", of(|r| r.cpu_per_delivery) * 1e6);
            let (idle, peak) = (of(|r| r.idle_rss as f64) / MIB, of(|r| r.after_rss as f64) / MIB);
            println!("    RSS idle / peak                    {idle:>10.1} / {peak:.1} MiB");
            let file = of(|r| r.file_bytes as f64) / MIB;
            println!("    file after                         {file:>10.1} MiB");
        }
        if !self.ingest.is_empty() {
            let ingest = median(self.ingest.iter().copied());
            println!("(b) {} connections, nothing matches", self.connections);
            println!("    ingest                             {ingest:>10.0} /s   {:.2}", ingest / limit);
        }
    }
}

pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// p50 and p99 in ms of a bare post, then end to end through the daemon.
    pub(crate) low_bare: Vec<(f64, f64)>,
    pub(crate) low: Vec<(f64, f64)>,
}

const MIB: f64 = (1 << 20) as f64;

impl Report {
    pub(crate) fn new(connections: Vec<usize>) -> Self {
        let rows = connections.into_iter().map(|connections| Row { connections, ..Row::default() }).collect();
        Self { rows, low_bare: Vec::new(), low: Vec::new() }
    }

    pub(crate) fn print(&self) {
        println!();
        let bare = |row: &Row| median(row.bare.iter().copied());
        // The higher figure is the limit for all, so that no row looks better than it is.
        let limit = self.rows.iter().map(bare).fold(0.0, f64::max);
        for row in &self.rows {
            let (figure, connections) = (bare(row), row.connections);
            println!(
                "(a) bare hyper, {connections:>3} connections           {figure:>10.0} /s   {:.2}",
                figure / limit
            );
        }
        self.rows.iter().for_each(|row| row.print(limit));
        if self.low.is_empty() {
            return;
        }
        let pair = |rows: &[(f64, f64)]| (median(rows.iter().map(|r| r.0)), median(rows.iter().map(|r| r.1)));
        let ((bare50, bare99), (p50, p99)) = (pair(&self.low_bare), pair(&self.low));
        println!("at 100/s: bare post p50 / p99          {bare50:>10.2} / {bare99:.2} ms");
        println!("    through the daemon                 {p50:>10.2} / {p99:.2} ms");
    }
}
