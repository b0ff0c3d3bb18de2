//! Stands before the real server and lets some requests go wrong.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::http::{Reply, Request, forward, serve};
use crate::server;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// The server never hears of the request.
    Status(u16),
    /// As above, and nobody says so.
    LoseRequest,
    /// The server did it and nobody hears of that.
    LoseAnswer,
    /// Half of the body of the answer.
    CutAnswer,
    /// Right, but late.
    Delay,
}

/// What goes wrong with a request.
pub(crate) type Plan = Arc<dyn Fn(&Request) -> Fault + Send + Sync>;

/// Returns the endpoint of the proxy.
pub(crate) async fn start(plan: impl Fn(&Request) -> Fault + Send + Sync + 'static) -> String {
    let plan: Plan = Arc::new(plan);
    serve(move |request| {
        let fault = plan(&request);
        pass(request, fault)
    })
    .await
}

/// Of 100 requests `percent` go wrong, each in another way than the one before. They are counted.
pub(crate) fn now_and_then(percent: u64, faults: Arc<AtomicUsize>) -> impl Fn(&Request) -> Fault + Send + Sync {
    const FAULTS: [Fault; 6] =
        [Fault::Status(500), Fault::LoseAnswer, Fault::Status(503), Fault::CutAnswer, Fault::LoseRequest, Fault::Delay];
    let random = Mutex::new(0x9e37_79b9_7f4a_7c15_u64);
    move |_| {
        let random = &mut *random.lock().unwrap();
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        if *random % 100 >= percent {
            return Fault::None;
        }
        *FAULTS.iter().cycle().nth(faults.fetch_add(1, Ordering::SeqCst)).unwrap()
    }
}

async fn pass(request: Request, fault: Fault) -> Reply {
    match fault {
        Fault::Status(status) => return Reply::status(status, ""),
        Fault::LoseRequest => return Reply::Reset,
        Fault::Delay => tokio::time::sleep(Duration::from_millis(50)).await,
        Fault::None | Fault::LoseAnswer | Fault::CutAnswer => {}
    }
    let mut answer = forward(&server::endpoint(), &request).await;
    match fault {
        Fault::LoseAnswer => Reply::Reset,
        Fault::CutAnswer => {
            let head = answer.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
            answer.truncate(head + (answer.len() - head) / 2);
            Reply::Bytes(answer)
        }
        _ => Reply::Bytes(answer),
    }
}
