//! Writes sample documents, or measures what they cost.
//!
//! `render <path.pdf> <lines> [order|draft|cancellation|partial|memo|stress]` writes one file;
//! `render --measure` prints CPU milliseconds per document; `render --cpu <lines> <rounds>` prints the
//! median in nanoseconds and the bytes of one size, `render --data <lines>` the order behind it as JSON, and
//! `render --order-x <lines>` the XML inside, for the comparison with other programs (`tests/measure/documents`).
#![expect(clippy::print_stdout, reason = "this program's purpose is to print")]

use std::error::Error;
use std::hint::black_box;
use std::time::{Duration, Instant};

use abruf_documents::{Document, Templates, cancellation, memo, order, order_x, sample};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let templates = Templates::embedded();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["--measure"] => measure(&templates),
        ["--cpu", lines, rounds] => {
            let took = cpu_of(&templates, lines.parse()?, rounds.parse()?)?;
            println!("{} {}", took.median().as_nanos(), took.size);
            Ok(())
        }
        ["--data", lines] => {
            println!("{}", serde_json::to_string(&sample::order(lines.parse()?))?);
            Ok(())
        }
        ["--order-x", lines] => {
            println!("{}", order_x(&sample::order(lines.parse()?)).ok_or("this order has no Order-X")?);
            Ok(())
        }
        [path, lines, kind @ ..] => {
            let document = render(&templates, kind.first().copied().unwrap_or("order"), lines.parse()?)?;
            std::fs::write(path, &document.bytes)?;
            let kilobytes = document.bytes.len().div_ceil(1024);
            println!("{path}: {} pages, {kilobytes} KB, Prüfkennung {}", document.pages, document.check_code);
            Ok(())
        }
        _ => {
            Err("usage: render <path.pdf> <lines> [order|draft|cancellation|partial|memo|stress], or --measure".into())
        }
    }
}

fn render(templates: &Templates, kind: &str, lines: usize) -> Result<Document, Box<dyn Error>> {
    Ok(match kind {
        "order" => order(&sample::order(lines), templates)?,
        "draft" => order(&sample::draft(lines), templates)?,
        "cancellation" => cancellation(&sample::cancellation(lines), templates)?,
        "partial" => cancellation(&sample::partial_cancellation(lines, false), templates)?,
        "memo" => memo(&sample::memo(lines), templates)?,
        "stress" => order(&sample::stress(lines), templates)?,
        other => return Err(format!("`{other}` is no kind of document").into()),
    })
}

/// CPU time of this thread so far; the scheduler's count where there is one, else the wall clock.
fn cpu_time(since: Instant) -> Duration {
    let counted = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanoseconds = counted.and_then(|text| text.split_whitespace().next()?.parse().ok());
    nanoseconds.map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// What documents of one size cost on one thread.
struct Cost {
    /// CPU time of each, in order.
    took: Vec<Duration>,
    /// Bytes of one.
    size: usize,
}

impl Cost {
    fn median(&self) -> Duration {
        self.took[self.took.len() / 2]
    }

    fn p99(&self) -> Duration {
        self.took[self.took.len() * 99 / 100]
    }
}

fn cpu_of(templates: &Templates, lines: usize, rounds: usize) -> Result<Cost, Box<dyn Error>> {
    let clock = Instant::now();
    let data = sample::order(lines);
    let mut cost = Cost { took: Vec::with_capacity(rounds), size: 0 };
    for _ in 0..rounds {
        let start = cpu_time(clock);
        cost.size = black_box(order(black_box(&data), templates)?).bytes.len();
        cost.took.push(cpu_time(clock).saturating_sub(start));
    }
    cost.took.sort();
    Ok(cost)
}

/// Median and 99th percentile of many documents on one thread.
fn measure(templates: &Templates) -> Result<(), Box<dyn Error>> {
    for (lines, rounds) in [(5, 400), (60, 200), (400, 40)] {
        let cost = cpu_of(templates, lines, rounds)?;
        let (median, p99) = (cost.median(), cost.p99());
        println!("{lines} lines: median {median:.1?} CPU, p99 {p99:.1?} of {rounds}, {} KB", cost.size.div_ceil(1024));
    }
    Ok(())
}
