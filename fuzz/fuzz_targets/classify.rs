#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| coze_fuzz::targets::classify::classify(input));
