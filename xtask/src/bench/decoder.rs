//! Event decoders on a body in memory.

use std::{fmt::Write as _, path::Path};

/// Bytes in which the body comes: what a TCP segment holds.
const PIECE: &str = "1400";
const EVENTS: u64 = 5000;
/// What our decoder may cost, as a ratio to the reference.
const MAX_REFERENCE: f64 = 1.10;
/// How many times as much the peer must cost.
const MIN_PEER: f64 = 2.0;

/// Measures and prints the table; whether our decoder costs more than it may.
pub(super) fn run(root: &Path) -> Result<bool, String> {
    let bin = "bench-decoder";
    let features = ["--features", "decoders", "--bin", bin];
    super::build(root, &[&["-p", "coze-bench"][..], &features].concat())?;
    let program = super::binaries(root).join(bin);
    let cost = |decoder: &str| {
        super::cost(&program, EVENTS, |count| {
            vec![decoder.into(), count.to_string(), PIECE.into()]
        })
    };
    // Making the body and handing it out in pieces is nobody's cost.
    let (input, input_allocations) = cost("input")?;
    let mut table = format!(
        "| decoder, {PIECE} B pieces | instructions an event | ÷ reference | allocations an event |\n|---|---|---|---|\n"
    );
    let mut costs = Vec::new();
    for (decoder, label) in [
        ("reference-bytes", "reference, bytes"),
        ("ours-bytes", "ours, bytes"),
        ("reference", "reference, text"),
        ("ours", "ours, text"),
        ("sse-stream", "sse-stream, text"),
    ] {
        let (instructions, allocations) = cost(decoder)?;
        let instructions = instructions - input;
        costs.push(instructions);
        // Bytes against bytes, text against text.
        let reference = costs[if costs.len() > 2 { 2 } else { 0 }];
        let _ = writeln!(
            table,
            "| {label} | {instructions:.0} | {:.2} | {:.2} |",
            instructions / reference,
            allocations - input_allocations,
        );
    }
    print!("{table}");
    let exceeded = costs[3] > MAX_REFERENCE * costs[2] || costs[3] * MIN_PEER > costs[4];
    if exceeded {
        println!(
            "our decoder costs more than {MAX_REFERENCE} of the reference, or sse-stream less than {MIN_PEER} of ours"
        );
    }
    Ok(exceeded)
}
