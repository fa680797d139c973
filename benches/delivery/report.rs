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

#[derive(Default)]
pub(crate) struct Report {
    /// Posts per second of (a).
    pub(crate) bare: Vec<f64>,
    pub(crate) one: Vec<Run>,
    pub(crate) ten: Vec<Run>,
    /// Events per second that match nothing.
    pub(crate) ingest: Vec<f64>,
    /// p50 and p99 in ms of a bare post, then end to end through the daemon.
    pub(crate) low_bare: Vec<(f64, f64)>,
    pub(crate) low: Vec<(f64, f64)>,
}

const MIB: f64 = (1 << 20) as f64;

impl Report {
    pub(crate) fn print(&self) {
        let bare = median(self.bare.iter().copied());
        println!("\n(a) bare hyper, signed 1 KiB posts     {bare:>10.0} /s   1.00");
        for (fan_out, runs) in [(1, &self.one), (10, &self.ten)] {
            let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
            let (ingest, deliveries) = (of(|r| r.ingest_per_second), of(|r| r.deliveries_per_second));
            println!(
                "(b) fan-out {fan_out}: ingest                  {ingest:>10.0} /s   {:.2}",
                ingest / bare
            );
            println!(
                "    deliveries to the last arrival     {deliveries:>10.0} /s   {:.2}",
                deliveries / bare
            );
            println!("    CPU per delivery                   {:>10.1} µs", of(|r| r.cpu_per_delivery) * 1e6);
            let (idle, peak) = (of(|r| r.idle_rss as f64) / MIB, of(|r| r.after_rss as f64) / MIB);
            println!("    RSS idle / peak                    {idle:>10.1} / {peak:.1} MiB");
            println!(
                "    file after                         {:>10.1} MiB",
                of(|r| r.file_bytes as f64) / MIB
            );
        }
        let ingest = median(self.ingest.iter().copied());
        println!("    ingest only, nothing matches       {ingest:>10.0} /s   {:.2}", ingest / bare);
        let pair = |rows: &[(f64, f64)]| (median(rows.iter().map(|r| r.0)), median(rows.iter().map(|r| r.1)));
        let ((bare50, bare99), (p50, p99)) = (pair(&self.low_bare), pair(&self.low));
        println!("at 100/s: bare post p50 / p99          {bare50:>10.2} / {bare99:.2} ms");
        println!("    through the daemon                 {p50:>10.2} / {p99:.2} ms");
    }
}
