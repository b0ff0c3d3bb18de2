//! The one stop signal of a process.

use tokio_util::sync::CancellationToken;

/// Cancelled by SIGTERM or SIGINT.
pub fn stop_signal() -> std::io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};
    let stop = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let token = stop.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        token.cancel();
        tracing::info!("Stopping: no new work, what is under way is finished or handed back");
    });
    Ok(stop)
}
