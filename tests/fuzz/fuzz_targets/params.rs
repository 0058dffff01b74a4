#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| workroom_fuzz::params(data));
