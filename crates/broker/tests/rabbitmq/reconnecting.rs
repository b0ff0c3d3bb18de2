//! Connections that are lost, and servers that are not there.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    time::{Duration, Instant},
};

use broker::{Broker, Listener, RabbitBroker};
use messages::ChangeNotice;
use reqwest::Url;
use tokio::time::timeout;

use super::{DEADLINE, KIND, VirtualHost, consumed, due, next, proxy::Proxy, published, start};

async fn heard(listener: &mut Box<dyn Listener>) -> Option<ChangeNotice> {
    timeout(DEADLINE, listener.next()).await.unwrap().unwrap()
}

/// The server of a virtual host, and its address with another port on this machine.
fn behind(home: &VirtualHost, port: u16) -> (SocketAddr, String) {
    let mut url = Url::parse(home.url()).unwrap();
    let server = (url.host_str().unwrap(), url.port().unwrap_or(5672));
    let server = server.to_socket_addrs().unwrap().next().unwrap();
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(port)).unwrap();
    (server, url.to_string())
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn everything_works_again_after_the_administrator_closed_all_connections() {
    let (home, broker) = start().await;
    let mut listener = broker.listen().await.unwrap();
    let mut consumer = broker.consume(KIND, 1).await.unwrap();

    home.close_connections(2).await;

    let end = timeout(DEADLINE, consumer.next()).await.unwrap();
    assert!(end.is_err_and(|error| error.is_transient()));
    assert_eq!(heard(&mut listener).await, None, "something may have been missed");
    published(&broker, KIND, "a").await;
    assert_eq!(consumed(&broker).await, "a");
    broker.announce(&ChangeNotice::Tokens).await.unwrap();
    assert_eq!(heard(&mut listener).await, Some(ChangeNotice::Tokens));
    assert!(broker.is_connected());
}

#[tokio::test]
async fn what_a_lost_consumer_held_is_handed_out_again() {
    let (home, broker) = start().await;
    broker.publish(KIND, &due("a")).await.unwrap();
    let held = next(&mut broker.consume(KIND, 1).await.unwrap()).await;

    home.close_connections(2).await;

    assert_eq!(consumed(&broker).await, "a");
    assert!(held.acknowledge().await.is_err_and(|error| error.is_transient()));
}

#[tokio::test]
async fn a_server_that_comes_up_later_is_found() {
    let home = VirtualHost::new().await;
    let port = free_port();
    let (server, url) = behind(&home, port);
    let broker = RabbitBroker::connect(&url).await.unwrap();
    let mut listener = broker.listen().await.unwrap();
    assert!(!broker.is_connected());
    let began = Instant::now();
    assert!(broker.publish(KIND, &due("early")).await.is_err_and(|error| error.is_transient()));
    assert!(began.elapsed() < DEADLINE, "took {:?}", began.elapsed());

    let _proxy = Proxy::start(port, server, false).await;

    published(&broker, KIND, "a").await;
    assert_eq!(consumed(&broker).await, "a");
    assert_eq!(heard(&mut listener).await, None, "what was announced before is unknown");
}

#[tokio::test]
async fn a_silent_server_holds_nobody_up() {
    let home = VirtualHost::new().await;
    let proxy = Proxy::start(0, behind(&home, 1).0, true).await;
    let (_, url) = behind(&home, proxy.port);
    let broker = timeout(Duration::from_secs(25), RabbitBroker::connect(&url)).await.unwrap().unwrap();
    assert!(broker.publish(KIND, &due("early")).await.is_err_and(|error| error.is_transient()));

    proxy.thaw();

    published(&broker, KIND, "a").await;
    assert_eq!(consumed(&broker).await, "a");
}

#[tokio::test]
async fn a_connection_that_goes_silent_is_replaced() {
    let home = VirtualHost::new().await;
    let proxy = Proxy::start(0, behind(&home, 1).0, false).await;
    let (_, url) = behind(&home, proxy.port);
    let broker = RabbitBroker::connect(&url).await.unwrap();
    published(&broker, KIND, "before").await;

    proxy.freeze();

    let began = Instant::now();
    assert!(broker.publish(KIND, &due("lost")).await.is_err_and(|error| error.is_transient()));
    assert!(began.elapsed() < DEADLINE, "took {:?}", began.elapsed());
    proxy.thaw();
    published(&broker, KIND, "after").await;
    let seen = [consumed(&broker).await, consumed(&broker).await];
    assert!(seen.contains(&"before".to_owned()), "{seen:?}");
}

#[tokio::test]
async fn no_connection_stays_behind() {
    let (home, broker) = start().await;
    let listener = broker.listen().await.unwrap();
    let consumer = broker.consume(KIND, 1).await.unwrap();
    published(&broker, KIND, "a").await;
    home.connections(2).await;

    drop((broker, listener, consumer));

    home.connections(0).await;
}
