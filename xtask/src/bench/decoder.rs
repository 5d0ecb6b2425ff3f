//! Event decoders on a body in memory.

use std::process::Command;

use super::{
    programs::{Count, Programs},
    table::{Limit, Table, number},
};

const EVENTS: u32 = 5000;

/// The sizes of the pieces in which the body comes, and what our decoder may cost then, as a ratio to the reference:
/// what a TCP segment holds, and pieces that cut every event twice.
const PIECES: [(&str, Limit); 2] = [
    (
        "1400",
        Limit {
            asked: 1.1,
            allowed: 1.1,
        },
    ),
    (
        "64",
        Limit {
            asked: 1.2,
            allowed: 1.2,
        },
    ),
];

/// Measures them, if `decoder` begins with `only`.
pub(super) fn run(programs: &Programs, only: &str) -> Result<Table, String> {
    let mut table = Table::new(
        "Decoding an event of 135 bytes in memory. The reference knows the standard and no limits.",
        &[
            "decoder",
            "instructions an event",
            "÷ reference",
            "allocations an event",
            "asked",
            "limit",
        ],
    );
    if !"decoder".starts_with(only) {
        return Ok(table);
    }
    let program = programs.get("bench-decoder")?;
    for (piece, limit) in PIECES {
        let cost = |count: Count, decoder: &str| {
            count.of_unit(EVENTS, |events| {
                let mut command = Command::new(&program);
                command.args([decoder, &events.to_string(), piece]);
                command
            })
        };
        // Making the body and handing it out in pieces is nobody's cost.
        let input = cost(Count::Instructions, "input")?;
        let mut reference = 1.0;
        for (decoder, label) in [
            ("reference-bytes", "reference, bytes"),
            ("ours-bytes", "ours, bytes"),
            ("reference", "reference, text"),
            ("ours", "ours, text"),
            ("sse-stream", "sse-stream, text"),
        ] {
            let label = format!("{label}, pieces of {piece} B");
            let instructions = cost(Count::Instructions, decoder)? - input;
            // Bytes against bytes, text against text.
            if decoder.starts_with("reference") {
                reference = instructions;
            }
            let ratio = instructions / reference;
            let [asked, allowed] = if decoder.starts_with("ours") {
                table.judge(&label, ratio, limit)
            } else {
                Default::default()
            };
            let allocations = cost(Count::Allocations, decoder)?;
            table.push(vec![
                label,
                number(instructions),
                number(ratio),
                format!("{allocations:.2}"),
                asked,
                allowed,
            ]);
        }
    }
    Ok(table)
}
