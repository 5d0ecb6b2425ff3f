//! Whole clients: what is measured, and what ours may cost.

use std::process::Command;

use super::{
    programs::{Count, Programs, Server, medians, printed},
    table::{Limit, Table, number},
};

struct Row {
    work: &'static str,
    /// Which of our programs does it.
    program: &'static str,
    figure: Figure,
    task: Task,
    limit: Limit,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Figure {
    Instructions,
    Allocations,
    /// Processor time on a runtime of this kind, in microseconds of the whole run.
    Time(&'static str),
    /// Memory that is held, in bytes.
    Memory,
}

#[derive(Clone, Copy)]
enum Task {
    /// Calls one after another: the bytes of an output, the calls.
    Calls(u32, u32),
    /// As many calls, 64 at once.
    Many(u32),
    /// A stream: how it is cut, its events.
    Events(&'static str, u32),
    /// Streams that stay open.
    Open(u32),
}

const CALL: Task = Task::Calls(200, 1000);
const EVENT: Task = Task::Events("1", 5000);

#[rustfmt::skip]
const ROWS: [Row; 15] = [
    row("call, 200 B", "bench-client", Figure::Instructions, CALL, 1.08, 1.08),
    row("call, 200 B", "bench-client", Figure::Allocations, CALL, 38.0, 38.0),
    row("call, 10 KiB", "bench-client", Figure::Instructions, Task::Calls(10_240, 500), 0.95, 0.95),
    row("call, 1 MiB", "bench-client", Figure::Instructions, Task::Calls(1_048_576, 10), 0.80, 0.80),
    row("call, 64 at once", "bench-client", Figure::Instructions, Task::Many(2000), 1.05, 1.05),
    row("call, 64 at once", "bench-client", Figure::Time("one"), Task::Many(30_000), 1.05, 1.3),
    row("call, blocking", "bench-blocking", Figure::Instructions, CALL, 1.08, 1.08),
    row("event, one a chunk", "bench-client", Figure::Instructions, EVENT, 0.95, 0.95),
    row("event, one a chunk", "bench-client", Figure::Allocations, EVENT, 4.4, 4.4),
    row("event, fifty a chunk", "bench-client", Figure::Instructions, Task::Events("50", 5000), 1.00, 1.00),
    row("event, CRLF and awkward cuts", "bench-client", Figure::Instructions, Task::Events("awkward", 5000), 0.98, 0.98),
    row("event, caller in a task of two threads", "bench-client", Figure::Time("task"), Task::Events("1", 300_000), 0.45, 0.87),
    row("event, blocking", "bench-blocking", Figure::Instructions, EVENT, 1.00, 1.00),
    row("memory of a stream, of 1,000", "bench-client", Figure::Memory, Task::Open(1000), 18.0 * 1024.0, 18.0 * 1024.0),
    row("memory of a stream, of 10,000", "bench-client", Figure::Memory, Task::Open(10_000), 18.0 * 1024.0, 18.0 * 1024.0),
];

const fn row(
    work: &'static str,
    program: &'static str,
    figure: Figure,
    task: Task,
    asked: f64,
    allowed: f64,
) -> Row {
    Row {
        work,
        program,
        figure,
        task,
        limit: Limit { asked, allowed },
    }
}

/// Measures the rows whose names begin with `only`.
pub(super) fn run(programs: &Programs, only: &str) -> Result<Table, String> {
    let mut table = Table::new(
        "The floor is hyper-util's client and serde_json by hand; reqwest reads events with eventsource-stream. Limits are of the \
         ratio, and of the count itself for allocations and memory.",
        &[
            "work", "figure", "floor", "reqwest", "÷ floor", "client", "÷ floor", "asked", "limit",
        ],
    );
    for row in ROWS.iter().filter(|row| row.work.starts_with(only)) {
        let clients = ["bench-floor", "bench-reqwest", row.program];
        let figures = row.measure(programs, &clients)?;
        let [floor, reqwest, ours] = figures[..] else {
            return Err(format!("{}: a figure is missing", row.work));
        };
        let (figure, judged) = match row.figure {
            Figure::Instructions => ("instructions", ours / floor),
            Figure::Allocations => ("allocations", ours),
            Figure::Time(_) => ("ns of processor time", ours / floor),
            Figure::Memory => ("bytes", ours),
        };
        let name = format!("{}, {figure}", row.work);
        let [asked, allowed] = table.judge(&name, judged, row.limit);
        let ratio = |figure| format!("{:.3}", figure / floor);
        table.push(vec![
            row.work.into(),
            figure.into(),
            number(floor),
            number(reqwest),
            ratio(reqwest),
            number(ours),
            ratio(ours),
            asked,
            allowed,
        ]);
    }
    Ok(table)
}

/// What the parts of the client cost one upon the other, if `layers` begins with `only`.
pub(super) fn layers(programs: &Programs, only: &str) -> Result<Table, String> {
    let mut table = Table::new(
        "Where it goes: the connections alone, with the whole stack above them, with types. All but the last decode as the floor \
         does.",
        &[
            "client",
            "instructions a call, 200 B",
            "÷ floor",
            "allocations",
            "instructions an event",
            "÷ floor",
            "allocations",
        ],
    );
    if !"layers".starts_with(only) {
        return Ok(table);
    }
    let clients = ["bench-floor", "bench-leaf", "bench-ours", "bench-client"];
    let measure = |figure, task| {
        let limit = Limit {
            asked: 0.0,
            allowed: 0.0,
        };
        let row = Row {
            work: "layers",
            program: "",
            figure,
            task,
            limit,
        };
        row.measure(programs, &clients)
    };
    let calls = measure(Figure::Instructions, CALL)?;
    let in_calls = measure(Figure::Allocations, CALL)?;
    let events = measure(Figure::Instructions, EVENT)?;
    let in_events = measure(Figure::Allocations, EVENT)?;
    for (n, client) in ["floor", "leaf", "stack", "client"].into_iter().enumerate() {
        table.push(vec![
            client.into(),
            number(calls[n]),
            format!("{:.3}", calls[n] / calls[0]),
            format!("{:.1}", in_calls[n]),
            number(events[n]),
            format!("{:.3}", events[n] / events[0]),
            format!("{:.1}", in_events[n]),
        ]);
    }
    Ok(table)
}

impl Row {
    /// What each of the programs costs.
    fn measure(&self, programs: &Programs, clients: &[&'static str]) -> Result<Vec<f64>, String> {
        let size = match self.task {
            Task::Calls(size, _) => size,
            _ => 200,
        };
        let (Task::Calls(_, count)
        | Task::Many(count)
        | Task::Events(_, count)
        | Task::Open(count)) = self.task;
        let server = programs.server(size)?;
        let paths: Result<Vec<_>, _> = clients.iter().map(|name| programs.get(name)).collect();
        let command = |program: &_, count| {
            let mut command = Command::new(program);
            command.args(self.task.arguments(&server, count));
            if let Figure::Time(runtime) = self.figure {
                command.arg(runtime);
            }
            command
        };
        let counted = match self.figure {
            Figure::Instructions => Count::Instructions,
            Figure::Allocations => Count::Allocations,
            Figure::Time(_) => {
                let commands = paths?.iter().map(|path| command(path, count)).collect();
                let nanoseconds = |micros| 1000.0 * micros / f64::from(count);
                return Ok(medians(commands)?.into_iter().map(nanoseconds).collect());
            }
            Figure::Memory => {
                let printed = |path| printed(&mut command(path, count));
                return paths?.iter().map(printed).collect();
            }
        };
        let cost = |path| counted.of_unit(count, |count| command(path, count));
        paths?.iter().map(cost).collect()
    }
}

impl Task {
    /// What the programs are told.
    fn arguments(self, server: &Server, count: u32) -> Vec<String> {
        let (stream, mode) = match self {
            Self::Calls(..) => ("/".to_owned(), "unary"),
            Self::Many(_) => ("/".to_owned(), "many"),
            Self::Events(cut, _) => (format!("/stream/{count}/{cut}"), "stream"),
            Self::Open(_) => ("/open".to_owned(), "open"),
        };
        vec![server.base.clone(), stream, mode.into(), count.to_string()]
    }
}
