//! The program runs unchanged over every engine.

use std::process::Command;

fn run(words: &[&str]) -> String {
    let program = env!("CARGO_BIN_EXE_consumer-engines");
    let done = Command::new(program).args(words).output().unwrap();
    let told = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}: {told}");
    String::from_utf8(done.stdout).unwrap()
}

#[test]
fn one_program_greets_on_every_engine() {
    let told = run(&[]);
    let lines: Vec<_> = told.lines().collect();
    assert!(lines.len() == 4, "{told}");
    for line in lines {
        let (name, greeting) = line.split_once(": ").unwrap();
        assert_eq!(greeting, "Hello, Ada!");
        assert_eq!(run(&["--engine", name]), format!("{line}\n"));
    }
}
