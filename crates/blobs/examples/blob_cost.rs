//! Prints what puts and reads cost: `cargo run --release -p blobs --example blob_cost -- file:///some/directory`.

use std::time::Instant;

use blobs::{Blobs, verified};
use bytes::Bytes;
use futures::{StreamExt as _, TryStreamExt as _};
use sha2::{Digest as _, Sha256};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).ok_or("give an address such as file:///some/directory")?;
    rustls::crypto::ring::default_provider().install_default().map_err(|_| "there is a provider for rustls already")?;
    let blobs = Blobs::open(&url)?;
    blobs.check().await?;
    for (round, at_once) in [1, 4, 16, 64].into_iter().enumerate() {
        for size in [50_000, 1_000_000] {
            put_many(&blobs, (round as u64) << 32, at_once, size).await?;
        }
    }

    let body = Bytes::from(vec![7; 64 << 20]);
    let key = hex::encode(Sha256::digest(&body));
    time("put 64 MiB", 1, blobs.put(&key, body)).await?;
    time("get 64 MiB", 1, blobs.get(&key)).await?;
    time("verified stream of 64 MiB", 1, async {
        let (_, chunks) = blobs.stream(&key).await?;
        verified(chunks, &key).try_for_each(|_| std::future::ready(Ok(()))).await
    })
    .await?;
    time("size", 1, blobs.size(&key)).await?;
    Ok(())
}

async fn put_many(blobs: &Blobs, seed: u64, at_once: usize, size: usize) -> Result<(), domain::Error> {
    const COUNT: u32 = 128;
    let bodies: Vec<Bytes> = (0..u64::from(COUNT)).map(|n| fill(seed + n, size)).collect();
    let puts = futures::stream::iter(bodies).map(|body| async move {
        let key = hex::encode(Sha256::digest(&body));
        blobs.put(&key, body).await
    });
    let all = puts.buffer_unordered(at_once).try_collect::<Vec<()>>();
    time(&format!("put {size} bytes, {at_once} at once"), COUNT, all).await.map(drop)
}

/// Bytes that no other call makes.
fn fill(seed: u64, size: usize) -> Bytes {
    let nonce = std::process::id();
    format!("{nonce} {seed} ").into_bytes().into_iter().cycle().take(size).collect()
}

async fn time<T, E>(what: &str, count: u32, work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    let start = Instant::now();
    let done = work.await;
    println!("{what}: {:?} each", start.elapsed() / count);
    done
}
