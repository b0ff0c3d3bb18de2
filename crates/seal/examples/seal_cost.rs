//! Prints what sealing, opening and hashing cost: `cargo run --release -p seal --example seal_cost`.

use std::time::Instant;

use seal::{SealKeys, TokenKey, is_well_formed};

const ROUNDS: u32 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = SealKeys::parse(&SealKeys::generate()?)?;
    let sealed = keys.seal(b"ghp_0123456789abcdef0123456789abcdef", "connections|oc-1|token")?;

    time("seal", || keys.seal(b"ghp_0123456789abcdef0123456789abcdef", "connections|oc-1|token"));
    time("open", || keys.open(&sealed, "connections|oc-1|token"));

    let key = TokenKey::parse(&TokenKey::generate()?)?;
    let token = key.new_token()?;
    time("new token", || key.new_token());
    time("token form", || is_well_formed(token.clear.reveal()));
    time("token hash", || key.hash(token.clear.reveal()));
    Ok(())
}

fn time<T>(what: &str, mut work: impl FnMut() -> T) {
    let start = Instant::now();
    for _ in 0..ROUNDS {
        std::hint::black_box(work());
    }
    println!("{what} {:?}", start.elapsed() / ROUNDS);
}
