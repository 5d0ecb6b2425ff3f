//! Every input that is kept holds.

use coze_fuzz::{TARGETS, corpus, mutate, words};

#[test]
fn the_corpus_holds() {
    for target in TARGETS {
        let inputs = corpus::read(target.name).unwrap();
        assert!(inputs.len() >= 3, "{} has no corpus", target.name);
        for (file, input) in inputs {
            println!("{}", file.display());
            (target.run)(&input);
        }
    }
}

#[test]
fn inputs_follow_from_the_seed() {
    let corpus = [b"data: a\n\n".to_vec(), b"id: 1\nevent: Done\n\n".to_vec()];
    let inputs = |seed| {
        let mut rng = fastrand::Rng::with_seed(seed);
        let make = || mutate::input(&mut rng, &corpus, words::SSE);
        std::iter::repeat_with(make).take(1_000).collect::<Vec<_>>()
    };
    let first = inputs(7);
    assert_eq!(inputs(7), first);
    assert_ne!(inputs(8), first);
    // They differ from what they were made of, and are not all noise.
    assert!(first.iter().filter(|input| corpus.contains(input)).count() < 100);
    let meaning = first
        .iter()
        .filter(|input| input.windows(5).any(|five| five == b"data:"));
    let meaning = meaning.count();
    assert!(meaning > 200, "only {meaning} of 1000 mean something");
}
