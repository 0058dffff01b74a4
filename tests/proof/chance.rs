//! The number of attempts, and the random numbers that choose the cases.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// Whether the long run was requested.
pub fn long() -> bool {
    std::env::var_os("WORKROOM_TEST_LONG").is_some_and(|value| value == "1")
}

/// The number of attempts.
pub fn tries(ordinary: usize, in_the_long_run: usize) -> usize {
    if long() { in_the_long_run } else { ordinary }
}

/// The seed of this run. A failing test prints it, and `WORKROOM_TEST_SEED` repeats the run.
pub fn seed() -> u64 {
    let given = std::env::var("WORKROOM_TEST_SEED").ok();
    let seed = given.map_or_else(|| rand::rng().random(), |seed| seed.parse().expect("a seed is a number"));
    tell(&format!("WORKROOM_TEST_SEED={seed}"));
    seed
}

/// Prints a note about a run, which is visible if the test fails, or with `--nocapture`.
#[allow(clippy::print_stderr, reason = "a test that passes prints nothing")]
pub fn tell(what: &str) {
    eprintln!("{what}");
}

/// The random numbers for one part of a test.
pub fn random(seed: u64, part: usize) -> SmallRng {
    SmallRng::seed_from_u64(seed.wrapping_add((part as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}
