//! Prints what sealing and opening a link cost: `cargo run --release -p signed-link --example link_cost`.

use std::time::Instant;

use signed_link::{Grant, Link, LinkKeys};

const ROUNDS: u32 = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let keys = LinkKeys::parse(&LinkKeys::generate()?)?;
    let link = Link { grant: Grant::Get { blob: "a".repeat(64), size: 1 }, expires_at: 10 };
    let token = keys.seal(&link)?;

    let start = Instant::now();
    for _ in 0..ROUNDS {
        keys.seal(&link)?;
    }
    println!("seal {:?}, {} characters", start.elapsed() / ROUNDS, token.len());

    let start = Instant::now();
    for _ in 0..ROUNDS {
        keys.open(&token, 0)?;
    }
    println!("open {:?}", start.elapsed() / ROUNDS);
    Ok(())
}
