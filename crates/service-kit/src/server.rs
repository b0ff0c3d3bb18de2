//! The HTTP listener: bound first, so that port 0 works and the caller learns which port it got.

use std::{net::TcpListener, time::Duration};

use actix_web::{
    App, HttpServer, dev::Service as _, http::ConnectionType, middleware::DefaultHeaders, web::ServiceConfig,
};
use domain::Error;
use tokio_util::sync::CancellationToken;

/// How long requests under way may take to finish once no new ones are accepted.
const FINISH_SECONDS: u64 = 10;
/// A client that does not finish its headers in this time is cut off.
const HEADERS_TIME: Duration = Duration::from_secs(10);

/// When to stop, and how long to go on after that.
#[derive(Debug, Clone)]
pub struct StopTimes {
    pub stop: CancellationToken,
    /// Between `stop` and the end of accepting: load balancers turn away, and clients let go of their connections.
    pub drain: Duration,
}

/// Serves what `configure` registers until `stop`, goes on for the drain, then finishes what is under way.
pub async fn serve_http<F>(listener: TcpListener, configure: F, times: StopTimes) -> Result<(), Error>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let during = "serving HTTP";
    let stop = times.stop.clone();
    let server = HttpServer::new(move || {
        let stop = stop.clone();
        App::new()
            .wrap(DefaultHeaders::new().add(("X-Content-Type-Options", "nosniff")))
            // Whoever keeps a connection learns in time to make another one, somewhere else.
            .wrap_fn(move |request, service| {
                let (stop, answer) = (stop.clone(), service.call(request));
                async move {
                    let mut answer = answer.await?;
                    if stop.is_cancelled() {
                        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
                    }
                    Ok(answer)
                }
            })
            .configure(configure.clone())
    })
    .client_request_timeout(HEADERS_TIME)
    .shutdown_timeout(FINISH_SECONDS)
    .disable_signals()
    .workers(std::thread::available_parallelism().map_or(2, usize::from))
    .listen(listener)
    .map_err(|source| Error::internal(during, source))?
    .run();
    let handle = server.handle();
    tokio::spawn(async move {
        times.stop.cancelled().await;
        tokio::time::sleep(times.drain).await;
        handle.stop(true).await;
    });
    server.await.map_err(|source| Error::internal(during, source))
}
