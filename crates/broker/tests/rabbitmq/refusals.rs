//! What can never work is refused at the start, by name.

use broker::RabbitBroker;
use domain::Error;
use reqwest::Url;

use super::VirtualHost;

async fn refusal(url: &str) -> String {
    let error = RabbitBroker::connect(url).await.err().unwrap();
    assert!(matches!(error, Error::Invalid { .. }), "{error:?}");
    error.chain()
}

#[tokio::test]
async fn a_queue_of_another_type_is_refused() {
    let home = VirtualHost::new().await;
    home.declare_classic_queue("quarry.parse-version").await;

    let text = refusal(home.url()).await;

    assert!(text.contains("queue quarry.parse-version"), "{text}");
    assert!(text.contains("exists with other properties"), "{text}");
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_not_told() {
    let home = VirtualHost::new().await;
    let mut url = Url::parse(home.url()).unwrap();
    url.set_password(Some("wr0ng-passw0rd")).unwrap();

    let text = refusal(url.as_str()).await;

    assert!(text.contains("QUARRY_BROKER_URL"), "{text}");
    assert!(text.contains("password of user"), "{text}");
    assert!(!text.contains("wr0ng"), "{text}");
}

#[tokio::test]
async fn a_missing_virtual_host_is_refused() {
    let home = VirtualHost::new().await;

    let text = refusal(&format!("{}-missing", home.url())).await;

    assert!(text.contains("QUARRY_BROKER_URL"), "{text}");
    assert!(text.contains("virtual host does not exist"), "{text}");
}
